"""Newton's method on the dual of the entropy's minimisation, down to small ξ and up in precision.

Φ(ν) = Σ ½ξ_j cosh(4 s_j) − yᵀν with s = Xᵀν − linear is convex with ∇Φ = G, so a step that does not lower Φ is
halved.  Midpoints alone are kept; what they are worth is Krawczyk's business.

Source: paper 000, Eq. 8; Krawczyk 1969.
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
from reference.feasibility import KktError
from reference.hyperbolic_entropy import BallFunctions, inverse_gradient

__all__ = ["Dual", "newton_start", "refined"]

FIRST_BITS = 128
MOST_STEPS = 400
HALVINGS = 60
LARGE_XI = Fraction(1)  # where the continuation in ξ starts
CLOSE = 2.0**-40  # relative residual that ends the first phase


@dataclass(frozen=True)
class Dual:
    """An approximate dual, exact dyadic rationals, and the Newton steps it took.

    Parameters
    ----------
    values : tuple of n Fractions
    bits : int
        Precision it was computed at.
    steps : int
    """

    values: tuple[Fraction, ...]
    bits: int
    steps: int


class Newton:
    """One problem at the precision in force."""

    def __init__(self, problem: Regression, linear: Sequence[Fraction]) -> None:
        arithmetic = BallArithmetic()
        self.arithmetic = arithmetic
        self.X = arithmetic.matrix(problem.X)
        self.y = arithmetic.vector(problem.y)
        self.linear = arithmetic.vector(linear)

    def slope(self, dual: Vector) -> Vector:
        """Return s = Xᵀν − linear."""
        return self.arithmetic.transposed_times(self.X, dual) - self.linear

    def residual(self, dual: Vector, xi: Vector) -> Vector:
        """Return the midpoint of G(ν)."""
        theta = inverse_gradient(self.slope(dual), xi, BallFunctions)
        return _middle(self.arithmetic.times(self.X, theta) - self.y)

    def value(self, dual: Vector, xi: Vector) -> Any:
        """Return the midpoint of Φ(ν)."""
        terms = [x * (4 * s).cosh() / 2 for s, x in zip(self.slope(dual), xi, strict=True)]
        linear = [a * b for a, b in zip(self.y, dual, strict=True)]
        return (sum(terms[1:], start=terms[0]) - sum(linear[1:], start=linear[0])).mid()

    def direction(self, dual: Vector, xi: Vector, residual: Vector) -> Vector:
        """Return the midpoint of G'(ν)⁻¹ G(ν)."""
        weights = [8 * x * (4 * s).cosh() for s, x in zip(self.slope(dual), xi, strict=True)]
        matrix = self.arithmetic.weighted_gram(self.X, weights).mid()
        right = arb_mat(len(residual), 1, residual.entries)
        return _middle(Vector(matrix.solve(right, algorithm="approx").entries()))

    def damped(self, dual: Vector, xi: Vector) -> tuple[Vector, bool]:
        """Return the dual after one damped step, and whether the step was a full one."""
        residual = self.residual(dual, xi)
        step = self.direction(dual, xi, residual)
        before = self.value(dual, xi)
        share = arb(1)
        for _ in range(HALVINGS):
            trial = _middle(dual - share * step)
            after = self.value(trial, xi)
            if after.is_finite() and after <= before:  # both exact: the comparison can decide
                return trial, bool(share == 1)
            share = (share / 2).mid()
        return dual, True


def newton_start(problem: Regression, xi: Sequence[Fraction], linear: Sequence[Fraction]) -> Dual:
    """Return a dual with small residual, followed down from a large ξ.

    Parameters
    ----------
    problem : Regression
    xi, linear : sequence of d rationals

    Raises
    ------
    KktError
        If Newton does not come to rest in `MOST_STEPS` steps.
    """
    with ball_precision(FIRST_BITS):
        newton = Newton(problem, linear)
        dual = Vector([arb(0)] * len(problem.y))
        steps = 0
        for scaled in _continuation(xi):
            vector = newton.arithmetic.vector(scaled)
            dual, made = _descend(newton, dual, vector, final=scaled is xi)
            steps += made
        return Dual(_fractions(dual), FIRST_BITS, steps)


def refined(
    problem: Regression, xi: Sequence[Fraction], linear: Sequence[Fraction], start: Dual, bits: int
) -> Dual:
    """Return the dual at a precision, which each Newton step about doubles."""
    dual = start
    while dual.bits < bits + 32:
        precision = min(2 * dual.bits - 40, bits + 32)
        with ball_precision(precision):
            newton = Newton(problem, linear)
            vector, values = newton.arithmetic.vector(xi), newton.arithmetic.vector(dual.values)
            residual = newton.residual(values, vector)
            with ball_precision(max(64, precision // 2 + 32)):
                step = Newton(problem, linear).direction(values, vector, residual)
            moved = _middle(values - step)
            dual = Dual(_fractions(moved), precision, dual.steps + 1)
    return dual


def _continuation(xi: Sequence[Fraction]) -> list[Sequence[Fraction]]:
    """Return ξ from where sinh is tame down to the asked one, by squares of its ratio to 1."""
    least = min(xi)
    stages: list[Sequence[Fraction]] = []
    factor = Fraction(1)
    while least * factor < LARGE_XI / 16:
        factor *= 16
        stages.append([value * factor for value in xi])
    return [*reversed(stages), xi]


def _descend(newton: Newton, dual: Vector, xi: Vector, *, final: bool) -> tuple[Vector, int]:
    """Return the dual after Newton came close, and the steps that took."""
    scale = max((float(abs(x).abs_upper()) for x in newton.y), default=1.0) or 1.0
    close = (CLOSE if final else 1e-3) * scale
    for made in range(MOST_STEPS):
        residual = newton.residual(dual, xi)
        if max(float(abs(x).abs_upper()) for x in residual) <= close:
            return dual, made
        dual, _ = newton.damped(dual, xi)
    raise KktError(
        f"Newton's method did not come to rest in {MOST_STEPS} steps on the way to ξ = {float(min(_floats(xi))):.3g}; the "
        "rows of `X` may be nearly dependent, or ξ be smaller than this version can follow"
    )


def _floats(vector: Vector) -> list[float]:
    return [float(x) for x in vector]


def _middle(vector: Vector) -> Vector:
    return Vector([x.mid() for x in vector])


def _fractions(vector: Vector) -> tuple[Fraction, ...]:
    """Return the exact values of midpoints."""
    pairs = [x.mid().man_exp() for x in vector]
    return tuple(Fraction(int(m)) * Fraction(2) ** int(e) for m, e in pairs)
