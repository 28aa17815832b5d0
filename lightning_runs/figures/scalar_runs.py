"""Runs on f = a1·a2·x with L = ½(a1 a2 x − y)², from many starts near the paper's, as tasks for the trainer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lightning_runs.figures.bands import thinned
from oracle.records.candidate import Array, CandidateMethod, CandidateProblem, CandidateTask
from oracle.records.figure import Curve

__all__ = ["ScalarSetting", "spread_steps", "trajectory", "valley"]


@dataclass(frozen=True)
class ScalarSetting:
    """Data and starts, as a configuration writes them.

    Parameters
    ----------
    x, y : str
    starts : tuple of (str, str)
        The paper's first.
    """

    x: str
    y: str
    starts: tuple[tuple[str, str], ...]

    @classmethod
    def read(cls, config: Mapping[str, Any]) -> ScalarSetting:
        """Return the setting of a configuration: the starts are all pairs of its two lists, the paper's first."""
        starts = config["starts"]
        paper = starts["a1"][0], starts["a2"][0]
        others = [pair for pair in product(starts["a1"], starts["a2"]) if pair != paper]
        return cls(config["x"], config["y"], (paper, *others))

    def positions(self) -> NDArray[np.float64]:
        """Return the starts, shape (starts, 2)."""
        return np.array([[float(Fraction(value)) for value in start] for start in self.starts])

    def tasks(self, step_size: str, momentum: str, steps: Sequence[int]) -> list[CandidateTask]:
        """Return one run from each start; without momentum by gradient descent."""
        eta, mu = (np.float64(Fraction(text)) for text in (step_size, momentum))
        method = CandidateMethod("heavy_ball" if mu else "gradient_descent", eta, mu)
        return [CandidateTask(self._problem(start), method, tuple(steps)) for start in self.positions()]

    def _problem(self, start: Array) -> CandidateProblem:
        x, y = (np.array([float(Fraction(text))]) for text in (self.x, self.y))
        init = {"a1": start[:1], "a2": start[1:]}
        return CandidateProblem(x[None, :], y, "half_sum_square", "scalar_product", init)


def spread_steps(dense: int, last: int, points: int) -> list[int]:
    """Return the steps 0, 1, …, `dense` and then about `points` more up to `last`, ever further apart."""
    later = np.geomspace(dense, last, points + 1)
    return sorted({*range(dense + 1), *(round(step) for step in later)})


def trajectory(name: str, steps: Iterable[int], positions: Array) -> list[Curve]:
    """Return the two curves of a trajectory; positions have shape (starts, steps, 2)."""
    at = [float(step) for step in steps]
    return [thinned(f"{name} · a{i + 1}", at, positions[..., i]) for i in range(2)]


def valley(setting: ScalarSetting, low: float, high: float) -> list[Curve]:
    """Return the minima a1 a2 x = y between two values of a1, as a pair of curves."""
    level = float(Fraction(setting.y) / Fraction(setting.x))
    first = np.geomspace(low, high, 40)
    points = np.broadcast_to(np.stack((first, level / first), axis=1), (len(setting.starts), 40, 2))
    return trajectory(f"minima (product {level:g})", range(40), points)
