"""A grid of runs, every point of it a full spec.

The start of a run has two knobs, as in Wang et al., *Effects of Momentum in Implicit Bias of Gradient
Flow for Diagonal Linear Networks*: the scale c > 0 and φ in (0, 1], here `biasedness`::

    u(0) = φ c (1, …, 1)        v(0) = φ⁻¹ c (1, …, 1)

so that ξ = |u(0)| |v(0)| = c² whatever φ is.  φ = 1 is the unbiased start u(0) = v(0), θ(0) = 0 of
Definition 2; the smaller φ, the more biased.  A grid may name other multiples of c as its `start`.  c, φ and these
multiples are rationals, and so are φ c and c/φ: a start is an exact number, rounded once to the dtype.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from itertools import product
from typing import Any

from lightning_runs.sweeps.drawn_batches import DrawnBatches, drawn
from lightning_runs.sweeps.exact_text import exact_text
from lightning_runs.tasks import PARAMETERS
from oracle.spec import Spec, spec_from

__all__ = ["SCHEMA", "Grid", "Point", "batches_of", "grid_value", "points_of", "spec_of", "start_of"]

SCHEMA = "momentum-oracle/sweep/1"


@dataclass(frozen=True)
class Grid:
    """What all runs share, and the axes whose product they are.

    Parameters
    ----------
    problem : mapping
        The ``problem`` of a spec; without ``seed`` where it is generated.
    model : str
        A name in `tasks.PARAMETERS`.
    dtype : str
        Of the runs: ``float64``, ``float32`` or ``bfloat16``; the specs read their inputs in it.
    methods : tuple of str
        Names in `tasks.METHODS`.  `gradient_descent` has no momentum, so one run of it stands for the
        whole axis.
    seeds : tuple of int
        Of generated problems; empty where the problem is given.
    step_size, momentum, scale, biasedness : tuple of Fraction
        η > 0, 0 ≤ μ < 1, c > 0, 0 < φ ≤ 1.
    steps : tuple of int
        The steps to record, ascending.
    batches : tuple of tuple of int, or DrawnBatches
        Sample indices, used cyclically, the same for every run or drawn for each seed; empty means every sample at
        every step.
    digits : int
        That the specs ask of a golden.
    converged_below : Fraction
        A run counts as converged when its loss is at most this part of its loss at the start.
    save_every : int
        Most steps between saved states; 0 leaves it to the plan.
    start : mapping of str to Fraction
        By parameter, the multiple of c that every coordinate starts from, in the place of φ and 1/φ; empty for these.
    """

    problem: Mapping[str, Any]
    model: str
    dtype: str
    methods: tuple[str, ...]
    seeds: tuple[int, ...]
    step_size: tuple[Fraction, ...]
    momentum: tuple[Fraction, ...]
    scale: tuple[Fraction, ...]
    biasedness: tuple[Fraction, ...]
    steps: tuple[int, ...]
    batches: tuple[tuple[int, ...], ...] | DrawnBatches = ()
    digits: int = 30
    converged_below: Fraction = Fraction(1, 10**10)
    save_every: int = 0
    start: Mapping[str, Fraction] = field(default_factory=dict)


@dataclass(frozen=True)
class Point:
    """One run of a grid; `seed` is None where the problem is given."""

    seed: int | None
    method: str
    step_size: Fraction
    momentum: Fraction
    scale: Fraction
    biasedness: Fraction


def points_of(grid: Grid) -> list[Point]:
    """Return the runs in their order: seeds change slowest, biasedness fastest."""
    points = []
    for seed, method in product(grid.seeds or (None,), grid.methods):
        momenta = (Fraction(0),) if method == "gradient_descent" else grid.momentum
        axes = product(grid.step_size, momenta, grid.scale, grid.biasedness)
        points += [Point(seed, method, *values) for values in axes]
    return points


def start_of(model: str, scale: Fraction, biasedness: Fraction) -> dict[str, Fraction]:
    """Return the value of every coordinate, by parameter: φ c and c/φ, or c where there is one alone."""
    names = PARAMETERS[model]
    values = (scale,) if len(names) == 1 else (biasedness * scale, scale / biasedness)
    return dict(zip(names, values, strict=True))


def batches_of(grid: Grid, point: Point) -> tuple[tuple[int, ...], ...]:
    """Return the batches of a run."""
    if not isinstance(grid.batches, DrawnBatches):
        return grid.batches
    assert point.seed is not None  # a grid that draws batches generates its problems
    return drawn(grid.batches, int(grid.problem["n"]), point.seed)


def spec_of(grid: Grid, point: Point) -> Spec:
    """Return the spec of a run.

    Raises
    ------
    oracle.spec.SpecError
        If a field holds what a spec cannot.
    """
    seed = {} if point.seed is None else {"seed": point.seed}
    method: dict[str, Any] = {"name": point.method, "step_size": exact_text(point.step_size)}
    if point.method != "gradient_descent":
        method["momentum"] = exact_text(point.momentum)
    if grid.batches:
        method["batches"] = [list(batch) for batch in batches_of(grid, point)]
    multiples = {name: point.scale * multiple for name, multiple in grid.start.items()}
    start = multiples or start_of(grid.model, point.scale, point.biasedness)
    return spec_from(
        {
            "schema": "momentum-oracle/spec/1",
            "problem": {**grid.problem, **seed},
            "model": grid.model,
            "init": {name: exact_text(value) for name, value in start.items()},
            "method": method,
            "inputs_as": grid.dtype,
            "want": {"kind": "iterates", "steps": list(grid.steps)},
            "digits": grid.digits,
        }
    )


def grid_value(grid: Grid) -> dict[str, Any]:
    """Return the grid as JSON holds it; numbers by `exact_text`, and equal grids alike."""
    drawn_batches = grid.batches if isinstance(grid.batches, DrawnBatches) else None
    given = () if isinstance(grid.batches, DrawnBatches) else grid.batches
    axes = {name: getattr(grid, name) for name in ("step_size", "momentum", "scale", "biasedness")}
    return {
        "schema": SCHEMA,
        "problem": dict(grid.problem),
        "model": grid.model,
        "dtype": grid.dtype,
        "methods": list(grid.methods),
        "seeds": list(grid.seeds),
        **{name: [exact_text(value) for value in values] for name, values in axes.items()},
        "steps": list(grid.steps),
        "batches": asdict(drawn_batches) if drawn_batches else [list(batch) for batch in given],
        "digits": grid.digits,
        "converged_below": exact_text(grid.converged_below),
        "save_every": grid.save_every,
        # left out where it is not used, so that sweeps begun before it was known go on
        **({"start": {name: exact_text(v) for name, v in grid.start.items()}} if grid.start else {}),
    }
