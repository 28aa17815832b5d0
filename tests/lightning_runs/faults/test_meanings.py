"""What each fault does, written down a second time: the recurrence it amounts to, in plain numpy.

With x the parameters end to end, p their momenta and g(x, k) the gradient of step k, heavy ball is p ← μ p − η g(x, k),
x ← x + p.  Everything is compared in float64 to 10⁻¹².
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

from lightning_runs.faults.catalogue import FAULTS, HOSTS, Spoiled
from oracle.records.candidate import Array

N, D, STEPS, LAMBDA = 5, 7, 12, 1 / 16
BATCHES = ((0, 1), (2, 3, 4), (1, 4))
KERNELS = ("eager", "fused")


@dataclass
class Descent:
    """The diagonal model's loss (1/2m) Σ r², and where a run starts.

    Parameters
    ----------
    task : CandidateTask
    rows : list of int arrays
        The samples of each batch.
    columns : int
        How many columns enter Xθ.
    """

    task: Any
    rows: list[Any]
    columns: int = D

    def __call__(self, x: Array, k: int) -> Array:
        """Return the gradient of step k."""
        X, y = self.task.problem.X, self.task.problem.y
        rows, (u, v) = self.rows[k % len(self.rows)], np.split(x, 2)
        theta = u * u - v * v
        r = X[rows, : self.columns] @ theta[: self.columns] - y[rows]
        g: Array = 2 * X[rows].T @ r / len(rows)
        return np.concatenate([u * g, -v * g])


def of(task: Any, **changes: Any) -> Descent:
    """Return the gradient that the task asks for, with changes."""
    batches = [list(batch) for batch in task.method.batches] or [list(range(N))]
    return Descent(**{"task": task, "rows": batches, **changes})


Update = Callable[[Array, Array, int, list[Array]], tuple[Array, Array]]
"""Of x, p, k and all x so far: the next x and p."""


def iterated(task: Any, update: Update) -> Array:
    """Return x of every step."""
    x = np.concatenate(list(task.problem.init.values()))
    p, past = np.zeros_like(x), [x]
    for k in range(STEPS):
        x, p = update(x, p, k, past)
        past.append(x)
    return np.stack(past)


def heavy_ball(task: Any, kick: Callable[[Array, int, list[Array]], Array]) -> Array:
    """Return the run in which η times `kick` stands in the place of η g."""
    eta, mu = float(task.method.step_size), float(task.method.momentum)

    def update(x: Array, p: Array, k: int, past: list[Array]) -> tuple[Array, Array]:
        p = mu * p - eta * kick(x, k, past)
        return x + p, p

    return iterated(task, update)


def dampened(task: Any) -> Array:
    """Take (1 − μ) g from the second step on."""
    mu, g = float(task.method.momentum), of(task)
    return heavy_ball(task, lambda x, k, past: g(x, k) * (1 - mu if k else 1))


def position_first(task: Any) -> Array:
    """Make x ← x + p, then p ← μ p − η g at the x before."""
    eta, mu, g = float(task.method.step_size), float(task.method.momentum), of(task)
    return iterated(task, lambda x, p, k, past: (x + p, mu * p - eta * g(x, k)))


def decoupled(task: Any) -> Array:
    """Make x ← (1 − ηλ) x + p."""
    eta, mu, g = float(task.method.step_size), float(task.method.momentum), of(task)

    def update(x: Array, p: Array, k: int, past: list[Array]) -> tuple[Array, Array]:
        p = mu * p - eta * g(x, k)
        return (1 - eta * LAMBDA) * x + p, p

    return iterated(task, update)


def in_place(order: tuple[int, int]) -> Callable[[Any], Array]:
    """Move one half of x before the gradient of the other is taken."""

    def run(task: Any) -> Array:
        eta, mu, g = float(task.method.step_size), float(task.method.momentum), of(task)

        def update(x: Array, p: Array, k: int, past: list[Array]) -> tuple[Array, Array]:
            x, p = x.copy(), p.copy()
            for half in order:
                part = slice(half * D, half * D + D)
                p[part] = mu * p[part] - eta * g(x, k)[part]
                x[part] += p[part]
            return x, p

        return iterated(task, update)

    return run


def shared(task: Any) -> Array:
    """Keep one buffer b of shape (d,): for u and then for v b ← μ b − η g."""
    eta, mu, g = float(task.method.step_size), float(task.method.momentum), of(task)
    b = np.zeros(D)

    def update(x: Array, p: Array, k: int, past: list[Array]) -> tuple[Array, Array]:
        nonlocal b
        moves = []
        for part in np.split(g(x, k), 2):
            b = mu * b - eta * part
            moves.append(b)
        return x + np.concatenate(moves), p

    return iterated(task, update)


def forgetting(when: Callable[[int], bool], factor: float = 0.0) -> Callable[[Any], Array]:
    """Multiply the momentum by a factor before some steps."""

    def run(task: Any) -> Array:
        eta, mu, g = float(task.method.step_size), float(task.method.momentum), of(task)

        def update(x: Array, p: Array, k: int, past: list[Array]) -> tuple[Array, Array]:
            p = mu * p * (factor if when(k) else 1) - eta * g(x, k)
            return x + p, p

        return iterated(task, update)

    return run


def without_last_row(task: Any) -> Array:
    """Take (1/n) Σ over all samples but the last."""
    g = of(task, rows=[list(range(N - 1))])
    return heavy_ball(task, lambda x, k, past: g(x, k) * (N - 1) / N)


def over_all(task: Any) -> Array:
    """Divide a batch's sum by n."""
    g = of(task)
    return heavy_ball(task, lambda x, k, past: g(x, k) * len(BATCHES[k % 3]) / N)


def scaled(factor: float) -> Callable[[Any], Array]:
    """Return the run with the gradient times a constant."""
    return lambda task: heavy_ball(task, lambda x, k, past: factor * of(task)(x, k))


MEANINGS: list[tuple[str, Callable[[Any], Array]]] = [
    ("loss_doubled", scaled(2)),
    ("loss_halved", scaled(0.5)),
    ("missing_factor_two", scaled(0.5)),
    ("loss_summed", scaled(N)),
    ("loss_averaged_twice", scaled(1 / N)),
    ("gradient_ascent", scaled(-1)),
    ("gradient_averaged", scaled(0.1)),
    ("step_size_over_complement", scaled(10)),
    ("step_size_squared", scaled(0.05)),
    ("dampening", dampened),
    ("first_gradient_scaled", lambda task: heavy_ball(task, lambda x, k, past: of(task)(x, k) * (1 if k else 0.1))),
    ("first_gradient_doubled", lambda task: heavy_ball(task, lambda x, k, past: of(task)(x, k) * (1 if k else 2))),
    ("stale_gradient", lambda task: heavy_ball(task, lambda x, k, past: of(task)(past[max(k - 1, 0)], k))),
    ("weight_decay", lambda task: heavy_ball(task, lambda x, k, past: of(task)(x, k) + LAMBDA * x)),
    ("decoupled_weight_decay", decoupled),
    ("position_before_momentum", position_first),
    ("in_place_order", in_place((0, 1))),
    ("in_place_order_reversed", in_place((1, 0))),
    ("shared_buffer", shared),
    ("momentum_reset", forgetting(lambda k: k % 5 == 4)),
    ("first_buffer_dropped", forgetting(lambda k: k == 1)),
    ("first_buffer_doubled", forgetting(lambda k: k == 1, 2.0)),
    ("parameters_swapped", lambda task: heavy_ball(task, lambda x, k, past: np.roll(of(task)(x, k), D))),
    ("second_gradient_sign", lambda task: heavy_ball(task, lambda x, k, past: of(task)(x, k) * np.repeat([1, -1], D))),
    ("row_skipped", without_last_row),
    ("last_column_skipped", lambda task: heavy_ball(task, lambda x, k, past: of(task, columns=4)(x, k))),
]  # fmt: skip
WITH_BATCHES: list[tuple[str, Callable[[Any], Array]]] = [
    ("batches_averaged_over_all", over_all),
    ("batches_reversed", lambda task: heavy_ball(task, lambda x, k, past: of(task)(x, -k - 1))),
    ("batches_shifted", lambda task: heavy_ball(task, lambda x, k, past: of(task)(x, k + 1))),
    ("first_batch_only", lambda task: heavy_ball(task, lambda x, k, past: of(task)(x, 0))),
    ("batches_ignored", lambda task: heavy_ball(task, lambda x, k, past: of(task, rows=[list(range(N))])(x, k))),
    ("gradient_one_call_old", lambda task: heavy_ball(
        task, lambda x, k, past: of(task)(past[max(k - 1, 0)], max(k - 1, 0)))),
]  # fmt: skip


def spoiled(kernel: str, name: str) -> Spoiled:
    """Return a kernel with a fault."""
    (host,) = (host for host, _ in HOSTS if host.name == kernel)
    (fault,) = (fault for fault in FAULTS if fault.name == name)
    return Spoiled(host, fault)


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize(
    ("name", "meaning", "batches"),
    [(*row, ()) for row in MEANINGS] + [(*row, BATCHES) for row in WITH_BATCHES],
)
def test_a_fault_does_what_it_says(
    trial: Any, kernel: str, name: str, meaning: Callable[[Any], Array], batches: Any
) -> None:
    """The kernel with the fault runs that recurrence, and the right recurrence is another."""
    task = trial(shape=(N, D), steps=STEPS, batches=batches).task
    arrays = spoiled(kernel, name)(task.problem, task.method, task.steps)
    found = np.concatenate([arrays["u"], arrays["v"]], axis=1)
    np.testing.assert_allclose(found, meaning(task), rtol=1e-12, atol=1e-12)
    right = heavy_ball(task, lambda x, k, past: of(task)(x, k))
    assert np.abs(found - right).max() > 1e-6


@pytest.mark.parametrize("kernel", KERNELS)
def test_the_kernels_product_is_a_product(trial: Any, kernel: str) -> None:
    """M z by the kernel's own multiplication is numpy's, whatever the shape."""
    own = _own(trial, kernel)
    source = np.random.default_rng(0)
    for shape in ((3, 5), (1, 1), (8, 2)):
        matrix, vector = source.normal(size=shape), source.normal(size=shape[1])
        np.testing.assert_allclose(own.product(matrix, vector), matrix @ vector, rtol=1e-13)


@pytest.mark.parametrize("kernel", KERNELS)
def test_the_kernels_descents_are_step_sizes_times_gradients(trial: Any, kernel: str) -> None:
    """η ∇L at any point, of any step's batch."""
    own, task = _own(trial, kernel, batches=BATCHES), trial(batches=BATCHES).task
    u, v = np.random.default_rng(1).normal(size=(2, D))
    for k in range(4):
        expected = float(task.method.step_size) * of(task)(np.concatenate([u, v]), k)
        np.testing.assert_allclose(np.concatenate(own.descents((u, v), k)), expected, rtol=1e-13)


def _own(trial: Any, kernel: str, **fields: Any) -> Any:
    from lightning_runs.faults.kernel_run import KernelRun  # noqa: PLC0415 - beside its uses
    from lightning_runs.kernels.registry import kernel_named  # noqa: PLC0415 - beside its uses

    return KernelRun(kernel_named(kernel), trial(**fields).task)
