"""The runs of a grid as arrays; what many runs share is rounded, generated and held once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from lightning_runs.sweeps.grid import Grid, Point, spec_of
from oracle.records.candidate import Array, CandidateMethod, CandidateTask
from oracle.tensors import task_of

__all__ = ["GridTasks"]


class GridTasks:
    """Makes tasks equal to `oracle.tensors.task_of` of each run's spec, without generating data anew.

    Parameters
    ----------
    grid : Grid
    """

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.data: dict[int | None, CandidateTask] = {}
        self.starts: dict[tuple[Fraction, Fraction], dict[str, Array]] = {}
        self.methods: dict[tuple[str, Fraction, Fraction], CandidateMethod] = {}

    def __call__(self, points: Sequence[Point]) -> list[CandidateTask]:
        """Return the tasks of some runs, in order."""
        return [self._task(point) for point in points]

    def _task(self, point: Point) -> CandidateTask:
        if point.seed not in self.data:
            self.data[point.seed] = task_of(
                spec_of(self.grid, point).canonical, self.grid.dtype, self.grid.steps
            )
        data = self.data[point.seed]
        problem = replace(data.problem, init=self._start(point, data))
        method = replace(self._method(point, data), batches=data.method.batches)
        return CandidateTask(problem, method, self.grid.steps)

    def _start(self, point: Point, data: CandidateTask) -> dict[str, Array]:
        key = point.scale, point.biasedness
        if key not in self.starts:
            self.starts[key] = dict(self._small(point, data).problem.init)
        return self.starts[key]

    def _method(self, point: Point, data: CandidateTask) -> CandidateMethod:
        key = point.method, point.step_size, point.momentum
        if key not in self.methods:
            self.methods[key] = self._small(point, data).method
        return self.methods[key]

    def _small(self, point: Point, data: CandidateTask) -> CandidateTask:
        """Return the task of the same start and method on a problem of one row of zeros."""
        scalar = self.grid.problem["kind"] == "scalar_product"
        given: dict[str, Any] = {"x": "0", "y": "0"}
        row = {"X": [["0"] * data.problem.X.shape[1]], "y": ["0"]}
        problem = {"kind": "scalar_product", **given} if scalar else {"kind": "regression", **row}
        small = replace(self.grid, problem=problem, seeds=(), batches=(), steps=(0,))
        return task_of(spec_of(small, replace(point, seed=None)).canonical, self.grid.dtype, (0,))
