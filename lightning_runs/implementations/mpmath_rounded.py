"""Velocity form in mpmath, each operation rounded correctly to as many bits as the dtype has.

p ← μ p − η ∇L,  w ← w + p

Exponents are not limited, so that nothing under- or overflows before it is recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import count
from typing import Any

import numpy as np

from lightning_runs.implementations.formats import bits_of
from lightning_runs.implementations.implementation import States, initial_momenta, samples_of, step_sizes_of
from oracle.records.candidate import Array, CandidateTask

__all__ = ["states"]

Numbers = list[Any]


def states(task: CandidateTask) -> States:
    """Yield parameters and momenta."""
    arithmetic = _arithmetic(bits_of(task.problem.dtype or task.problem.X.dtype.name))
    number, dtype, name = arithmetic.mpf, task.problem.X.dtype, task.method.name
    names, momenta = list(task.problem.init), initial_momenta(task)
    etas = _vector(number, step_sizes_of(task))
    mu = number(0 if name == "gradient_descent" else float(task.method.momentum))
    cycle = [
        (_matrix(number, s.X), _vector(number, s.y), number(s.power) / s.count) for s in samples_of(task)
    ]
    w, p = ([_vector(number, parts[n]) for n in names] for parts in (task.problem.init, momenta))
    if name == "nesterov_lookahead":
        w = [_plus(a, mu, b) for a, b in zip(w, p, strict=True)]
    for k in count():
        held = [*w, *p]
        yield {
            n: np.array([float(x) for x in part]).astype(dtype)
            for n, part in zip([*names, *(f"p_{n}" for n in names)], held, strict=True)
        }
        at = [_plus(a, mu, b) for a, b in zip(w, p, strict=True)] if name == "nesterov" else w
        down = [
            [etas[k % len(etas)] * g for g in part]
            for part in _gradient(task.problem.model, at, *cycle[k % len(cycle)])
        ]
        p = [[mu * b - d for b, d in zip(*pair, strict=True)] for pair in zip(p, down, strict=True)]
        if name == "nesterov_lookahead":
            w = [_minus(_plus(a, mu, b), d) for a, b, d in zip(w, p, down, strict=True)]
        else:
            w = [[a + b for a, b in zip(*pair, strict=True)] for pair in zip(w, p, strict=True)]


@cache
def _arithmetic(bits: int) -> Any:
    """Return mpmath with so many bits, apart from everybody else's."""
    import mpmath  # noqa: PLC0415 - on use

    context = mpmath.MPContext()
    context.prec = bits
    return context


def _vector(number: Any, values: Array) -> Numbers:
    return [number(float(value)) for value in values]


def _matrix(number: Any, rows: Array) -> list[Numbers]:
    return [_vector(number, row) for row in rows]


def _plus(left: Numbers, factor: Any, right: Numbers) -> Numbers:
    return [a + factor * b for a, b in zip(left, right, strict=True)]


def _minus(left: Numbers, right: Numbers) -> Numbers:
    return [a - b for a, b in zip(left, right, strict=True)]


def _dot(left: Sequence[Any], right: Sequence[Any]) -> Any:
    """Return the sum of products, each of them and each sum rounded."""
    total = left[0] * right[0]
    for a, b in zip(left[1:], right[1:], strict=True):
        total += a * b
    return total


def _gradient(model: str, w: list[Numbers], X: list[Numbers], y: Numbers, scale: Any) -> list[Numbers]:
    """Return ∇L by parameter; the constant of the loss is applied to r."""
    theta = w[0] if model == "linear" else [a * b for a, b in zip(*w, strict=True)]
    if model == "diagonal":
        theta = [u * u - v * v for u, v in zip(*w, strict=True)]
    r = [(_dot(row, theta) - target) * scale for row, target in zip(X, y, strict=True)]
    g = [_dot(column, r) for column in zip(*X, strict=True)]
    if model == "linear":
        return [g]
    first, last = ([a * b for a, b in zip(part, g, strict=True)] for part in w)
    return [[a + a for a in first], [-(b + b) for b in last]] if model == "diagonal" else [last, first]
