"""How far any θ is from a predicted minimiser: its optimality conditions, apart from each other.

For the problem of `reference.kkt`, with s = ∇Q_ξ(θ) + linear:

* stationarity |s − Xᵀν|₂ at the least-squares multiplier ν = (XXᵀ)⁻¹X s: the distance of s from the row space of X;
* primal |Xθ − y|₂, the violation of the equations.

Equations have no complementarity, so there is no such field.  A trained solution that interpolates to
rounding has a small primal residual whatever its bias; its stationarity says whose minimiser it is.

Source: paper 000, Eq. 7 and 8; paper 002, Eq. 25.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import arb, arb_mat

from reference.arithmetic import Vector
from reference.balls import BallArithmetic, ball_precision
from reference.case import Regression
from reference.feasibility import KktError, require_full_rank
from reference.hyperbolic_entropy import BallFunctions, gradient
from reference.kkt import enclosed_minimiser

__all__ = ["KktResidual", "distance_to_minimiser", "kkt_residual"]

BITS = 256


@dataclass(frozen=True)
class KktResidual:
    """The residuals of one θ, Euclidean norms, each enclosed.

    Parameters
    ----------
    stationarity : arb
    primal : arb
    dual : Vector of arb, shape (n,)
        The multiplier ν that the stationarity is measured with.
    """

    stationarity: Any
    primal: Any
    dual: Vector


def kkt_residual(
    problem: Regression,
    xi: Sequence[Fraction],
    linear: Sequence[Fraction],
    theta: Sequence[Fraction],
    bits: int = BITS,
) -> KktResidual:
    """Return the residuals of a θ, which need not interpolate.

    Parameters
    ----------
    problem : Regression
        Rows of X linearly independent.
    xi, linear : sequence of d rationals
        ξ > 0.
    theta : sequence of d rationals
        A float is the exact dyadic number it is.
    bits : int
        Working precision.

    Raises
    ------
    KktError
        If the rows of X depend on each other, or θ has the wrong length.
    """
    _check(problem, theta)
    with ball_precision(bits):
        arithmetic = BallArithmetic()
        X, position = arithmetic.matrix(problem.X), arithmetic.vector(theta)
        slope = gradient(position, arithmetic.vector(xi), BallFunctions) + arithmetic.vector(linear)
        right = arb_mat(len(problem.y), 1, arithmetic.times(X, slope).entries)
        dual = Vector((X.X * X.transpose).solve(right).entries())
        off = slope - arithmetic.transposed_times(X, dual)
        gap = arithmetic.times(X, position) - arithmetic.vector(problem.y)
        return KktResidual(_norm(off), _norm(gap), dual)


def distance_to_minimiser(
    problem: Regression,
    xi: Sequence[Fraction],
    linear: Sequence[Fraction],
    theta: Sequence[Fraction],
    bits: int = BITS,
) -> Any:
    """Return |θ − argmin|₂ as a ball, the minimiser being proved by Krawczyk.

    Raises
    ------
    KktError
        As `kkt_residual`.
    """
    _check(problem, theta)
    _, found = enclosed_minimiser(problem, xi, linear, bits)
    with ball_precision(bits):
        return _norm(BallArithmetic().vector(theta) - found.theta)


def _check(problem: Regression, theta: Sequence[Fraction]) -> None:
    d = len(problem.X[0])
    if len(theta) != d:
        raise KktError(f"`theta` has {len(theta)} entries; expected {d}, one for each column of `X`")
    require_full_rank(problem)


def _norm(vector: Vector) -> Any:
    return sum((x * x for x in vector), start=arb(0)).sqrt()
