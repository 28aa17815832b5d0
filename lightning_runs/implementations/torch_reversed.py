"""Buffer form in torch, sums as the last entry of a cumulative sum over the terms turned round.

b ← μ b + ∇L,  w ← w − η b, in place
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
    """Yield the parameters."""
    name, etas, mu = task.method.name, step_sizes_of(task).tolist(), float(task.method.momentum)
    cycle = [(torch.tensor(s.X), torch.tensor(s.y), s.power / s.count) for s in samples_of(task)]
    p0 = {n: torch.tensor(p) for n, p in initial_momenta(task).items()}
    w = {n: torch.tensor(start) for n, start in task.problem.init.items()}
    if name == "nesterov_lookahead":
        w = {n: part.add(p0[n], alpha=mu) for n, part in w.items()}
    b = {n: -p / etas[0] for n, p in p0.items()}
    for k in count():
        yield {n: part.numpy().copy() for n, part in w.items()}
        eta = etas[k % len(etas)]
        with plain_torch(1), torch.no_grad():
            at = {n: part.sub(b[n], alpha=eta * mu) for n, part in w.items()} if name == "nesterov" else w
            g = dict(
                zip(w, _gradients(task.problem.model, list(at.values()), *cycle[k % len(cycle)]), strict=True)
            )
            for n, part in w.items():
                b[n].mul_(0 if name == "gradient_descent" else mu).add_(g[n])
                part.sub_(g[n].add(b[n], alpha=mu) if name == "nesterov_lookahead" else b[n], alpha=eta)


def _gradients(model: str, w: list[Tensor], X: Tensor, y: Tensor, scale: float) -> list[Tensor]:
    """Return ∇L by parameter."""
    theta = {"diagonal": w[0].square() - w[-1].square(), "linear": w[0]}.get(model, w[0].mul(w[-1]))
    g = _backwards(X.T * (_backwards(X * theta) - y)) * scale
    if model == "linear":
        return [g]
    if model == "diagonal":
        return [2 * g * w[0], -2 * g * w[1]]
    return [g * w[1], g * w[0]]


def _backwards(terms: Tensor) -> Tensor:
    """Sum over the last axis from its end to its beginning."""
    return terms.flip(-1).cumsum(-1)[..., -1]
