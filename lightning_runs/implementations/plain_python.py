"""Buffer form in plain Python numbers, without numpy: float64 alone, sums from the first term to the last.

b ← μ b + ∇L,  w ← w − η b
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

import numpy as np

from lightning_runs.implementations.implementation import States, initial_momenta, samples_of, step_sizes_of
from oracle.records.candidate import CandidateTask

__all__ = ["states"]

Vector = Sequence[float]
Rows = Sequence[Vector]


def states(task: CandidateTask) -> States:
    """Yield the parameters."""
    name, names = task.method.name, list(task.problem.init)
    etas, mu = step_sizes_of(task).tolist(), float(task.method.momentum)
    cycle = [(s.X.tolist(), s.y.tolist(), s.power / s.count) for s in samples_of(task)]
    momenta = initial_momenta(task)
    w: list[Vector] = [task.problem.init[n].tolist() for n in names]
    b: list[Vector] = [[-p / etas[0] for p in momenta[n].tolist()] for n in names]
    if name == "nesterov_lookahead":
        w = [_plus(part, mu, momenta[n].tolist()) for part, n in zip(w, names, strict=True)]
    for k in count():
        yield {n: np.array(part) for n, part in zip(names, w, strict=True)}
        eta = etas[k % len(etas)]
        at = [_plus(part, -mu * eta, a) for part, a in zip(w, b, strict=True)] if name == "nesterov" else w
        g = _gradient(task.problem.model, at, *cycle[k % len(cycle)])
        b = g if name == "gradient_descent" else [_plus(down, mu, a) for down, a in zip(g, b, strict=True)]
        kick = b
        if name == "nesterov_lookahead":
            kick = [_plus(down, mu, a) for down, a in zip(g, b, strict=True)]
        w = [_plus(part, -eta, a) for part, a in zip(w, kick, strict=True)]


def _plus(left: Vector, factor: float, right: Vector) -> Vector:
    return [a + factor * b for a, b in zip(left, right, strict=True)]


def _dot(left: Vector, right: Vector) -> float:
    total = 0.0
    for a, b in zip(left, right, strict=True):
        total += a * b
    return total


def _gradient(model: str, w: Rows, X: Rows, y: Vector, scale: float) -> list[Vector]:
    """Return ∇L by parameter."""
    theta = w[0] if model == "linear" else [a * b for a, b in zip(*w, strict=True)]
    if model == "diagonal":
        theta = [u * u - v * v for u, v in zip(*w, strict=True)]
    r = [_dot(row, theta) - target for row, target in zip(X, y, strict=True)]
    g = [scale * _dot(column, r) for column in zip(*X, strict=True)]
    if model == "linear":
        return [g]
    if model == "diagonal":
        return [
            [2 * a * b for a, b in zip(w[0], g, strict=True)],
            [-2 * a * b for a, b in zip(w[1], g, strict=True)],
        ]
    return [[a * b for a, b in zip(part, g, strict=True)] for part in (w[1], w[0])]
