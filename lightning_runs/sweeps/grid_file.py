"""Read a grid from YAML or JSON.

In YAML every scalar is the text that was typed, quoted or not, so that 0.03 stays the number 3/100.
JSON has its own numbers: integers are read, doubles refused.
"""

from __future__ import annotations

import json
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import Any

from lightning_runs.sweeps import grid_fields as fields
from lightning_runs.sweeps.drawn_batches import DrawnBatches
from lightning_runs.sweeps.grid import SCHEMA, Grid, points_of, spec_of
from lightning_runs.sweeps.sweep_error import SweepError
from lightning_runs.tasks import METHODS, PARAMETERS
from oracle.spec import SpecError

__all__ = ["grid_from", "read_grid"]

REQUIRED = ("schema", "problem", "model", "methods", "step_size", "momentum", "scale", "steps")
OPTIONAL = ("seeds", "biasedness", "dtype", "batches", "digits", "converged_below", "save_every", "start")
INTEGERS_OF_PROBLEM = ("n", "d", "nonzeros")

_positive = fields.number(lambda x: x > 0, "a number greater than 0")
_momentum = fields.number(lambda x: 0 <= x < 1, "a number at least 0 and less than 1")
_biasedness = fields.number(lambda x: 0 < x <= 1, "φ, greater than 0 and at most 1 (1 is the unbiased start)")


def read_grid(path: Path) -> Grid:
    """Return the grid in a file.

    Raises
    ------
    SweepError
        If the file cannot be read, is neither YAML nor JSON, or holds no grid.
    """
    if path.suffix not in (".json", ".yaml", ".yml"):
        raise SweepError(f"`{path}` is no grid: expected a file ending in .yaml, .yml or .json")
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SweepError(f"cannot read the grid `{path}`: {reason}; name a readable file") from error
    try:
        return grid_from(_parsed(path, text))
    except (SweepError, SpecError) as error:
        raise SweepError(f"the grid `{path}` cannot be run: {error}") from error


def grid_from(value: Any) -> Grid:
    """Return the grid that a parsed file states.

    Raises
    ------
    SweepError
        Naming the field, what arrived and what it takes.
    oracle.spec.SpecError
        If a field that specs share holds what they cannot.
    """
    held = fields.check_keys("grid", value, REQUIRED, OPTIONAL)
    fields.choices((SCHEMA,))("schema", held["schema"])
    grid = Grid(
        problem=_problem(held["problem"]),
        model=fields.choices(tuple(PARAMETERS))("model", held["model"]),
        dtype=fields.choices(("float64", "float32", "bfloat16"))("dtype", held.get("dtype", "float64")),
        methods=fields.distinct(
            "methods", fields.listed("methods", held["methods"], fields.choices(METHODS))
        ),
        seeds=fields.seeds("seeds", held["seeds"]) if "seeds" in held else (),
        step_size=_axis("step_size", held["step_size"], _positive),
        momentum=_axis("momentum", held["momentum"], _momentum),
        scale=_axis("scale", held["scale"], _positive),
        biasedness=_axis("biasedness", held.get("biasedness", "1"), _biasedness),
        steps=fields.steps("steps", held["steps"]),
        batches=_batches(held.get("batches", [])),
        digits=fields.integer(15)("digits", held.get("digits", 30)),
        converged_below=_positive("converged_below", held.get("converged_below", "1e-10")),
        save_every=fields.integer()("save_every", held.get("save_every", 0)),
        start=_start(held.get("start", {})),
    )
    _check(grid)
    return grid


def _axis(field: str, value: Any, read: Any) -> tuple[Fraction, ...]:
    return fields.distinct(field, fields.listed(field, value, read))


def _batches(value: Any) -> tuple[tuple[int, ...], ...] | DrawnBatches:
    if isinstance(value, dict):
        held = fields.check_keys("batches", value, ("size", "count"), ())
        return DrawnBatches(*(fields.integer(1)(f"batches.{name}", held[name]) for name in ("size", "count")))
    if not isinstance(value, list):
        raise fields.refused("batches", value, "a list of lists of sample indices, or {size: 4, count: 1000}")
    return tuple(fields.listed(f"batches[{i}]", batch, fields.integer()) for i, batch in enumerate(value))


def _start(value: Any) -> dict[str, Fraction]:
    """Return the multiples of c by parameter; whether they are all there is for the grid's model to say."""
    if not isinstance(value, dict):
        raise fields.refused("start", value, "multiples of c by parameter, as in {u: 1, v: 0}")
    read = fields.number(lambda x: x >= 0, "a multiple of c, at least 0")
    return {name: read(f"start.{name}", multiple) for name, multiple in value.items()}


def _problem(value: Any) -> dict[str, Any]:
    """Return the problem; what it holds is for the spec to judge, but for YAML's integers."""
    if not isinstance(value, dict) or "kind" not in value:
        raise fields.refused("problem", value, "the `problem` of a spec, with its `kind`")
    numbers = {
        name: fields.integer(1)(f"problem.{name}", value[name])
        for name in INTEGERS_OF_PROBLEM
        if name in value
    }
    return {**value, **numbers}


def _check(grid: Grid) -> None:
    """Refuse fields that do not fit each other."""
    generated = grid.problem["kind"] == "sparse_regression"
    if generated and "seed" in grid.problem:
        raise SweepError("`problem.seed` names one seed; name the seeds of the grid as `seeds`")
    if generated != bool(grid.seeds):
        expected = (
            "at least one seed of the generated problem" if generated else "none, for a problem that is given"
        )
        raise fields.refused("seeds", list(grid.seeds), expected)
    if isinstance(grid.batches, DrawnBatches) and not (generated and grid.batches.size <= grid.problem["n"]):
        raise SweepError("`batches` are drawn of the samples of a generated problem, at most `n` at a time")
    if grid.start and (set(grid.start) != set(PARAMETERS[grid.model]) or grid.biasedness != (Fraction(1),)):
        names = ", ".join(f"`{name}`" for name in PARAMETERS[grid.model])
        raise SweepError(
            f"`start` names a multiple of c for each of {names}, and then there is no `biasedness`"
        )
    if len(PARAMETERS[grid.model]) == 1 and grid.biasedness != (Fraction(1),):
        raise SweepError(f"`biasedness` sets two parameters apart, and `{grid.model}` has one; leave it out")
    for point in {point.method: point for point in points_of(grid)}.values():
        spec_of(grid, point)


def _parsed(path: Path, text: str) -> Any:
    if path.suffix == ".json":
        try:
            return json.loads(text)
        except json.JSONDecodeError as error:
            raise SweepError(f"it is no JSON: {error}") from error
    try:
        yaml = import_module("yaml")
    except ModuleNotFoundError as error:
        raise SweepError(
            "YAML needs PyYAML, which is not installed; write the grid as .json, or "
            "`pip install 'momentum-oracle[lightning]'`"
        ) from error
    try:
        return yaml.load(text, Loader=yaml.BaseLoader)  # the loader that leaves every scalar a text
    except yaml.YAMLError as error:
        raise SweepError(f"it is no YAML: {error}") from error
