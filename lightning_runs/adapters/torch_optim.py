"""Put any `torch.optim.Optimizer` before the oracle.

Copy this file, change `sgd` at its end, then run ``oracle conformance my_adapter:sgd``.

The oracle hands over arrays in the dtype on trial and judges every step of what comes back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from oracle.records.candidate import Array, CandidateMethod, CandidateProblem, Declaration

__all__ = ["TorchOptim", "foreach", "fused", "sgd"]

THETA: dict[str, Callable[..., torch.Tensor]] = {
    "diagonal": lambda u, v: u * u - v * v,
    "hadamard": lambda u, v: u * v,
    "linear": lambda beta: beta,
    "scalar_product": lambda a1, a2: a1 * a2,
}


class TorchOptim:
    """A candidate: `make(weights, eta, mu, nesterov)` returns the optimiser on trial."""

    # torch keeps a buffer b and steps by η b; with nesterov=True its parameters are the look-ahead points
    methods = frozenset({"gradient_descent", "heavy_ball", "nesterov_lookahead"})
    schedules = frozenset({"update"})  # torch's learning rate is outside the buffer

    def __init__(self, make: Callable[..., torch.optim.Optimizer]) -> None:
        self.make = make

    def __call__(
        self, problem: CandidateProblem, method: CandidateMethod, steps: Sequence[int]
    ) -> Mapping[str, Array]:
        """Train from step 0 and return each parameter, shape (len(steps), d)."""
        eta, mu = float(method.step_size), float(method.momentum)
        nesterov = method.name == "nesterov_lookahead" and mu > 0  # torch refuses it at mu = 0
        w = {name: torch.nn.Parameter(torch.tensor(start)) for name, start in problem.init.items()}
        optimiser = self.make(list(w.values()), eta, mu, nesterov)
        for name, p0 in method.p0.items():
            if mu and p0.any():  # a start that already moves: p = −η b
                optimiser.state[w[name]]["momentum_buffer"] = -torch.tensor(p0) / eta
                w[name].data += mu * torch.tensor(p0) if nesterov else 0
        X, y, rows = torch.tensor(problem.X), torch.tensor(problem.y), []
        for k in range(max(steps) + 1):
            if k in steps:
                rows.append({name: tensor.detach().numpy().copy() for name, tensor in w.items()})
            i = list(method.batches[k % len(method.batches)]) if method.batches else slice(None)
            squares = (X[i] @ THETA[problem.model](*w.values()) - y[i]).square()
            # over a batch the loss is a mean, whatever it is over all samples
            summed = problem.loss.endswith("sum_square") and not method.batches
            loss = (squares.sum() if summed else squares.mean()) / (
                2 if problem.loss.startswith("half") else 1
            )
            if len(method.step_sizes):
                optimiser.param_groups[0]["lr"] = float(method.step_sizes[k % len(method.step_sizes)])
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it unannotated
            optimiser.step()
        return {name: np.stack([row[name] for row in rows]) for name in w}

    def declare(self, dtype: str, method: str) -> Declaration:
        """Say how the update is written: the rounding bounds follow from it, and hold for nothing else."""
        return Declaration(form="buffer", dtype=dtype)


def _sgd(**kind: Any) -> TorchOptim:
    return TorchOptim(lambda w, eta, mu, nesterov: torch.optim.SGD(w, eta, mu, nesterov=nesterov, **kind))


sgd = _sgd(foreach=False, fused=False)
foreach = _sgd(foreach=True, fused=False)
fused = _sgd(foreach=False, fused=True)
