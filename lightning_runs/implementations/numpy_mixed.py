"""Mixed precision in numpy: all arithmetic in float32, parameters and momentum kept in bfloat16 between steps.

Velocity form; the parameters move by the momentum that is kept.
"""

from __future__ import annotations

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
    mu = np.float32(0) if name == "gradient_descent" else task.method.momentum
    w, p = np.array(list(task.problem.init.values())), np.array(list(initial_momenta(task).values()))
    w = rounded(w + mu * p, "bfloat16") if name == "nesterov_lookahead" else w
    for k in count():
        yield {**dict(zip(names, w, strict=True)), **{f"p_{n}": b for n, b in zip(names, p, strict=True)}}
        at = w + mu * p if name == "nesterov" else w
        down = etas[k % len(etas)] * _gradient(task.problem.model, at, cycle[k % len(cycle)])
        p = rounded(mu * p - down, "bfloat16")
        w = rounded(w + (mu * p - down if name == "nesterov_lookahead" else p), "bfloat16")


def _gradient(model: str, w: Array, samples: Samples) -> Array:
    """Return ∇L, shape (parameters, d), by dot products row by row."""
    theta = w[0] if model == "linear" else w[0] * w[1]
    if model == "diagonal":
        theta = w[0] * w[0] - w[1] * w[1]
    r = np.array([np.dot(row, theta) for row in samples.X]) - samples.y
    g = np.array([np.dot(column, r) for column in samples.X.T]) / np.float32(samples.count / samples.power)
    if model == "linear":
        return np.array([g])
    return (
        np.array([w[0] * g, -w[1] * g]) * np.float32(2)
        if model == "diagonal"
        else np.array([w[1] * g, w[0] * g])
    )
