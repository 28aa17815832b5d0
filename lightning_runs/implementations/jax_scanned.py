"""Velocity form in JAX, `lax.scan` over sixteen steps at a time, `jax.grad` of the loss.

p ← μ p − η ∇L,  w ← w + p

Rows and columns are filled up with zeros to few different sizes, since JAX compiles anew for each: what is added is
zero, and stays zero.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import count
from typing import Any

import numpy as np

from lightning_runs.implementations.implementation import States, initial_momenta, samples_of, step_sizes_of
from lightning_runs.peers.jax_start import bits_of, start_jax
from oracle.records.candidate import Array, CandidateTask

__all__ = ["filled", "states"]

ROWS, COLUMNS, STEPS = 8, 16, 16


def states(task: CandidateTask) -> States:
    """Yield parameters and momenta."""
    name, names, d = task.method.name, list(task.problem.init), task.problem.X.shape[1]
    mu = task.method.momentum * (name != "gradient_descent")
    w = filled(np.stack(list(task.problem.init.values())), 1, COLUMNS)
    p = filled(np.stack(list(initial_momenta(task).values())), 1, COLUMNS)
    w = w + mu * p if name == "nesterov_lookahead" else w
    advance = _compiled(name, task.problem.model)
    yield _record(names, w, p, d)
    for steps in _stretches(task):
        with bits_of(w.dtype.name):
            (w, p), kept = advance((w, p), steps, mu)
        for at, momentum in zip(*(np.asarray(part) for part in kept), strict=True):
            yield _record(names, at, momentum, d)


def filled(array: Array, axis: int, multiple: int) -> Array:
    """Return an array with zeros added at the end of an axis, up to a multiple."""
    missing = [(0, -size % multiple if i == axis else 0) for i, size in enumerate(array.shape)]
    return np.pad(array, missing)


def _record(names: list[str], w: Array, p: Array, d: int) -> dict[str, Array]:
    return {n: part[:d] for n, part in zip([*names, *(f"p_{n}" for n in names)], [*w, *p], strict=True)}


def _stretches(task: CandidateTask) -> Iterator[tuple[Array, ...]]:
    """Yield X, y, c and η of sixteen steps at a time, stacked."""
    number, etas = task.problem.X.dtype.type, step_sizes_of(task)
    rows = max(len(samples.y) for samples in samples_of(task))
    rows += -rows % ROWS
    cycle = [
        (filled(filled(s.X, 0, rows), 1, COLUMNS), filled(s.y, 0, rows), number(s.power / s.count))
        for s in samples_of(task)
    ]
    for first in count(0, STEPS):
        taken = [(*cycle[k % len(cycle)], etas[k % len(etas)]) for k in range(first, first + STEPS)]
        yield tuple(np.stack(parts) for parts in zip(*taken, strict=True))


@cache
def _compiled(method: str, model: str) -> Any:
    """Return ``advance(state, steps, mu) -> (state, states)``; JAX compiles it for each shape and dtype."""
    jax = start_jax(1)

    def loss(w: Any, X: Any, y: Any, scale: Any) -> Any:
        theta = w[0] if model == "linear" else w[0] * w[-1]
        if model == "diagonal":
            theta = w[0] * w[0] - w[1] * w[1]
        r = jax.numpy.matmul(X, theta, precision=jax.lax.Precision.HIGHEST) - y
        return scale * jax.numpy.sum(r * r) / 2

    def advance(state: Any, steps: Any, mu: Any) -> Any:
        def step(state: Any, taken: Any) -> Any:
            (w, p), (X, y, scale, eta) = state, taken
            down = eta * jax.grad(loss)(w + mu * p if method == "nesterov" else w, X, y, scale)
            p = mu * p - down
            after = (w + mu * p - down if method == "nesterov_lookahead" else w + p), p
            return after, after

        return jax.lax.scan(step, state, steps)

    return jax.jit(advance)
