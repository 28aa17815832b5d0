"""A task and its spec state the same run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lightning_runs.task_spec import spec_of
from oracle.records.candidate import CandidateTask
from oracle.tensors import task_of

TaskMaker = Callable[..., CandidateTask]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("model", ["diagonal", "hadamard", "linear", "scalar_product"])
@pytest.mark.parametrize("method", ["gradient_descent", "nesterov"])
def test_spec_of_a_task_gives_the_task_back(
    make_task: TaskMaker, model: str, method: str, dtype: str
) -> None:
    """Every array, coefficient and batch comes back from the spec, bit for bit."""
    momentum = 0.0 if method == "gradient_descent" else 0.5
    mu = 0.0 if method == "gradient_descent" else 0.9
    loss = "half_sum_square" if model == "scalar_product" else "mean_square"
    batches = () if model == "scalar_product" else ((0, 2), (1,))
    task = make_task(
        method, model=model, dtype=dtype, mu=mu, momentum_at_start=momentum, loss=loss, batches=batches
    )
    back: Any = task_of(spec_of(task).canonical, dtype, task.steps)
    assert (back.method.step_size, back.method.momentum) == (task.method.step_size, task.method.momentum)
    assert [list(batch) for batch in back.method.batches] == [list(batch) for batch in batches]
    pairs = [(back.problem.X, task.problem.X), (back.problem.y, task.problem.y)]
    pairs += [(back.problem.init[name], array) for name, array in task.problem.init.items()]
    pairs += [(back.method.p0[name], array) for name, array in task.method.p0.items()]
    assert all(np.array_equal(one, other) and one.dtype == other.dtype for one, other in pairs)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("scales", ["gradient", "update"])
def test_spec_of_a_scheduled_task_gives_its_step_sizes_back(
    make_task: TaskMaker, scales: str, dtype: str
) -> None:
    """η_k/η is exact as a fraction, so η times it is η_k to the last bit."""
    task = make_task(dtype=dtype)
    step_sizes = np.array([0.03, 0.1, 1e-5], dtype=dtype)
    task = replace(task, method=replace(task.method, step_sizes=step_sizes, scales=scales))
    back: Any = task_of(spec_of(task).canonical, dtype, task.steps)
    assert np.array_equal(back.method.step_sizes, step_sizes)
    assert (back.method.step_sizes.dtype, back.method.scales) == (step_sizes.dtype, scales)


def test_spec_of_another_task_differs(make_task: TaskMaker) -> None:
    """A unit in the last place of η is another spec."""
    task, other = make_task(eta=0.03), make_task(eta=np.nextafter(0.03, 1))
    assert spec_of(task).digest != spec_of(other).digest
