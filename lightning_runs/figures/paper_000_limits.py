"""Limits of GD, SGD, heavy ball and Nesterov by their distance to the sparse truth: what figures of paper 000 share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from lightning_runs.figures.bands import thinned
from lightning_runs.figures.experiment import Runs
from lightning_runs.figures.made_sweep import MadeSweep
from oracle.records.figure import Curve

__all__ = [
    "DISTANCE",
    "NAMES",
    "Distances",
    "against_gradient",
    "common_setting",
    "curves_of",
    "distances_of",
    "distances_on",
    "named",
    "settled_words",
]

DISTANCE = "distance to the truth, D = ‖θ − θ*‖₂²"
NAMES = {
    "gradient": "gradient descent",
    "stochastic": "SGD",
    "heavy_ball": "heavy ball",
    "nesterov": "Nesterov",
}
SETTLED = 0.01  # a run has settled where D changes by less than this part over the second half of its steps

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Distances:
    """D of one method.

    Parameters
    ----------
    steps : tuple of int
        The recorded ones, the first of them 0.
    values : ndarray, shape (seeds, points, steps)
        Not finite where a run diverged.
    """

    steps: tuple[int, ...]
    values: Floats

    @property
    def last(self) -> Floats:
        """D after all steps, shape (seeds, points)."""
        last: Floats = self.values[..., -1]
        return last

    def after(self, step: int) -> Floats:
        """D after so many steps, shape (seeds, points)."""
        found: Floats = self.values[..., self.steps.index(step)]
        return found

    @property
    def half(self) -> Floats:
        """D after half the steps, shape (seeds, points)."""
        half: Floats = self.values[
            ..., max(k for k, step in enumerate(self.steps) if 2 * step <= self.steps[-1])
        ]
        return half

    @property
    def settled(self) -> NDArray[np.bool_]:
        """Whether D has come to rest, shape (seeds, points)."""
        with np.errstate(invalid="ignore"):
            still: NDArray[np.bool_] = np.abs(self.half - self.last) <= SETTLED * self.last
        return still


def distances_of(runs: Runs, axis: str) -> tuple[tuple[Fraction, ...], dict[str, Distances]]:
    """Return the points of an axis and D of every method along it, by the keys of `NAMES`.

    Parameters
    ----------
    runs : Runs
        Its configuration names the sweeps ``gradient``, ``stochastic`` and ``momentum``.
    axis : str
        ``scale`` or ``biasedness``.
    """
    made = {name: runs.sweep(name) for name in ("gradient", "stochastic", "momentum")}
    found = {name: distances_on(made[name], "gradient_descent", axis) for name in ("gradient", "stochastic")}
    found |= {
        method: distances_on(made["momentum"], method, axis) for method in made["momentum"].grid.methods
    }
    return getattr(made["momentum"].grid, axis), found


def distances_on(sweep: MadeSweep, method: str, axis: str) -> Distances:
    """Return D of one method of a sweep along an axis."""
    values = getattr(sweep.grid, axis)
    rows = [
        [sweep.distances(*sweep.runs(seed=seed, method=method, **{axis: value})) for value in values]
        for seed in sweep.seeds
    ]
    return Distances(sweep.steps, np.array(rows))


def curves_of(x: Sequence[float], values: Mapping[str, Floats], prefix: str = "") -> tuple[Curve, ...]:
    """Return D of every method, shape (seeds, points), as curves called as `named` calls them."""
    return tuple(thinned(named(name, prefix), x, each) for name, each in values.items())


def named(name: str, prefix: str = "") -> str:
    """Return what a reader calls a method's curve."""
    return prefix + NAMES[name]


def against_gradient(methods: Iterable[str], prefix: str = "") -> dict[str, str]:
    """Return what each method's curve is compared with: gradient descent's."""
    return {named(name, prefix): named("gradient", prefix) for name in methods if name != "gradient"}


def settled_words(distances: Mapping[str, Distances]) -> str:
    """Say how many runs of each method came to rest."""
    counts = ", ".join(
        f"{int(each.settled.sum())} of {each.settled.size} ({NAMES[name]})"
        for name, each in distances.items()
    )
    falling = all((each.last < each.half)[~each.settled].all() for each in distances.values())
    rest = "in the others it was still falling" if falling else "in the others it was still moving"
    return f"D changed by less than 1 % over the second half of the steps in {counts}; {rest}"


def common_setting(sweep: MadeSweep) -> dict[str, str]:
    """Return what was chosen for the data, as text."""
    problem = sweep.grid.problem
    return {
        "data": f"n = {problem['n']}, d = {problem['d']}, {problem['nonzeros']} non-zeros of θ* ~ N(0, 1)",
        "ε": str(problem.get("scale", "1")),
        "loss": "Σ r²/(2n), the paper's Eq. 5",
        "model": "θ = u⊙u − v⊙v",
        "seeds": f"{sweep.seeds[0]} to {sweep.seeds[-1]}",
    }
