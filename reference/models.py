"""Parameterisations θ(β) and the chain rule through them.

Each model is two lines of mathematics: the predictor θ, and the pullback that turns
g = ∇_θ L into ∇_β L.  Parameters travel as a list of vectors in the order of `names`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

__all__ = ["MODELS", "Model"]

TWO = Fraction(2)


@dataclass(frozen=True)
class Model:
    """One parameterisation of the linear predictor.

    Parameters
    ----------
    names : tuple of str
        Parameter names, in the order in which they are joined into β.
    predictor : callable
        Parameters (vectors of shape (d,)) to θ, shape (d,).
    pullback : callable
        (parameters, g, number) to the list of ∇L by parameter, g = ∇_θ L, shape (d,);
        `number` makes the arithmetic's number from a rational.
    shows_theta : bool
        Whether θ is an observable of this model.
    """

    names: tuple[str, ...]
    predictor: Callable[[list[Any]], Any]
    pullback: Callable[[list[Any], Any, Callable[[Fraction], Any]], list[Any]]
    shows_theta: bool = True


def diagonal_predictor(parameters: list[Any]) -> Any:
    """θ = u⊙u − v⊙v."""
    u, v = parameters
    return u * u - v * v


def diagonal_pullback(parameters: list[Any], g: Any, number: Callable[[Fraction], Any]) -> list[Any]:
    """∇_u L = 2 u⊙g and ∇_v L = −2 v⊙g."""
    u, v = parameters
    doubled = number(TWO) * g
    return [u * doubled, -(v * doubled)]


def hadamard_predictor(parameters: list[Any]) -> Any:
    """θ = u⊙v."""
    u, v = parameters
    return u * v


def hadamard_pullback(parameters: list[Any], g: Any, number: Callable[[Fraction], Any]) -> list[Any]:
    """∇_u L = v⊙g and ∇_v L = u⊙g."""
    u, v = parameters
    return [v * g, u * g]


def linear_predictor(parameters: list[Any]) -> Any:
    """θ = β."""
    (beta,) = parameters
    return beta


def linear_pullback(parameters: list[Any], g: Any, number: Callable[[Fraction], Any]) -> list[Any]:
    """∇_β L = g."""
    return [g]


MODELS = {
    "diagonal": Model(("u", "v"), diagonal_predictor, diagonal_pullback),
    "hadamard": Model(("u", "v"), hadamard_predictor, hadamard_pullback),
    "linear": Model(("beta",), linear_predictor, linear_pullback),
    "scalar_product": Model(("a1", "a2"), hadamard_predictor, hadamard_pullback, shows_theta=False),
    "polynomial": Model(("b",), linear_predictor, linear_pullback, shows_theta=False),
}
