"""torch.optim.SGD: its buffer form follows the buffer recurrence and agrees with the trainer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("pytorch_lightning")

import torch

from lightning_runs.candidates import eager
from lightning_runs.run_batch import batch_of
from lightning_runs.sgd import IMPLEMENTATIONS, run_sgd, sgd_runs
from lightning_runs.tasks import TaskError
from lightning_runs.trainer import train
from oracle.records.candidate import CandidateTask

TaskMaker = Callable[..., CandidateTask]
METHODS = ("gradient_descent", "heavy_ball", "nesterov_lookahead")
MODELS = ("diagonal", "hadamard", "linear", "scalar_product")
NEAR = {"float64": 2.0**-53 * 2**10, "float32": 2.0**-24 * 2**10}


def buffer_recurrence(task: CandidateTask) -> Any:
    """Return β (or y) of the linear model by b₊ = μ b + g, β₊ = β − η b₊, in extended precision."""
    X, y = task.problem.X.astype(np.longdouble), task.problem.y.astype(np.longdouble)
    eta, mu = np.longdouble(task.method.step_size), np.longdouble(task.method.momentum)
    ahead = task.method.name == "nesterov_lookahead"
    p0 = task.method.p0.get("beta", np.zeros(X.shape[1])).astype(np.longdouble)
    beta, b = task.problem.init["beta"] + (mu * p0 if ahead else 0), -p0 / eta
    rows, etas = [beta], [np.longdouble(x) for x in task.method.step_sizes] or [eta]
    for k in range(max(task.steps)):
        eta = etas[k % len(etas)]
        g = X.T @ (X @ beta - y) / len(y)
        b = g if task.method.name == "gradient_descent" else mu * b + g
        beta = beta - eta * (g + mu * b if ahead else b)
        rows.append(beta)
    return np.array(rows)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("momentum_at_start", [0.0, 0.5])
@pytest.mark.parametrize("method", METHODS)
def test_sgd_follows_the_buffer_recurrence(
    make_task: TaskMaker, method: str, momentum_at_start: float, dtype: str
) -> None:
    """b = −p/η from the start on: the first step without a buffer and the filled buffer both fit."""
    task = make_task(method, model="linear", momentum_at_start=momentum_at_start, dtype=dtype)
    assert np.max(np.abs(run_sgd(task)["beta"] - buffer_recurrence(task))) <= NEAR[dtype]


def scheduled(task: CandidateTask, scales: str = "update") -> CandidateTask:
    """Return the task with step sizes that fall and rise again."""
    step_sizes = np.array([0.03, 0.01, 0.002], dtype=task.problem.X.dtype)
    return replace(task, method=replace(task.method, step_sizes=step_sizes, scales=scales))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
@pytest.mark.parametrize("method", METHODS)
def test_scheduled_sgd_follows_the_buffer_recurrence(
    make_task: TaskMaker, method: str, implementation: str, dtype: str
) -> None:
    """β₊ = β − η_k b₊ with the learning rate set before every step, in each of torch's three implementations."""
    task = scheduled(make_task(method, model="linear", dtype=dtype))
    run = sgd_runs(batch_of([task]), list(task.steps), implementation)
    assert np.max(np.abs(run()["beta"][:, 0].numpy() - buffer_recurrence(task))) <= NEAR[dtype]


@pytest.mark.parametrize("method", ["heavy_ball", "nesterov_lookahead"])
def test_scheduled_sgd_is_far_from_the_step_size_inside_the_momentum(
    make_task: TaskMaker, method: str
) -> None:
    """The planted fault: what `eager` does where the gradient is scaled is not torch's."""
    task = make_task(method, model="linear")
    inside = eager.together([scheduled(task, "gradient")])[0]["beta"]
    assert np.max(np.abs(inside - buffer_recurrence(scheduled(task)))) > 1000 * NEAR["float64"]


def test_sgd_refuses_a_schedule_of_the_gradient(make_task: TaskMaker) -> None:
    """Its learning rate is outside the buffer, whatever is asked."""
    with pytest.raises(TaskError, match="scales the `gradient`; this runs schedules that scale the `update`"):
        run_sgd(scheduled(make_task(), "gradient"))


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("method", METHODS)
def test_sgd_agrees_with_the_trainer(make_task: TaskMaker, method: str, model: str) -> None:
    """Buffer form and velocity form are one trajectory up to rounding, over batches and from p0 too."""
    batches = () if model == "scalar_product" else ((0, 1), (2, 3))
    task = make_task(method, model=model, batches=batches, momentum_at_start=0.25)
    sgd, trainer = run_sgd(task), train([task])[0]
    assert max(np.max(np.abs(sgd[name] - trainer[name])) for name in sgd) <= NEAR["float64"]


@pytest.mark.parametrize("fault", ["dampening", "weight_decay", "maximize", "lr", "nesterov"])
def test_recurrence_check_catches_another_sgd(
    make_task: TaskMaker, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """SGD with one argument changed is far from the recurrence."""
    task = make_task("heavy_ball", model="linear")
    plain = torch.optim.SGD
    changes = {"dampening": 0.1, "weight_decay": 0.01, "maximize": True, "lr": 0.0301, "nesterov": True}
    changed = {fault: changes[fault]}
    monkeypatch.setattr(torch.optim, "SGD", lambda params, **given: plain(params, **{**given, **changed}))
    assert np.max(np.abs(run_sgd(task)["beta"] - buffer_recurrence(task))) > 1000 * NEAR["float64"]


def test_sgd_lookahead_without_momentum_is_gradient_descent(make_task: TaskMaker) -> None:
    """At μ = 0, where torch refuses nesterov=True, the look-ahead sequence is gradient descent."""
    lookahead, descent = (run_sgd(make_task(m, mu=0.0)) for m in ("nesterov_lookahead", "gradient_descent"))
    assert np.array_equal(lookahead["u"], descent["u"])


def test_sgd_records_no_momentum(make_task: TaskMaker) -> None:
    """Torch holds b, and −η b is a rounding of p, so no `p_<name>` is handed back."""
    assert set(run_sgd(make_task())) == {"u", "v", "theta", "loss"}


def test_sgd_refuses_plain_nesterov(make_task: TaskMaker) -> None:
    """Nesterov=True holds the look-ahead sequence; the plain one is refused with the choices."""
    with pytest.raises(TaskError, match=r"'nesterov'; choose one of .*`nesterov_lookahead`"):
        run_sgd(make_task("nesterov"))
