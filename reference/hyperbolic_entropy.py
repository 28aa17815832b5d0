"""The hyperbolic entropy, the potential that diagonal networks minimise.

    Q_ξ(θ) = Σ_j q(θ_j; ξ_j),   q(θ; ξ) = ¼ [θ asinh(θ/2ξ) − √(4ξ² + θ²) + 2ξ],   ξ > 0,

with q' = ¼ asinh(θ/2ξ) and q'' = 1/(4√(4ξ² + θ²)).  The inverse of the gradient is
θ = 2ξ sinh(4s), and the convex conjugate q*(s) = ½ ξ (cosh(4s) − 1).

Written so that nothing cancels: √(4ξ² + θ²) − 2ξ = θ²/(√(4ξ² + θ²) + 2ξ), which is exact for
θ ≪ ξ, and asinh is taken of |θ|, whose sign is put back.

Paper 003 uses ψ_Δ(θ) = ¼ Σ [2θ asinh(2θ/Δ) − √(4θ² + Δ²) + Δ] for θ = u⊙v; it is 2 Q_ξ with ξ = Δ/4, so the two
have the same minimisers.  Paper 003 prints its limit for Δ → ∞ as ‖θ‖₂/(2Δ); it is ‖θ‖₂²/(2Δ), see
`tests/reference/test_kkt.py`.  Paper 000 prints Q_ξ → ‖θ‖₁ for ξ → 0; it is
Q_ξ ~ ¼ log(1/ξ) ‖θ‖₁, and what tends to ‖θ‖₁ is the quotient.

Source: paper 000, Sec. 3; paper 002, Eq. 23; paper 003, Sec. 3.
"""

from __future__ import annotations

from typing import Any, Protocol

from flint import arb
from mpmath import mp

from reference.arithmetic import Vector

__all__ = [
    "BallFunctions",
    "Functions",
    "MpmathFunctions",
    "bregman_divergence",
    "conjugate",
    "entropy",
    "gradient",
    "hessian_diagonal",
    "inverse_gradient",
]


class Functions(Protocol):
    """The elementary functions of one arithmetic."""

    def sqrt(self, x: Any) -> Any:
        """Return √x."""

    def asinh(self, x: Any) -> Any:
        """Return asinh x."""

    def sinh(self, x: Any) -> Any:
        """Return sinh x."""

    def cosh(self, x: Any) -> Any:
        """Return cosh x."""


class MpmathFunctions:
    """mpmath's, at the precision in force."""

    sqrt, asinh, sinh, cosh = (staticmethod(f) for f in (mp.sqrt, mp.asinh, mp.sinh, mp.cosh))


class BallFunctions:
    """Arb's, at the precision in force."""

    sqrt, asinh, sinh, cosh = (staticmethod(f) for f in (arb.sqrt, arb.asinh, arb.sinh, arb.cosh))


def entropy(theta: Vector, xi: Vector, functions: Functions) -> Any:
    """Return Q_ξ(θ), a number.

    Parameters
    ----------
    theta, xi : Vector of one arithmetic, shape (d,)
        ξ > 0.
    functions : Functions
    """
    terms = []
    for t, x in zip(theta, xi, strict=True):
        root = functions.sqrt(4 * x * x + t * t)
        terms.append((t * functions.asinh(t / (2 * x)) - t * t / (root + 2 * x)) / 4)
    return sum(terms[1:], start=terms[0])


def gradient(theta: Vector, xi: Vector, functions: Functions) -> Vector:
    """Return ∇Q_ξ(θ) = ¼ asinh(θ/2ξ), shape (d,)."""
    return Vector([functions.asinh(t / (2 * x)) / 4 for t, x in zip(theta, xi, strict=True)])


def hessian_diagonal(theta: Vector, xi: Vector, functions: Functions) -> Vector:
    """Return the diagonal of ∇²Q_ξ(θ), 1/(4√(4ξ² + θ²)), shape (d,)."""
    return Vector([1 / (4 * functions.sqrt(4 * x * x + t * t)) for t, x in zip(theta, xi, strict=True)])


def inverse_gradient(slope: Vector, xi: Vector, functions: Functions) -> Vector:
    """Return the θ whose ∇Q_ξ(θ) is the given slope, 2ξ sinh(4s), shape (d,)."""
    return Vector([2 * x * functions.sinh(4 * s) for s, x in zip(slope, xi, strict=True)])


def conjugate(slope: Vector, xi: Vector, functions: Functions) -> Any:
    """Return the convex conjugate Q*_ξ(s) = ½ Σ ξ (cosh(4s) − 1) = Σ ξ sinh²(2s), a number."""
    terms = [x * functions.sinh(2 * s) ** 2 for s, x in zip(slope, xi, strict=True)]
    return sum(terms[1:], start=terms[0])


def bregman_divergence(theta: Vector, other: Vector, xi: Vector, functions: Functions) -> Any:
    """Return D(θ, θ') = Q(θ) − Q(θ') − ⟨∇Q(θ'), θ − θ'⟩, a number; positive unless θ = θ'."""
    slope = gradient(other, xi, functions)
    linear = [s * (a - b) for s, a, b in zip(slope, theta, other, strict=True)]
    return entropy(theta, xi, functions) - entropy(other, xi, functions) - sum(linear[1:], start=linear[0])
