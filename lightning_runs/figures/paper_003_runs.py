"""Momentum descent by λ, and gradient flow beside it: what the figures of paper 003 share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil, sqrt

import numpy as np
from numpy.typing import NDArray

from lightning_runs.figures.experiment import Runs
from lightning_runs.figures.figure_config import numbers
from lightning_runs.sweeps.grid import Point, points_of
from lightning_runs.sweeps.grid_file import grid_from
from lightning_runs.sweeps.grid_tasks import GridTasks
from lightning_runs.sweeps.truth import truth_of
from oracle.records.candidate import Array, CandidateMethod, CandidateTask

__all__ = [
    "Couple",
    "Floats",
    "Starts",
    "couple_of",
    "flow_tasks",
    "momentum_runs",
    "momentum_task",
    "sampled_steps",
    "starts_of",
]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Couple:
    """γ and β of MGD that discretise MGF(λ) with time `pace` a step."""

    gamma: float
    beta: float
    pace: float


@dataclass(frozen=True)
class Starts:
    """The problems and starts of a figure, seeds slowest.

    Parameters
    ----------
    points : tuple of Point
    tasks : tuple of CandidateTask
        Gradient descent from each.
    truths : tuple of ndarray, shape (d,)
        θ*.
    """

    points: tuple[Point, ...]
    tasks: tuple[CandidateTask, ...]
    truths: tuple[Floats, ...]

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds, each once."""
        return tuple(dict.fromkeys(point.seed for point in self.points if point.seed is not None))


def starts_of(runs: Runs) -> Starts:
    """Return the problems and starts that the sweep ``start`` of a configuration names; nothing is trained."""
    grid = grid_from(runs.config["sweeps"]["start"])
    points = points_of(grid)
    truths = tuple(np.asarray(truth_of(grid, point)) for point in points)
    return Starts(tuple(points), tuple(GridTasks(grid)(points)), truths)


def couple_of(lam: float, gamma: float) -> Couple:
    """Return the couple with λ = γ/(1 − β)²; then ε = γ/(1 − β) = √(γλ).

    Raises
    ------
    ValueError
        If λ < γ, where β would be negative.
    """
    if lam < gamma:
        raise ValueError(f"λ = {lam} is below γ = {gamma}: no β ≥ 0 belongs to it; choose a smaller `gamma`")
    return Couple(gamma, 1 - sqrt(gamma / lam), sqrt(gamma * lam))


def momentum_task(task: CandidateTask, couple: Couple, steps: Sequence[int]) -> CandidateTask:
    """Return heavy ball with a couple's coefficients from a task's start."""
    dtype = task.problem.X.dtype.type
    method = CandidateMethod("heavy_ball", dtype(couple.gamma), dtype(couple.beta))
    return CandidateTask(task.problem, method, tuple(steps))


def flow_tasks(
    tasks: Sequence[CandidateTask],
    step: float,
    steps: Sequence[int],
    starts: Sequence[Mapping[str, Array]] | None = None,
) -> list[CandidateTask]:
    """Return gradient descent with a small step, from the tasks' starts or from others."""
    found = []
    for i, task in enumerate(tasks):
        problem = task.problem if starts is None else replace(task.problem, init=starts[i])
        method = CandidateMethod("gradient_descent", problem.X.dtype.type(step), problem.X.dtype.type(0))
        found.append(CandidateTask(problem, method, tuple(steps)))
    return found


def sampled_steps(until: float, pace: float, points: int) -> tuple[int, ...]:
    """Return at most so many equally spaced steps up to a time, 0 among them."""
    last = ceil(until / pace)
    return tuple(sorted({round(last * i / points) for i in range(points + 1)}))


def momentum_runs(
    runs: Runs, starts: Starts, lam: float, gamma: float
) -> tuple[Floats, list[Mapping[str, Array]]]:
    """Return times and what momentum of a λ recorded at them from each start.

    Oscillations have periods like √λ and die out in times like λ, so a large λ is followed longer, at more times.
    """
    (base,), (points,) = numbers(runs.config, "time"), numbers(runs.config, "points")
    couple = couple_of(lam, gamma)
    steps = sampled_steps(base * max(1.0, 0.4 * lam), couple.pace, int(points * max(1.0, 0.5 * sqrt(lam))))
    tasks = [momentum_task(task, couple, steps) for task in starts.tasks]
    return couple.pace * np.array(steps), runs.train(f"gamma-{gamma:g}-lambda-{lam:g}", tasks)
