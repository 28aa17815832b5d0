"""The Hessian of a regression loss, split into what is stable and what is small.

With θ(β) and its Jacobian J = [diag(a_1), diag(a_2), …] the Hessian of L = f Σ (Xθ − y)² is

    H = 2f JᵀXᵀXJ + S,

a positive semidefinite Gauss-Newton part and the residual curvature S, built from g = ∇_θ L
alone.  For θ = u⊙u − v⊙v: a = (2u, −2v) and S = diag(2g, −2g).  For θ = u⊙v: a = (v, u) and S
has g off the diagonal.  For θ = β: a = 1 and S = 0.

The remainder of the gradient is bounded through θ(β + e) = θ + Je + q(e), |q(e)|₂ ≤ c_q |e|₂²,
and |J(e)ᵀ w|₂ ≤ c_a |e|₂ |w|₂ for the Jacobian's change J(e), which is linear in e.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["CURVATURES", "Curvature"]

Floats = list[float]


@dataclass(frozen=True)
class Curvature:
    """The constants above for one model.

    Parameters
    ----------
    jacobian : callable
        Parameters (lists of d floats, in the model's order) to the lists a_1, a_2, ….
    residual : float
        |S|₂ ≤ residual · max_j |g_j|.
    jacobian_change : float
        c_a.
    predictor_remainder : float
        c_q.
    """

    jacobian: Callable[[list[Floats]], list[Floats]]
    residual: float
    jacobian_change: float
    predictor_remainder: float


def diagonal_jacobian(parameters: list[Floats]) -> list[Floats]:
    """Return a = (2u, −2v)."""
    u, v = parameters
    return [[2 * x for x in u], [-2 * x for x in v]]


def hadamard_jacobian(parameters: list[Floats]) -> list[Floats]:
    """Return a = (v, u)."""
    u, v = parameters
    return [v, u]


def linear_jacobian(parameters: list[Floats]) -> list[Floats]:
    """Return a = 1, whatever β is."""
    (beta,) = parameters
    return [[1.0] * len(beta)]


HADAMARD = Curvature(hadamard_jacobian, residual=1.0, jacobian_change=1.0, predictor_remainder=0.5)

CURVATURES = {
    "diagonal": Curvature(diagonal_jacobian, residual=2.0, jacobian_change=2.0, predictor_remainder=1.0),
    "hadamard": Curvature(hadamard_jacobian, residual=1.0, jacobian_change=1.0, predictor_remainder=0.5),
    "scalar_product": Curvature(
        hadamard_jacobian, residual=1.0, jacobian_change=1.0, predictor_remainder=0.5
    ),
    "linear": Curvature(linear_jacobian, residual=0.0, jacobian_change=0.0, predictor_remainder=0.0),
}
