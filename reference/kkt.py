"""The minimiser of the hyperbolic entropy over the interpolating θ, found by Newton and proved by Krawczyk.

    minimise Q_ξ(θ) + θᵀ·linear   subject to   Xθ = y

is strictly convex, so its one solution is the one point where a dual ν ∈ Rⁿ exists with

    ∇Q_ξ(θ) + linear = Xᵀν,   Xθ = y.

θ(ν) = 2ξ sinh(4(Xᵀν − linear)) solves the first equation, and leaves n equations in n unknowns,
G(ν) = Xθ(ν) − y = 0, with the Jacobian X D Xᵀ, D = 8ξ cosh(4(Xᵀν − linear)), positive definite: the
gradient of a convex function, which damped Newton minimises.  For a small ξ the sinh is steep and
ν is followed down from a larger ξ; then the precision is doubled step by step.

Krawczyk's operator on a box ν̃ + δ,

    K(δ) = −C G(ν̃) + (1 − C G'(ν̃ + δ)) δ,

lies inside the box: so there is exactly one zero in it, and it is where K says.

Source: paper 000, Eq. 7 and 8 (the problem; `linear` has the sign derived in
`reference.bias_potentials`); Krawczyk 1969.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import arb, arb_mat
from mpmath import mp

from reference.arithmetic import Vector
from reference.balls import BallArithmetic, ball, ball_precision
from reference.case import Regression
from reference.certified import CERTIFIED, Certified
from reference.cross_check import GUARD_BITS, CertificateViolationError
from reference.dual_newton import Dual, newton_start, refined
from reference.feasibility import KktError, require_full_rank
from reference.hyperbolic_entropy import BallFunctions, MpmathFunctions, entropy, inverse_gradient
from reference.mpmath_arithmetic import MpmathArithmetic, mpmath_precision
from reference.progress import Progress
from reference.raising import Rows, decide, first_bits

__all__ = ["KktError", "Minimiser", "UnprovedMinimiserError", "certified_minimiser", "enclosed_minimiser"]

SPARE_BITS = 64
SCALARS = frozenset({"objective"})


class UnprovedMinimiserError(ArithmeticError):
    """Krawczyk's test failed at this precision: more is needed."""


@dataclass(frozen=True)
class Minimiser:
    """Balls around the minimiser and its dual.

    Parameters
    ----------
    theta : Vector of arb, shape (d,)
    dual : Vector of arb, shape (n,)
    contraction : float
        Bound on |1 − C G'|_∞ over the box; below 1.
    """

    theta: Vector
    dual: Vector
    contraction: float


def certified_minimiser(
    problem: Regression,
    xi: Sequence[Fraction],
    linear: Sequence[Fraction],
    digits: int,
    *,
    cross_check: bool = True,
    progress: Progress | None = None,
) -> Certified:
    """Return the minimiser to the asked digits, its existence and uniqueness proved.

    Parameters
    ----------
    problem : Regression
        Rows of X linearly independent.
    xi, linear : sequence of d rationals
        ξ > 0 and the linear term.
    digits : int
        The radius of every value is at most 10^−digits times the largest magnitude in its array.
    cross_check : bool
        Put the dual into the equations in mpmath, at more bits, and require θ inside its balls and Xθ = y.
    progress : callable, optional
        Called with (digits reached, digits asked).

    Returns
    -------
    Certified
        ``theta`` shape (d,), ``dual`` ν shape (n,), ``objective``; one row each.

    Raises
    ------
    KktError
        If a length does not fit, ξ is not positive, the rows of X depend on each other, or Xθ = y has no solution.
    CertificateViolationError
        If mpmath disagrees.
    """
    _check(problem, xi, linear)
    require_full_rank(problem)
    facts: dict[str, str | int | float | bool] = {"enclosure": "Krawczyk"}
    start = newton_start(problem, xi, linear)
    facts["newton_steps"] = start.steps

    def compute(bits: int) -> Rows:
        nonlocal start
        start, found = enclosed_minimiser(problem, xi, linear, bits, start)
        facts.update(precision_bits=bits, contraction=found.contraction)
        if progress is not None:
            progress(digits, digits)
        with ball_precision(bits):
            arithmetic = BallArithmetic()
            value = entropy(found.theta, arithmetic.vector(xi), BallFunctions)
            value += arithmetic.total(found.theta * arithmetic.vector(linear))
        return {"theta": [found.theta], "dual": [found.dual], "objective": [Vector([value])]}

    decided = decide(
        compute, digits, first_bits(digits, SPARE_BITS), scalars=SCALARS, lost=(UnprovedMinimiserError,)
    )
    if cross_check:
        _cross_check(problem, xi, linear, decided.rows, decided.bits)
    facts["cross_checked_by_mpmath"] = cross_check
    return Certified(decided.arrays, decided.digits, CERTIFIED, facts)


def enclosed_minimiser(
    problem: Regression,
    xi: Sequence[Fraction],
    linear: Sequence[Fraction],
    bits: int,
    start: Dual | None = None,
) -> tuple[Dual, Minimiser]:
    """Return the refined dual and balls around the minimiser, proved by Krawczyk.

    Raises
    ------
    UnprovedMinimiserError
        If the box cannot be shown to map into itself at this precision.
    """
    dual = refined(problem, xi, linear, start or newton_start(problem, xi, linear), bits)
    with ball_precision(bits + GUARD_BITS // 2):
        return dual, _krawczyk(problem, xi, linear, dual, bits)


def _krawczyk(
    problem: Regression, xi: Sequence[Fraction], linear: Sequence[Fraction], dual: Dual, bits: int
) -> Minimiser:
    """Prove that one zero lies near the centre, and say where."""
    system = DualSystem(problem, xi, linear)
    centre = [ball(value) for value in dual.values]
    residual = system.residual(Vector(centre))
    inverse = _midpoint_inverse(system.jacobian(Vector(centre)))
    newton = inverse * arb_mat(len(centre), 1, residual.entries)
    sizes = [abs(entry).abs_upper() for entry in newton.entries()]
    floor = arb(2) ** -(bits + 8)
    spread = [arb(0, (2 * size + floor).abs_upper()) for size in sizes]
    box = Vector([c + s for c, s in zip(centre, spread, strict=True)])
    defect = _identity(len(centre)) - inverse * system.jacobian(box)
    moved = defect * arb_mat(len(centre), 1, spread)
    image = [m - n for m, n in zip(moved.entries(), newton.entries(), strict=True)]
    if not all(abs(i).abs_upper() < s.rad() for i, s in zip(image, spread, strict=True)):
        raise UnprovedMinimiserError("Krawczyk's image does not lie inside its box; more precision is needed")
    proved = Vector([c + i for c, i in zip(centre, image, strict=True)])
    n = len(centre)
    sums = [sum((abs(defect[i, j]) for j in range(n)), start=arb(0)) for i in range(n)]
    contraction = max(float(total.abs_upper()) for total in sums)
    return Minimiser(system.theta(proved), proved, contraction)


class DualSystem:
    """θ(ν), G(ν) and G'(ν) in balls, at the precision in force.

    Parameters
    ----------
    problem : Regression
    xi, linear : sequence of d rationals
    """

    def __init__(self, problem: Regression, xi: Sequence[Fraction], linear: Sequence[Fraction]) -> None:
        self.arithmetic = BallArithmetic()
        self.X = self.arithmetic.matrix(problem.X)
        self.y = self.arithmetic.vector(problem.y)
        self.xi, self.linear = self.arithmetic.vector(xi), self.arithmetic.vector(linear)

    def theta(self, dual: Vector) -> Vector:
        """Return θ(ν), shape (d,)."""
        return inverse_gradient(self._slope(dual), self.xi, BallFunctions)

    def residual(self, dual: Vector) -> Vector:
        """Return G(ν) = Xθ(ν) − y, shape (n,)."""
        return self.arithmetic.times(self.X, self.theta(dual)) - self.y

    def jacobian(self, dual: Vector) -> Any:
        """Return G'(ν) = X D Xᵀ, shape (n, n)."""
        weights = [8 * x * (4 * s).cosh() for s, x in zip(self._slope(dual), self.xi, strict=True)]
        return self.arithmetic.weighted_gram(self.X, weights)

    def _slope(self, dual: Vector) -> Vector:
        return self.arithmetic.transposed_times(self.X, dual) - self.linear


def _midpoint_inverse(matrix: Any) -> Any:
    """Return the inverse of the midpoints, rounded to its own midpoints."""
    try:
        return matrix.mid().inv().mid()
    except ZeroDivisionError as error:
        raise UnprovedMinimiserError("the Jacobian is singular to working precision") from error


def _identity(size: int) -> Any:
    return arb_mat(size, size, [int(i == j) for i in range(size) for j in range(size)])


def _check(problem: Regression, xi: Sequence[Fraction], linear: Sequence[Fraction]) -> None:
    """Refuse lengths that do not fit and a ξ that is not positive."""
    d = len(problem.X[0])
    for name, given in (("xi", xi), ("linear", linear)):
        if len(given) != d:
            raise KktError(f"`{name}` has {len(given)} entries; expected {d}, one for each column of `X`")
    for j, value in enumerate(xi):
        if value <= 0:
            raise KktError(
                f"`xi[{j}]` is {value}; expected a number greater than 0, the scale of the start of coordinate {j}"
            )


def _cross_check(
    problem: Regression, xi: Sequence[Fraction], linear: Sequence[Fraction], rows: Rows, bits: int
) -> None:
    """Put the midpoint of the dual into the equations in mpmath: θ must come out inside its balls."""
    with ball_precision(bits + GUARD_BITS):
        dual = [x.mid() for x in rows["dual"][0]]
        loose = [x.rad() for x in rows["theta"][0]]
    with mpmath_precision(bits + GUARD_BITS):
        arithmetic = MpmathArithmetic()
        X = arithmetic.matrix(problem.X)
        values = Vector([_mpf(x) for x in dual])
        slope = arithmetic.transposed_times(X, values) - arithmetic.vector(linear)
        theta = inverse_gradient(slope, arithmetic.vector(xi), MpmathFunctions)
    with ball_precision(bits + GUARD_BITS):
        for j, (value, enclosed, radius) in enumerate(zip(theta, rows["theta"][0], loose, strict=True)):
            if not (enclosed + arb(0, radius.abs_upper())).contains(arb(value)):
                raise CertificateViolationError(
                    f"`theta[{j}]`: mpmath gives {value} from the proved dual, outside the certified ball {enclosed}. "
                    "One of the two is wrong; nothing is published. Please report the spec"
                )


def _mpf(value: Any) -> Any:
    """Return an exact arb as an mpf, at a precision that holds it."""
    mantissa, exponent = value.man_exp()
    return mp.ldexp(mp.mpf(int(mantissa)), int(exponent))
