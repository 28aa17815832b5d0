"""Position form in numpy, sums by halves: Polyak's heavy ball as he wrote it, with two positions and no momentum.

β₊ = β + μ(β − β₋) − η ∇L(β)
Nesterov: y = β + μ(β − β₋),  β₊ = y − η ∇L(y);  the look-ahead sequence records y.
"""

from __future__ import annotations

from itertools import count

import numpy as np

from lightning_runs.implementations.implementation import (
    Samples,
    States,
    initial_momenta,
    samples_of,
    step_sizes_of,
)
from oracle.records.candidate import Array, CandidateTask

__all__ = ["states"]

Parts = tuple[Array, ...]


def states(task: CandidateTask) -> States:
    """Yield the parameters."""
    name, names, cycle = task.method.name, list(task.problem.init), samples_of(task)
    etas = step_sizes_of(task)
    mu = 0 * etas[0] if name == "gradient_descent" else task.method.momentum
    now, p0 = tuple(task.problem.init.values()), tuple(initial_momenta(task).values())
    before = tuple(beta - p for beta, p in zip(now, p0, strict=True))
    ahead = tuple(beta + mu * p for beta, p in zip(now, p0, strict=True))
    for k in count():
        yield dict(zip(names, ahead if name == "nesterov_lookahead" else now, strict=True))
        samples, eta = cycle[k % len(cycle)], etas[k % len(etas)]
        if name in ("gradient_descent", "heavy_ball"):
            down = _gradient(task.problem.model, now, samples)
            moved = tuple(b + (mu * (b - a) - eta * g) for a, b, g in zip(before, now, down, strict=True))
        else:
            down = _gradient(task.problem.model, ahead, samples)
            moved = tuple(y - eta * g for y, g in zip(ahead, down, strict=True))
        before, now = now, moved
        ahead = tuple(b + mu * (b - a) for a, b in zip(before, now, strict=True))


def _gradient(model: str, w: Parts, samples: Samples) -> Parts:
    """Return ∇L by parameter; X is divided by the number of samples once for the product with r."""
    X, y = samples.X, samples.y
    theta = w[0] if model == "linear" else w[0] * w[-1]
    if model == "diagonal":
        theta = np.square(w[0]) - np.square(w[1])
    r = _by_halves(X * theta) - y
    g = _by_halves((X / X.dtype.type(samples.count)).T * r) * samples.power
    if model == "linear":
        return (g,)
    return (g * (2 * w[0]), -(g * (2 * w[1]))) if model == "diagonal" else (g * w[1], g * w[0])


def _by_halves(terms: Array) -> Array:
    """Sum over the last axis: the first half and the last half, each likewise."""
    m = terms.shape[-1]
    if m == 1:
        only: Array = terms[..., 0]
        return only
    return _by_halves(terms[..., : m // 2]) + _by_halves(terms[..., m // 2 :])
