"""A sweep as a base spec and a grid: every combination of the axes' values, made on demand.

::

    {"schema": "momentum-oracle/golden-sweep/1",
     "spec": {... a spec ...},
     "grid": {"method.step_size": ["0.01", "1/50"], "problem.seed": {"from": 0, "count": 100}}}

The last axis varies fastest.  An axis names a field by its path; what it holds replaces what the base has.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, get_args

from oracle.spec_fields import Fields, Methods, Problems, Strict, Wants
from oracle.spec_json import Unreadable, shown
from oracle.sweep.sweep_error import SweepError
from reference.models import MODELS

__all__ = ["MAXIMUM", "SCHEMA", "Grid", "read_grid"]

SCHEMA = "momentum-oracle/golden-sweep/1"
MAXIMUM = 10_000_000  # specs of one sweep

_UNIONS: Mapping[str, Any] = {"problem": Problems, "method": Methods, "want": Wants}


@dataclass(frozen=True)
class Grid:
    """The combinations, in order.

    Parameters
    ----------
    base : dict
        The spec as it was read.
    axes : tuple of (str, sequence)
        Path and values, in the stated order.
    """

    base: dict[str, Any]
    axes: tuple[tuple[str, Sequence[Any]], ...]

    def __len__(self) -> int:
        return prod(len(values) for _, values in self.axes)

    def at(self, place: int) -> tuple[dict[str, Any], str]:
        """Return combination `place`, 0 ≤ place < len, as a spec still to be read, and what it sets, in words."""
        chosen: list[tuple[str, Any]] = []
        for path, values in reversed(self.axes):
            place, position = divmod(place, len(values))
            chosen.append((path, values[position]))
        spec = self.base
        for path, value in reversed(chosen):
            spec = _with(spec, path.split("."), value)
        return spec, ", ".join(f"{path}={shown(value)}" for path, value in reversed(chosen))


def read_grid(value: Any) -> Grid:
    """Return the grid that a JSON value states, as `oracle.spec_json.read_json` returns it.

    Raises
    ------
    SweepError
        If a field is missing or unknown, a number is not exact, an axis names no field of a spec, has no
        values or is overwritten by a later one, or there are more than `MAXIMUM` combinations.
    """
    if not isinstance(value, dict) or value.get("schema") != SCHEMA:
        found = (
            f"`schema` is {shown(value.get('schema'))}"
            if isinstance(value, dict)
            else f"it is {shown(value)}"
        )
        raise SweepError(
            f"{found}; expected an object whose `schema` is `{SCHEMA}`. One spec is computed by `oracle golden`; "
            "a list of specs is a file ending in `.jsonl`, one a line."
        )
    if set(value) != {"schema", "spec", "grid"}:
        raise SweepError(f"a sweep has the fields {_named(value)}; expected `schema`, `spec`, `grid`.")
    _refuse_unreadable(value, "")
    for name in ("spec", "grid"):
        if not isinstance(value[name], dict):
            raise SweepError(f"`{name}` is {shown(value[name])}; expected an object.")
    grid = Grid(value["spec"], tuple((path, _values(path, given)) for path, given in value["grid"].items()))
    _check_paths(grid)
    if len(grid) > MAXIMUM:
        sizes = " × ".join(str(len(values)) for _, values in grid.axes)
        raise SweepError(
            f"the grid has {sizes} = {len(grid)} combinations; at most {MAXIMUM} fit one sweep: make several."
        )
    return grid


def _with(spec: Any, names: list[str], value: Any) -> dict[str, Any]:
    """Return a spec with one field set; what is on the way to it is copied, nothing is changed."""
    name, *rest = names
    inside = spec.get(name) if isinstance(spec, dict) else None
    return {**(spec if isinstance(spec, dict) else {}), name: _with(inside, rest, value) if rest else value}


def _values(path: str, given: Any) -> Sequence[Any]:
    """Return the values of an axis: a list, or a range of integers."""
    if isinstance(given, list) and given:
        return given
    if isinstance(given, dict) and {"from", "count"} <= set(given) <= {"from", "count", "step"}:
        first, count, step = given["from"], given["count"], given.get("step", 1)
        if all(type(number) is int for number in (first, count, step)) and 0 < count <= MAXIMUM and step != 0:
            return range(first, first + count * step, step)
    arrived = json.dumps(given) if isinstance(given, dict) else shown(given)
    raise SweepError(
        f"`grid` has {arrived[:80]} for `{path}`; expected a list of at least one value, or a range "
        f'{{"from": 0, "count": 100}} of integers, optionally with a "step", of 1 to {MAXIMUM}.'
    )


def _check_paths(grid: Grid) -> None:
    """Refuse axes that name no field, or whose values a later axis replaces."""
    paths = [path for path, _ in grid.axes]
    for place, path in enumerate(paths):
        _check_path(path)
        for later in paths[place + 1 :]:
            if path.startswith(later + "."):
                raise SweepError(
                    f"`grid` states `{later}` after `{path}`, which it replaces: state it first."
                )


def _check_path(path: str) -> None:
    """Refuse a path at the first of its names that is none of its place."""
    names = path.split(".")
    for depth, name in enumerate(names):
        choices = _choices(names[:depth])
        if name not in choices:
            inside = f"inside `{'.'.join(names[:depth])}`" if depth else "at the top of a spec"
            known = f"expected one of {', '.join(choices)}" if choices else "there are no fields in it"
            raise SweepError(f"`grid` has the path `{path}`, but `{name}` is no field {inside}; {known}.")


def _choices(place: list[str]) -> list[str]:
    """Return the names of the fields at a place in a spec, of whatever kind or name it may be."""
    match place:
        case []:
            return _names(Fields)
        case ["init"] | ["method", "p0" | "initial_velocity"]:
            return sorted({name for model in MODELS.values() for name in model.names})
        case [field] if field in _UNIONS:
            return list(dict.fromkeys(name for kind in get_args(_UNIONS[field]) for name in _names(kind)))
    return []


def _names(fields: type[Strict]) -> list[str]:
    return [info.alias or name for name, info in fields.model_fields.items()]


def _refuse_unreadable(value: Any, path: str) -> None:
    """Refuse what JSON leaves vague, wherever it is."""
    if isinstance(value, Unreadable):
        raise SweepError(f"`{path}` is {shown(value)}: {value.reason}.")
    entries = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for name, inside in entries:
        _refuse_unreadable(inside, f"{path}.{name}" if path else str(name))


def _named(value: dict[str, Any]) -> str:
    return ", ".join(f"`{name}`" for name in value)
