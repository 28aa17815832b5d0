"""Linear predictors θ(β) by model, as torch functions; autograd differentiates them.

Parameters are tensors of shape (d,) for one run or (runs, d) for a batch of runs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from torch import Tensor

__all__ = ["PREDICTORS", "Predictor"]


@dataclass(frozen=True)
class Predictor:
    """One parameterisation of θ.

    Parameters
    ----------
    theta : callable
        Parameters, each of shape (..., d) and in the order of `tasks.PARAMETERS`, to θ of that shape.
    shows_theta : bool
        Whether θ is recorded.
    """

    theta: Callable[[Sequence[Tensor]], Tensor]
    shows_theta: bool = True


def _difference_of_squares(parameters: Sequence[Tensor]) -> Tensor:
    """θ = u⊙u − v⊙v."""
    u, v = parameters
    return u * u - v * v


def _product(parameters: Sequence[Tensor]) -> Tensor:
    """θ = u⊙v."""
    u, v = parameters
    return u * v


def _identity(parameters: Sequence[Tensor]) -> Tensor:
    """θ = β."""
    (beta,) = parameters
    return beta


PREDICTORS = {
    "diagonal": Predictor(_difference_of_squares),
    "hadamard": Predictor(_product),
    "linear": Predictor(_identity),
    "scalar_product": Predictor(_product, shows_theta=False),
}
