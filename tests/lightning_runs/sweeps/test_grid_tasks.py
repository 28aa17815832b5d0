"""Tasks of a grid: the very arrays that a run's own spec gives."""

from __future__ import annotations

from typing import Any

import numpy as np

from lightning_runs.sweeps.grid import points_of, spec_of
from lightning_runs.sweeps.grid_file import grid_from
from lightning_runs.sweeps.grid_tasks import GridTasks
from oracle.records.candidate import CandidateTask
from oracle.tensors import task_of


def content(task: CandidateTask) -> list[Any]:
    """Return everything in a task as plain values."""
    problem, method = task.problem, task.method
    start = {name: array.tolist() for name, array in problem.init.items()}
    data = [
        problem.X.tolist(),
        problem.y.tolist(),
        problem.X.dtype,
        problem.dtype,
        problem.loss,
        problem.model,
    ]
    momenta = {name: np.any(array) for name, array in method.p0.items()}
    return [data, start, method.name, method.step_size, method.momentum, momenta, method.batches, task.steps]


def test_tasks_are_those_of_the_specs(grid_value: Any, other_grid: dict[str, Any]) -> None:
    """Sharing data, starts and coefficients changes no bit of any task."""
    grid = grid_from(grid_value(**other_grid))
    points = points_of(grid)
    expected = [task_of(spec_of(grid, point).canonical, grid.dtype, grid.steps) for point in points]
    assert [content(task) for task in GridTasks(grid)(points)] == [content(task) for task in expected]
