"""Gradient descent, heavy ball, Nesterov and its look-ahead form as one update, in velocity form.

With coefficients that may differ from run to run::

    d  = η ∇L(β + α p)
    p₊ = μ p − d
    β₊ = β + c p₊ − e d

===================  ==  ==  ==  ==
method               μ   α   c   e
===================  ==  ==  ==  ==
gradient_descent     0   0   1   0
heavy_ball           μ   0   1   0
nesterov             μ   μ   1   0
nesterov_lookahead   μ   0   μ   1
===================  ==  ==  ==  ==

For `nesterov_lookahead` the parameter held is y = β + μ p itself, as in torch's SGD: then
y₊ = β₊ + μ p₊ = y + μ p₊ − d.  Multiplying by 1 and adding 0 are exact, so a run is rounded
as if its method were alone.  (A run that has overflowed may meet 0 · ∞; it is lost anyway.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.optim import Optimizer

from oracle.records.candidate import Array

__all__ = ["Coefficients", "Momentum", "coefficients_of"]


@dataclass(frozen=True)
class Coefficients:
    """η, μ, α, c and e of the update by run, tensors of shape (runs, 1) and the state's dtype."""

    step_size: Tensor
    momentum: Tensor
    ahead: Tensor
    carry: Tensor
    descend: Tensor


def coefficients_of(methods: Sequence[str], step_size: Array, momentum: Array) -> Coefficients:
    """Return the coefficients of the update by run.

    Parameters
    ----------
    methods : sequence of str, length runs
    step_size, momentum : ndarray, shape (runs,)
        η and μ in the state's dtype; μ of gradient descent is not looked at.

    Raises
    ------
    KeyError
        If a method's name is none of the four in the table above.
    """
    values = zip(methods, step_size.tolist(), momentum.tolist(), strict=True)
    rows = np.array([_row(*value) for value in values], dtype=step_size.dtype)
    return Coefficients(*(torch.from_numpy(column.copy())[:, None] for column in rows.T))


class Momentum(Optimizer):
    """The update above; the momentum p of each parameter is the optimiser's only state.

    Parameters
    ----------
    parameters : iterable of Parameter, each shape (runs, d)
    momenta : iterable of Tensor, each shape (runs, d)
        p at step 0, in the order of `parameters`.
    coefficients : Coefficients
    """

    def __init__(
        self, parameters: Iterable[Tensor], momenta: Iterable[Tensor], coefficients: Coefficients
    ) -> None:
        super().__init__(list(parameters), {})
        self.coefficients = coefficients
        self.looks_ahead = bool(coefficients.ahead.any())
        self.holds_lookahead = bool(coefficients.descend.any())
        for parameter, momentum in zip(self._parameters(), momenta, strict=True):
            self.state[parameter]["momentum"] = momentum.clone()

    def momentum_of(self, parameter: Tensor) -> Tensor:
        """Return p of one parameter, shape (runs, d): the live tensor, not a copy."""
        momentum: Tensor = self.state[parameter]["momentum"]
        return momentum

    def evaluation_point(self, parameter: Tensor) -> Tensor:
        """Return β + α p, where the gradient is due; its derivative by β is the identity."""
        if not self.looks_ahead:
            return parameter
        return parameter + self.coefficients.ahead * self.momentum_of(parameter)

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Replace (β, p) by (β₊, p₊), from the gradients that the parameters hold.

        Parameters
        ----------
        closure : callable, optional
            Called first, with gradients enabled; its result is returned.
        """
        result = None
        if closure is not None:
            with torch.enable_grad():
                result = closure()
        for parameter in self._parameters():
            if parameter.grad is not None:
                self._update(parameter, parameter.grad)
        return result

    def _update(self, parameter: Tensor, gradient: Tensor) -> None:
        """Do one step of one parameter in place."""
        coefficients, momentum = self.coefficients, self.momentum_of(parameter)
        descent = coefficients.step_size * gradient
        momentum.mul_(coefficients.momentum).sub_(descent)
        if self.holds_lookahead:
            parameter.add_(coefficients.carry * momentum).sub_(coefficients.descend * descent)
        else:
            parameter.add_(momentum)

    def _parameters(self) -> list[Tensor]:
        return [parameter for group in self.param_groups for parameter in group["params"]]


def _row(method: str, eta: float, mu: float) -> tuple[float, float, float, float, float]:
    """Return (η, μ, α, c, e) of one run."""
    return {
        "gradient_descent": (eta, 0.0, 0.0, 1.0, 0.0),
        "heavy_ball": (eta, mu, 0.0, 1.0, 0.0),
        "nesterov": (eta, mu, mu, 1.0, 0.0),
        "nesterov_lookahead": (eta, mu, 0.0, mu, 1.0),
    }[method]
