"""Rows of the regression and the scaled sum of squared residuals over them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from lightning_runs.tasks import LOSS_FACTORS, MEAN_FORM, Array
from oracle.records.candidate import CandidateProblem

__all__ = ["Samples", "all_samples", "cycle_of", "tensor_of"]


@dataclass(frozen=True)
class Samples:
    """Rows X, targets y and the factor in front of Σ r².

    Parameters
    ----------
    X : Tensor, shape (n, d)
    y : Tensor, shape (n,)
    factor : float
        Rounded once more to the tensors' dtype where it multiplies the sum.
    """

    X: Tensor
    y: Tensor
    factor: float

    def losses(self, theta: Tensor) -> Tensor:
        """Return factor · Σ_i (θ·x_i − y_i)² by run; θ of shape (..., d), result (...)."""
        residual = theta @ self.X.T - self.y
        return residual.square().sum(-1) * self.factor


def all_samples(problem: CandidateProblem) -> Samples:
    """Return every row of the problem, with the loss factor as named."""
    X, y = tensor_of(problem.X), tensor_of(problem.y)
    return Samples(X, y, LOSS_FACTORS[problem.loss](len(y)))


def cycle_of(problem: CandidateProblem, batches: Sequence[Sequence[int]]) -> tuple[Samples, ...]:
    """Return the samples of steps 0, 1, 2, …, to be used cyclically.

    Without `batches` that is every row at every step; otherwise step k takes the rows
    ``batches[k % len(batches)]`` and the mean form of the loss: a sum becomes the batch's mean.
    """
    whole = all_samples(problem)
    factor = LOSS_FACTORS[MEAN_FORM.get(problem.loss, problem.loss)]
    rows = (torch.tensor(batch, dtype=torch.int64) for batch in batches)
    return tuple(Samples(whole.X[i], whole.y[i], factor(len(i))) for i in rows) or (whole,)


def tensor_of(array: Array) -> Tensor:
    """Return a tensor with a copy of the array; a copy, since torch warns of read-only memory."""
    return torch.from_numpy(array.copy())
