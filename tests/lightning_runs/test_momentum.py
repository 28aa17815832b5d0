"""Autograd's update: bit for bit the written recurrence where arithmetic is elementwise, and no other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("pytorch_lightning")

from torch import Tensor

from lightning_runs.momentum import Momentum
from lightning_runs.trainer import TrainerSettings, train
from oracle.records.candidate import CandidateTask

AUTOGRAD = TrainerSettings(kernel="autograd")
METHODS = ("gradient_descent", "heavy_ball", "nesterov", "nesterov_lookahead")


def scalar_recurrence(task: CandidateTask) -> dict[str, Any]:
    """Return a1, a2 and their momenta, step by step, each operation rounded to the dtype once."""
    (x,), (y,) = task.problem.X[0], task.problem.y
    eta, mu, name = task.method.step_size, task.method.momentum, task.method.name
    beta = np.array([task.problem.init["a1"][0], task.problem.init["a2"][0]])
    p = np.array([task.method.p0[name][0] for name in ("a1", "a2")]) if task.method.p0 else 0 * beta
    beta = beta + mu * p if name == "nesterov_lookahead" else beta
    rows = [(*beta, *p)]
    for _ in range(max(task.steps)):
        at = beta + mu * p if name == "nesterov" else beta
        descent = eta * (x * (at[0] * at[1] * x - y) * at[::-1])
        p = -descent if name == "gradient_descent" else mu * p - descent
        beta = beta + mu * p - descent if name == "nesterov_lookahead" else beta + p
        rows.append((*beta, *p))
    return dict(zip(("a1", "a2", "p_a1", "p_a2"), np.array(rows).T, strict=True))


def agrees_to_the_bit(arrays: dict[str, Any], task: CandidateTask) -> bool:
    """Tell whether parameters and momenta equal the written recurrence in every bit."""
    expected = scalar_recurrence(task)
    return all(np.array_equal(arrays[name][:, 0], column) for name, column in expected.items())


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("momentum_at_start", [0.0, 0.5])
@pytest.mark.parametrize("method", METHODS)
def test_update_is_the_recurrence_to_the_bit_for_one_sample(
    make_task: Callable[..., CandidateTask], method: str, momentum_at_start: float, dtype: str
) -> None:
    """With n = d = 1 nothing is summed: p₊ = μp − ηg and its kin hold in every bit, p0 included."""
    task = make_task(
        method,
        model="scalar_product",
        loss="half_sum_square",
        dtype=dtype,
        momentum_at_start=momentum_at_start,
    )
    assert agrees_to_the_bit(train([task], AUTOGRAD)[0], task)


def test_update_of_mixed_methods_is_each_alone_to_the_bit(make_task: Callable[..., CandidateTask]) -> None:
    """Methods, η, μ and starts of one batch do not touch each other where arithmetic is elementwise."""
    tasks = [
        make_task(method, model="scalar_product", eta=eta, mu=mu, seed=seed, momentum_at_start=0.25)
        for seed, (method, eta, mu) in enumerate(
            (method, eta, mu) for method in METHODS for eta, mu in ((0.01, 0.95), (0.05, 0.5))
        )
    ]
    together = train(tasks, AUTOGRAD)
    alone = [train([task], AUTOGRAD)[0] for task in tasks]
    assert all(
        np.array_equal(one[name], other[name])
        for one, other in zip(together, alone, strict=True)
        for name in one
    )


def stale_gradient(update: Momentum, parameter: Tensor, gradient: Tensor) -> None:
    """Use the gradient of the step before."""
    state = update.state[parameter]
    update_as_it_is(update, parameter, state.get("before", gradient))
    state["before"] = gradient.clone()


def dampened(update: Momentum, parameter: Tensor, gradient: Tensor) -> None:
    """Scale the gradient by 1 − μ."""
    update_as_it_is(update, parameter, (1 - update.coefficients.momentum) * gradient)


def momentum_after_the_move(update: Momentum, parameter: Tensor, gradient: Tensor) -> None:
    """Move by the old momentum, then renew it."""
    parameter.add_(update.momentum_of(parameter))
    update.momentum_of(parameter).mul_(update.coefficients.momentum).sub_(
        update.coefficients.step_size * gradient
    )


update_as_it_is = Momentum._update


@pytest.mark.parametrize("fault", [stale_gradient, dampened, momentum_after_the_move])
def test_bitwise_check_catches_an_altered_update(
    make_task: Callable[..., CandidateTask], monkeypatch: pytest.MonkeyPatch, fault: Callable[..., None]
) -> None:
    """Planted faults of the update do not pass for the recurrence."""
    task = make_task("heavy_ball", model="scalar_product", loss="half_sum_square")
    monkeypatch.setattr(Momentum, "_update", fault)
    assert not agrees_to_the_bit(train([task], AUTOGRAD)[0], task)


@pytest.mark.parametrize("method", METHODS)
def test_other_methods_do_not_pass_for_the_one_asked(
    make_task: Callable[..., CandidateTask], method: str
) -> None:
    """Each method differs from every other in some bit, so the bitwise check tells them apart."""
    task = make_task(method, model="scalar_product", loss="half_sum_square")
    others = [
        make_task(other, model="scalar_product", loss="half_sum_square")
        for other in METHODS
        if other != method
    ]
    arrays = train([task], AUTOGRAD)[0]
    assert not any(agrees_to_the_bit(arrays, other) for other in others)
