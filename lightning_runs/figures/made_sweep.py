"""The runs of a sweep with what they recorded, chosen by their axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lightning_runs.sweeps.grid import Grid, Point
from lightning_runs.sweeps.truth import truth_of
from oracle.records.candidate import Array

__all__ = ["MadeSweep"]


@dataclass(frozen=True)
class MadeSweep:
    """A sweep that was made.

    Parameters
    ----------
    grid : Grid
    points : tuple of Point
    recorded : sequence of mapping of str to ndarray
        By run: each parameter and ``theta``, shape (steps, d); ``loss`` (steps,).
    truths : dict of int to ndarray
        θ* by seed, as far as it was asked for.
    """

    grid: Grid
    points: tuple[Point, ...]
    recorded: Sequence[Mapping[str, Array]]
    truths: dict[int | None, NDArray[np.float64]] = field(default_factory=dict)

    @property
    def steps(self) -> tuple[int, ...]:
        """The recorded steps."""
        return self.grid.steps

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds of the data."""
        return self.grid.seeds

    def runs(self, **axes: Any) -> list[int]:
        """Return the positions of the runs whose point has these values, in their order (seeds change slowest).

        Numbers may be given as text, as in ``step_size="0.03"``.
        """
        wanted = {name: _exact(name, value) for name, value in axes.items()}
        return [
            run
            for run, point in enumerate(self.points)
            if all(getattr(point, name) == value for name, value in wanted.items())
        ]

    def run(self, **axes: Any) -> Mapping[str, Array]:
        """Return what the one run recorded whose point has these values."""
        (run,) = self.runs(**axes)
        return self.recorded[run]

    def truth(self, run: int) -> NDArray[np.float64]:
        """Return θ* of a run's data, shape (d,)."""
        seed = self.points[run].seed
        if seed not in self.truths:
            found = truth_of(self.grid, self.points[run])
            assert found is not None  # only a problem that is given has none, and no figure gives one
            self.truths[seed] = found
        return self.truths[seed]

    def distances(self, run: int) -> NDArray[np.float64]:
        """Return D = ‖θ − θ*‖₂² at the recorded steps."""
        with np.errstate(over="ignore", invalid="ignore"):  # of a run that diverged
            found: NDArray[np.float64] = np.square(self.recorded[run]["theta"] - self.truth(run)).sum(axis=1)
        return found

    def relative_loss(self, run: int) -> float:
        """Return the last recorded loss over the first: how far a run has converged."""
        loss = self.recorded[run]["loss"]
        return float(loss[-1] / loss[0])


def _exact(name: str, value: Any) -> Any:
    """Return the value that a point holds: numbers are fractions."""
    return Fraction(value) if name in {"step_size", "momentum", "scale", "biasedness"} else value
