"""The readable kernel, judged step by step."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

from lightning_runs.candidates import KernelCandidate, eager
from lightning_runs.kernels.eager import EagerKernel
from lightning_runs.kernels.interface import KernelError
from lightning_runs.kernels.registry import kernel_named
from lightning_runs.run_batch import batch_of
from lightning_runs.tasks import METHODS, PARAMETERS, TaskError
from oracle.findings import Outcome
from oracle.records.candidate import CandidateTask


@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16"])
@pytest.mark.parametrize("model", sorted(PARAMETERS))
def test_every_method_agrees(trial: Any, tasks_of: Any, judged: Any, dtype: str, model: str) -> None:
    """Each of the four methods, from a moving start, in one batch: every step within rounding."""
    case = trial(dtype=dtype, model=model, methods=METHODS, runs=8, moving=True)
    findings = judged(case, eager.declare(dtype, "heavy_ball"), eager.together(tasks_of(case)))
    assert [finding.outcome for finding in findings] == [Outcome.AGREES] * 8, findings


def scheduled(task: CandidateTask, step_sizes: tuple[float, ...]) -> CandidateTask:
    """Return the task with a schedule of step sizes that scale the gradient."""
    numbers = np.array(step_sizes, dtype=task.problem.X.dtype)
    return replace(task, method=replace(task.method, step_sizes=numbers))


def velocity_recurrence(task: CandidateTask) -> Any:
    """Return β (or y) of the linear model by p₊ = μ p − η_k g in extended precision."""
    X, y = task.problem.X.astype(np.longdouble), task.problem.y.astype(np.longdouble)
    name, mu = task.method.name, 0 if task.method.name == "gradient_descent" else task.method.momentum
    etas = [np.longdouble(x) for x in task.method.step_sizes] or [np.longdouble(task.method.step_size)]
    beta, p = task.problem.init["beta"].astype(np.longdouble), task.method.p0["beta"].astype(np.longdouble)
    rows = []
    for k in range(max(task.steps) + 1):
        ahead = beta + mu * p
        rows.append(ahead if name == "nesterov_lookahead" else beta)
        at = ahead if name.startswith("nesterov") else beta
        p = mu * p - etas[k % len(etas)] * (X.T @ (X @ at - y) / len(y))
        beta = beta + p
    return np.array(rows)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("method", METHODS)
def test_scheduled_runs_follow_the_velocity_recurrence(make_task: Any, method: str, dtype: str) -> None:
    """Runs with schedules of three step sizes, of two and of none in one batch, each by its own η_k."""
    plain = make_task(method, model="linear", momentum_at_start=0.5, dtype=dtype)
    tasks = [scheduled(plain, (0.03, 0.01, 0.002)), plain, scheduled(plain, (0.01, 0.05))]
    gaps = [
        np.max(np.abs(found["beta"] - velocity_recurrence(task)))
        for task, found in zip(tasks, eager.together(tasks), strict=True)
    ]
    assert max(gaps) <= np.finfo(dtype).eps * 2**9


def test_recurrence_check_catches_step_sizes_late_by_one(make_task: Any) -> None:
    """The planted fault: the schedule turned by one step is far from the recurrence."""
    task = make_task(model="linear", momentum_at_start=0.5)
    found = eager.together([scheduled(task, (0.002, 0.03, 0.01))])[0]["beta"]
    gap = np.max(np.abs(found - velocity_recurrence(scheduled(task, (0.03, 0.01, 0.002)))))
    assert gap > 1000 * np.finfo(np.float64).eps * 2**9


def test_schedule_goes_on_where_a_run_was_left(make_task: Any) -> None:
    """A run restored after five steps takes η_5 next: the very bits of an uninterrupted one."""
    batch = batch_of([scheduled(make_task(), (0.03, 0.01, 0.002))])
    whole, first, second = (EagerKernel().prepare(batch) for _ in range(3))
    first.advance(5)
    second.restore(5, first.state())
    assert np.array_equal(second.advance(9, [9])["u"], whole.advance(9, [9])["u"])


@pytest.mark.parametrize("name", ["autograd", "fused"])
def test_other_kernels_refuse_a_schedule(make_task: Any, name: str) -> None:
    """Asked through a task or a batch, they say so; they never take the constant η."""
    pytest.importorskip({"fused": "llvmlite"}.get(name, "torch"))
    task = scheduled(make_task(), (0.03, 0.01))
    with pytest.raises(TaskError, match="this runs one constant step size"):
        KernelCandidate(name).together([task])
    with pytest.raises(
        KernelError, match=f"the kernel `{name}` runs one constant step size; `eager` follows"
    ):
        kernel_named(name).prepare(batch_of([task]))


def test_eager_refuses_a_schedule_of_the_update(make_task: Any) -> None:
    """Its momentum holds moves."""
    task = scheduled(make_task(), (0.03, 0.01))
    with pytest.raises(TaskError, match="this runs schedules that scale the `gradient`"):
        eager.together([replace(task, method=replace(task.method, scales="update"))])
