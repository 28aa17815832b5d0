"""torch's buffer form in numpy, sums one term after the other from the last to the first, starting from −y.

b ← μ b + ∇L,  w ← w − η b

Nesterov's gradient is asked at w − ημ b; the look-ahead sequence is y ← y − η (∇L + μ b).
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


def states(task: CandidateTask) -> States:
    """Yield the parameters; the buffer holds no momentum, but −p/η rounded."""
    name, etas, mu = task.method.name, step_sizes_of(task), task.method.momentum
    cycle, p0 = samples_of(task), initial_momenta(task)
    w = {part: start.copy() for part, start in task.problem.init.items()}
    b = {part: -p / etas[0] for part, p in p0.items()}
    if name == "nesterov_lookahead":
        w = {part: start + mu * p0[part] for part, start in w.items()}
    for k in count():
        yield dict(w)
        eta = etas[k % len(etas)]
        at = {part: w[part] - (eta * mu) * b[part] for part in w} if name == "nesterov" else w
        g = _gradient(task.problem.model, at, cycle[k % len(cycle)])
        for part in w:
            b[part] = g[part] if name == "gradient_descent" else mu * b[part] + g[part]
            kick = g[part] + mu * b[part] if name == "nesterov_lookahead" else b[part]
            w[part] = w[part] - eta * kick


def _gradient(model: str, w: dict[str, Array], samples: Samples) -> dict[str, Array]:
    """Return ∇L by parameter; the constant of the loss is applied to r."""
    X, number, names = samples.X, samples.X.dtype.type, list(w)
    first, last = w[names[0]], w[names[-1]]
    theta = {"diagonal": first * first - last * last, "linear": first}.get(model, first * last)
    r = -samples.y
    for j in reversed(range(len(theta))):
        r = r + X[:, j] * theta[j]
    r = number(samples.power) * r / number(samples.count)
    g = np.zeros_like(theta)
    for i in reversed(range(len(r))):
        g = g + X[i] * r[i]
    if model == "linear":
        return {names[0]: g}
    if model == "diagonal":
        return {names[0]: g * first + g * first, names[1]: -(g * last) - g * last}
    return {names[0]: last * g, names[1]: first * g}
