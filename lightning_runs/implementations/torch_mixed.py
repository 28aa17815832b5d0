"""Mixed precision in torch: parameters and buffer are bfloat16 tensors, and every step is computed in float32.

Buffer form; the parameters move by the buffer before it is rounded.
"""

from __future__ import annotations

from itertools import count

import torch
from torch import Tensor

from lightning_runs.implementations.implementation import States, initial_momenta, samples_of, step_sizes_of
from lightning_runs.plain_torch import plain_torch
from oracle.records.candidate import CandidateTask

__all__ = ["states"]


def states(task: CandidateTask) -> States:
    """Yield the parameters, bfloat16 numbers in float32."""
    name, etas, mu = task.method.name, step_sizes_of(task).tolist(), float(task.method.momentum)
    cycle = [(torch.tensor(s.X), torch.tensor(s.y), s.power / s.count) for s in samples_of(task)]
    p0 = [torch.tensor(p) for p in initial_momenta(task).values()]
    w = [torch.tensor(start).bfloat16() for start in task.problem.init.values()]
    if name == "nesterov_lookahead":
        w = [(part.float() + mu * p).bfloat16() for part, p in zip(w, p0, strict=True)]
    b = [(-p / etas[0]).bfloat16() for p in p0]
    for k in count():
        yield {n: part.float().numpy() for n, part in zip(task.problem.init, w, strict=True)}
        eta = etas[k % len(etas)]
        with plain_torch(1):
            at = [part.float() for part in w]
            if name == "nesterov":
                at = [part - eta * mu * old.float() for part, old in zip(at, b, strict=True)]
            g = _gradients(task.problem.model, at, *cycle[k % len(cycle)])
            kept = 0.0 if name == "gradient_descent" else mu
            buffers = [kept * old.float() + down for old, down in zip(b, g, strict=True)]
            kicks = buffers
            if name == "nesterov_lookahead":
                kicks = [down + mu * buffer for down, buffer in zip(g, buffers, strict=True)]
            w = [(part.float() - eta * kick).bfloat16() for part, kick in zip(w, kicks, strict=True)]
            b = [buffer.bfloat16() for buffer in buffers]


def _gradients(model: str, w: list[Tensor], X: Tensor, y: Tensor, scale: float) -> list[Tensor]:
    """Return ∇L by parameter, by autograd."""
    leaves = [part.detach().requires_grad_() for part in w]
    theta = leaves[0] if model == "linear" else leaves[0] * leaves[1]
    if model == "diagonal":
        theta = leaves[0] ** 2 - leaves[1] ** 2
    loss = scale * (torch.mv(X, theta) - y).square().sum() / 2
    return list(torch.autograd.grad(loss, leaves))
