"""Velocity form in numpy, products by its `@`; θ and the loss are recorded too.

p ← μ p − η ∇L,  w ← w + p
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
    """Yield parameters, momenta, θ and loss."""
    method, model, names = task.method, task.problem.model, list(task.problem.init)
    ahead, holds_ahead = method.name == "nesterov", method.name == "nesterov_lookahead"
    etas, mu = step_sizes_of(task), method.momentum * (method.name != "gradient_descent")
    w, p = np.stack(list(task.problem.init.values())), np.stack(list(initial_momenta(task).values()))
    w, cycle = w + mu * p if holds_ahead and p.any() else w, samples_of(task)
    for k in count():
        yield {**dict(zip(names, w, strict=True)), **_momenta(names, p), **_observed(task, w)}
        descent = etas[k % len(etas)] * gradient(model, w + mu * p if ahead else w, cycle[k % len(cycle)])
        p = mu * p - descent
        w = w + mu * p - descent if holds_ahead else w + p


def gradient(model: str, w: Array, samples: Samples) -> Array:
    """Return ∇L of the parameters, both of shape (parameters, d)."""
    number = w.dtype.type
    r = samples.X @ theta_of(model, w) - samples.y
    g = samples.X.T @ r * number(samples.power / samples.count)
    if model == "linear":
        return np.stack([g])
    if model == "diagonal":
        return np.stack([2 * w[0] * g, -2 * w[1] * g])
    return np.stack([w[1] * g, w[0] * g])


def theta_of(model: str, w: Array) -> Array:
    """Return θ, shape (d,)."""
    theta: Array = w[0] if model == "linear" else w[0] * w[-1]
    return w[0] ** 2 - w[1] ** 2 if model == "diagonal" else theta


def _momenta(names: list[str], p: Array) -> dict[str, Array]:
    return {f"p_{name}": part for name, part in zip(names, p, strict=True)}


def _observed(task: CandidateTask, w: Array) -> dict[str, Array]:
    """Return θ, where the model shows it, and the loss over all samples."""
    problem, theta = task.problem, theta_of(task.problem.model, w)
    r = problem.X @ theta - problem.y
    factor = (0.5 if problem.loss.startswith("half") else 1.0) / (len(r) if "mean" in problem.loss else 1)
    loss = np.asarray(r @ r * w.dtype.type(factor))
    return {"loss": loss} if problem.model == "scalar_product" else {"theta": theta, "loss": loss}
