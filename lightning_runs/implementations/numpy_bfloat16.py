"""bfloat16 in numpy: every operation in float32 and rounded at once, sums of products kept in float32 to their end.

Velocity form: p ← μ p − η ∇L,  w ← w + p
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import numpy as np

from lightning_runs.implementations.formats import rounded
from lightning_runs.implementations.implementation import (
    Samples,
    States,
    initial_momenta,
    samples_of,
    step_sizes_of,
)
from oracle.records.candidate import Array, CandidateTask

__all__ = ["states"]


def states(task: CandidateTask) -> States:
    """Yield parameters and momenta, bfloat16 numbers in float32."""
    name, names, cycle = task.method.name, list(task.problem.init), samples_of(task)
    etas = step_sizes_of(task)
    mu = np.array(0 if name == "gradient_descent" else task.method.momentum, np.float32)
    w, p = np.stack(list(task.problem.init.values())), np.stack(list(initial_momenta(task).values()))
    w = _add(w, _times(mu, p)) if name == "nesterov_lookahead" else w
    for k in count():
        yield {**dict(zip(names, w, strict=True)), **{f"p_{n}": b for n, b in zip(names, p, strict=True)}}
        at = _add(w, _times(mu, p)) if name == "nesterov" else w
        down = _times(etas[k % len(etas)], _gradient(task.problem.model, at, cycle[k % len(cycle)]))
        p = _add(_times(mu, p), -down)
        w = _add(_add(w, _times(mu, p)), -down) if name == "nesterov_lookahead" else _add(w, p)


def _gradient(model: str, w: Array, samples: Samples) -> Array:
    """Return ∇L, shape (parameters, d)."""
    theta = _theta(model, w)
    r = _add(_bfloat16(samples.X @ theta), -samples.y)
    scale = _bfloat16(np.array(samples.power / samples.count, np.float32))
    g = _times(scale, _bfloat16(samples.X.T @ r))
    if model == "linear":
        return g[None]
    if model == "diagonal":
        return np.stack([2 * _times(w[0], g), -2 * _times(w[1], g)])
    return np.stack([_times(w[1], g), _times(w[0], g)])


def _theta(model: str, w: Array) -> Array:
    if model == "diagonal":
        return _add(_times(w[0], w[0]), -_times(w[1], w[1]))
    return w[0] if model == "linear" else _times(w[0], w[1])


def _bfloat16(values: Array) -> Array:
    return rounded(values, "bfloat16")


def _operation(operation: Callable[[Array, Array], Array]) -> Callable[[Array, Array], Array]:
    return lambda left, right: _bfloat16(operation(left, right))


_add, _times = _operation(np.add), _operation(np.multiply)
