"""Position form in torch, gradients by `torch.func.grad` of a loss that is summed in chunks of three columns.

β₊ = β + μ(β − β₋) − η ∇L, Nesterov's gradient at β + μ(β − β₋); written with one evaluation point.
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

COLUMNS = 3


def states(task: CandidateTask) -> States:
    """Yield the parameters."""
    name, names = task.method.name, list(task.problem.init)
    mu = torch.tensor(task.method.momentum * (name != "gradient_descent"))
    etas = torch.tensor(step_sizes_of(task))
    cycle = [(torch.tensor(s.X), torch.tensor(s.y), s.power / s.count) for s in samples_of(task)]
    now = torch.tensor(np.stack(list(task.problem.init.values())))
    moved = torch.tensor(np.stack(list(initial_momenta(task).values())))
    for k in count():
        ahead = now + mu * moved
        shown = ahead if name == "nesterov_lookahead" else now
        yield dict(zip(names, shown.numpy().copy(), strict=True))
        with plain_torch(1):
            at = now if name == "heavy_ball" else ahead
            down = torch.func.grad(_loss, argnums=1)(task.problem.model, at, *cycle[k % len(cycle)])
            after = ahead - etas[k % len(etas)] * down
            now, moved = after, after - now


def _loss(model: str, w: Tensor, X: Tensor, y: Tensor, scale: float) -> Tensor:
    """Return (c/2) Σ r²."""
    theta = w[0] if model == "linear" else w.prod(0)
    if model == "diagonal":
        theta = w[0].square() - w[1].square()
    parts = zip(torch.split(X, COLUMNS, dim=1), torch.split(theta, COLUMNS), strict=True)
    r = torch.stack([block @ part for block, part in parts]).sum(0) - y
    return scale / 2 * r.square().sum()
