"""A loss with the point that a training has reached: all that geometry needs to know of a training.

Everything is measured by automatic differentiation at the parameters as they are; nothing of the training changes: neither
parameters nor their gradients, neither buffers (running statistics) nor random states.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["Landscape"]


@dataclass(frozen=True)
class Landscape:
    """A loss at a point.

    Parameters
    ----------
    name : str
        Put before the names of what is measured; empty where there is one training alone.
    parameters : sequence of Tensor
        Leaves that require gradients; the point.
    loss : callable
        Returns the loss there, a scalar, as often as it is asked, for the same data each time.
    step_size : float
        η of the step that the training makes next.
    balancedness : callable, optional
        Returns what gradient flow keeps, shape (m,), as in `lightning_runs.geometry.balance`.
    """

    name: str
    parameters: Sequence[Tensor]
    loss: Callable[[], Tensor]
    step_size: float
    balancedness: Callable[[], Tensor] | None = None

    def gradient(self) -> tuple[float, Tensor]:
        """Return the loss and its gradient, all parameters in one vector, shape (p,)."""
        with torch.enable_grad():
            loss = self.loss()
            parts = torch.autograd.grad(loss, list(self.parameters), allow_unused=True)
        return float(loss.detach()), self._joined(parts)

    def hessian_product(self) -> Callable[[Tensor], Tensor]:
        """Return the map v ↦ ∇²L v at this point, each of shape (p,)."""
        with torch.enable_grad():
            parts = torch.autograd.grad(
                self.loss(), list(self.parameters), create_graph=True, allow_unused=True
            )
            gradient = self._joined(parts)

        def product(vector: Tensor) -> Tensor:
            if not gradient.requires_grad:  # the loss is linear in every parameter
                return torch.zeros_like(vector)
            second = torch.autograd.grad(
                gradient @ vector.detach(), list(self.parameters), retain_graph=True, allow_unused=True
            )
            return self._joined(second).detach()

        return product

    @contextmanager
    def moved(self, by: Tensor) -> Iterator[None]:
        """Stand at the point moved by a vector of shape (p,), and come back to the very bits."""
        kept = [parameter.detach().clone() for parameter in self.parameters]
        try:
            with torch.no_grad():
                start = 0
                for parameter in self.parameters:
                    parameter.add_(by[start : start + parameter.numel()].view_as(parameter))
                    start += parameter.numel()
            yield
        finally:
            with torch.no_grad():
                for parameter, before in zip(self.parameters, kept, strict=True):
                    parameter.copy_(before)

    def _joined(self, parts: Sequence[Tensor | None]) -> Tensor:
        """Return gradients as one vector; what a parameter has none of is zero."""
        whole = [
            torch.zeros_like(parameter) if part is None else part
            for parameter, part in zip(self.parameters, parts, strict=True)
        ]
        return torch.cat([part.reshape(-1) for part in whole])
