"""Velocity form in torch, sums by `einsum`, gradients written out.

p ← μ p − η ∇L,  w ← w + p
"""

from __future__ import annotations

from itertools import count

import numpy as np
import torch
from torch import Tensor

from lightning_runs.implementations.implementation import States, initial_momenta, samples_of, step_sizes_of
from lightning_runs.plain_torch import plain_torch
from oracle.records.candidate import CandidateTask

__all__ = ["states"]


def states(task: CandidateTask) -> States:
    """Yield parameters and momenta."""
    name, names = task.method.name, list(task.problem.init)
    etas, mu = torch.tensor(step_sizes_of(task)), task.method.momentum * (name != "gradient_descent")
    cycle = [(torch.tensor(s.X), torch.tensor(s.y), s.power / s.count) for s in samples_of(task)]
    w = torch.tensor(np.stack(list(task.problem.init.values())))
    p = torch.tensor(np.stack(list(initial_momenta(task).values())))
    momentum = torch.tensor(mu)
    w = w + momentum * p if name == "nesterov_lookahead" else w
    for k in count():
        yield {
            n: part.numpy().copy()
            for n, part in zip([*names, *(f"p_{n}" for n in names)], [*w, *p], strict=True)
        }
        with plain_torch(1), torch.no_grad():
            at = w + momentum * p if name == "nesterov" else w
            down = etas[k % len(etas)] * _gradient(task.problem.model, at, *cycle[k % len(cycle)])
            p = torch.addcmul(-down, momentum, p)
            w = w + momentum * p - down if name == "nesterov_lookahead" else w + p


def _gradient(model: str, w: Tensor, X: Tensor, y: Tensor, scale: float) -> Tensor:
    """Return ∇L, shape (parameters, d)."""
    if model == "linear":
        theta = w[0]
    else:
        sign = torch.tensor([[1.0], [-1.0]], dtype=w.dtype)
        theta = (
            torch.einsum("pj,pj->j", sign * w, w)
            if model == "diagonal"
            else torch.einsum("j,j->j", w[0], w[1])
        )
    r = torch.einsum("ij,j->i", X, theta) - y
    g = torch.einsum("i,ij->j", scale * r, X)
    if model == "linear":
        return g[None]
    if model == "diagonal":
        return torch.einsum("pj,j->pj", 2 * sign * w, g)
    return torch.einsum("pj,j->pj", w.flip(0), g)
