"""Velocity form in Numba, loops over single numbers; neither reordered nor fused: `fastmath` is off.

p ← μ p − η ∇L,  w ← w + p
"""

from __future__ import annotations

from functools import cache
from itertools import count
from typing import Any

import numpy as np

from lightning_runs.implementations.implementation import States, initial_momenta, samples_of, step_sizes_of
from lightning_runs.tasks import METHODS
from oracle.records.candidate import Array, CandidateTask

__all__ = ["states"]

MODELS = ("linear", "diagonal", "hadamard", "scalar_product")


def states(task: CandidateTask) -> States:
    """Yield parameters and momenta."""
    names = list(task.problem.init)
    w, p = np.stack(list(task.problem.init.values())), np.stack(list(initial_momenta(task).values()))
    etas, cycle = step_sizes_of(task), samples_of(task)
    mu = 0 * etas[0] if task.method.name == "gradient_descent" else task.method.momentum
    kind = METHODS.index(task.method.name), min(MODELS.index(task.problem.model), 2)
    if task.method.name == "nesterov_lookahead":
        w = w + mu * p
    step = _compiled()
    for k in count():
        samples, eta = cycle[k % len(cycle)], etas[k % len(etas)]
        yield {n: part.copy() for n, part in zip([*names, *(f"p_{n}" for n in names)], [*w, *p], strict=True)}
        scale = w.dtype.type(samples.power / samples.count)
        # copies, so that one layout is compiled for and no other
        step(*kind, w, p, samples.X.copy(), samples.y.copy(), (eta, mu, scale, w.dtype.type(2)))


@cache
def _compiled() -> Any:
    """Return the step as machine code."""
    import numba  # noqa: PLC0415 - on use: it takes a second

    return numba.njit(_step, fastmath=False)


def _step(  # noqa: PLR0912, PLR0913, PLR0917 - machine code takes arrays and numbers, and calls nothing
    method: int, model: int, w: Array, p: Array, X: Array, y: Array, numbers: Any
) -> None:
    """Make one step in place; methods and models by their position in the tables."""
    eta, mu, scale, two = numbers
    n, d = X.shape
    at, theta, g = w.copy(), np.zeros(d, y.dtype), np.zeros(d, y.dtype)
    if method == 2:  # nesterov
        for i in range(w.shape[0]):
            for j in range(d):
                at[i, j] = w[i, j] + mu * p[i, j]
    for j in range(d):
        if model == 0:
            theta[j] = at[0, j]
        elif model == 1:
            theta[j] = at[0, j] * at[0, j] - at[1, j] * at[1, j]
        else:
            theta[j] = at[0, j] * at[1, j]
    for i in range(n):
        r = -y[i]
        for j in range(d):
            r += X[i, j] * theta[j]
        r *= scale
        for j in range(d):
            g[j] += X[i, j] * r
    for i in range(w.shape[0]):
        for j in range(d):
            if model == 0:
                down = eta * g[j]
            elif model == 1:
                down = eta * (two * at[i, j] * g[j])
                down = down if i == 0 else -down
            else:
                down = eta * (at[1 - i, j] * g[j])
            p[i, j] = mu * p[i, j] - down
            if method == 3:  # nesterov_lookahead
                w[i, j] = w[i, j] + mu * p[i, j] - down
            else:
                w[i, j] = w[i, j] + p[i, j]
