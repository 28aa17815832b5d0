"""Proof that a flow settles: how far at most it still moves, and what its integrals can still gain.

Near an interpolating point the residual r = Xθ(β) − y shrinks, because K = 2f X J Jᵀ Xᵀ is positive
definite there.  Let λ be a lower bound on its least eigenvalue, and s one on |2f XJ|, over the
ball of radius δ around β(T); while β stays in that ball:

First order, β' = −c∇L.  |r|' ≤ −cλ|r| and |β'| ≤ c s |r|, so the movement left is at most s |r_T|/λ.

Second order, α β'' + β' + c∇L = 0.  Then α r'' + r' + cKr = f with f = α X J'β', and the energy

    V = |q|² + |q + r|² + 2αc rᵀKr,   q = αr',

has V' = −2|q|²/α − 2c rᵀKr + 2αc rᵀK'r + 2(2q + r)·f.  With |β'| ≤ m and η̂ = √(2f) |X| |∂J| the
third term is at most c rᵀKr + 4α²cη̂²m²|r|², and if

    (A)  16 α² η̂² m² ≤ λ

then V' ≤ −2ωV + 2√2 √V |f|, ω = min(1/(8α), cλ/16); and |f| ≤ αηm|β'|, η = |X| |∂J|.  From
|β'|' ≤ −|β'|/α + c s √2 √V/α and W = √V + k|β'|, k = ωα/(2√2 c s), it follows that W' ≤ −νW with
ν = min(ω/2, 1/(2α)), if

    (B)  2√2 α² η m ≤ k.

So |β'| ≤ W/k never exceeds m = W_T/k, and the movement left is at most α|β'_T| + c s √2 W_T/ν.

If that is at most δ, and m holds at T, the solution never leaves the ball (it would have to move
further than it can), the limit exists, interpolates, and lies within that distance of β(T).

A strict minimum of a polynomial: if the logarithmic norm of F is −ω < 0 over the ball of radius δ
around β(T) and |F(β(T))| ≤ ωδ, the ball holds one equilibrium and the flow goes to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import isfinite, sqrt

from flint import arb

from reference.arithmetic import Vector
from reference.balls import BallArithmetic, ball_precision
from reference.case import FlowCase, Regression
from reference.curvature import CURVATURES
from reference.feasibility import KktError, require_full_rank
from reference.flows.growth import SLACK, RegressionCurvature
from reference.flows.jacobian_growth import logarithmic_norm
from reference.flows.systems import (
    FIRST_ORDER,
    SECOND_ORDER,
    gradient_factor,
    is_piecewise,
    right_hand_side,
    second_order,
)
from reference.objective import RegressionObjective, objective_of
from reference.taylor.duals import DualArithmetic, jacobian

__all__ = ["Settled", "can_be_proved", "settled"]

BITS = 96
RADII = tuple(Fraction(1, 4**i) for i in range(1, 12))  # δ tried, largest useful first


@dataclass(frozen=True)
class Settled:
    """A proof that the flow converges.

    Parameters
    ----------
    movement : float
        Bound on |β(∞) − β(T)|₂.
    residual, squared_residual : float
        Bounds on ∫_T^∞ |r| dt and ∫_T^∞ |r|² dt; infinite where there is no residual.
    squared_velocity : float
        Bound on ∫_T^∞ |β'|² dt.
    rate : float
        A proved rate of convergence: errors fall at least like exp(−rate · t).
    """

    movement: float
    residual: float
    squared_residual: float
    squared_velocity: float
    rate: float


def can_be_proved(case: FlowCase) -> bool:
    """Return whether `settled` knows this flow.

    It knows gradient-like flows of a regression whose rows are independent (else no residual need vanish, and K is
    singular), and first-order flows of a polynomial.
    """
    if isinstance(case.problem, Regression):
        return case.flow.name in FIRST_ORDER + SECOND_ORDER and _interpolates(case.problem)
    return case.flow.name not in SECOND_ORDER and not is_piecewise(case.flow)


def _interpolates(problem: Regression) -> bool:
    """Return whether Xθ = y has solutions for every y."""
    try:
        require_full_rank(problem)
    except KktError:
        return False
    return True


def settled(case: FlowCase, blocks: list[Vector], bits: int) -> Settled | None:
    """Return a proof that the flow settles from here, or None if none is found yet.

    Parameters
    ----------
    case : FlowCase
        One that `can_be_proved`.
    blocks : list of Vector of arb
        Balls around y(T).
    bits : int
        Their precision: residuals and slopes cancel, so they are computed in it.
    """
    with ball_precision(bits):
        small = _residual_norm(case, blocks[0])
    with ball_precision(BITS):
        if not isinstance(case.problem, Regression):
            return _strict_minimum(case, blocks[0], small)
        near = Neighbourhood(case, blocks[0], small)
        for radius in RADII:
            least = near.least_eigenvalue(float(radius))
            if least > 0:
                way = _first_order if case.flow.name in FIRST_ORDER else _second_order
                proof = way(case, near, blocks, least, float(radius))
                if proof is not None and proof.movement <= float(radius):
                    return proof
        return None


class Neighbourhood:
    """K, J and r at a point, and bounds on them around it."""

    def __init__(self, case: FlowCase, position: Vector, residual: float) -> None:
        self.curvature = RegressionCurvature(case)
        objective = objective_of(case, BallArithmetic())
        assert isinstance(objective, RegressionObjective)
        self.residual = residual
        self.model = CURVATURES[case.model]
        parameters = objective.arithmetic.split(position, objective.sizes)
        rows = self.model.jacobian([vector.entries for vector in parameters])
        self.stiffness = self.curvature.curvature([float(abs(x).abs_upper()) for x in position])
        weights = [sum((arb(a) * a for a in column), start=arb(0)) for column in zip(*rows, strict=True)]
        gram = BallArithmetic().weighted_gram(objective.all_samples.X, weights)
        factor = objective.arithmetic.number(2 * objective.all_samples.factor)
        n = gram.nrows()
        self.kernel = [[factor * gram[i, j] for j in range(n)] for i in range(n)]

    def least_eigenvalue(self, radius: float) -> float:
        """Return a lower bound on the least eigenvalue of K over a ball around the point."""
        at_centre = -logarithmic_norm([[-x for x in row] for row in self.kernel])
        return at_centre - self.curvature.change(self.stiffness, radius) * SLACK

    def slope(self, radius: float) -> float:
        """Return a bound on |2f XJ|₂ over the ball: √(2f) |A^½J|."""
        grown = self.stiffness + self.curvature.change(self.stiffness, radius)
        return sqrt(self.curvature.factor * grown) * SLACK

    def spread(self) -> float:
        """Return η with |X J(e) e'| ≤ η |e||e'|."""
        return sqrt(self.curvature.norms.norm_squared) * self.model.jacobian_change * SLACK


def _first_order(
    case: FlowCase, near: Neighbourhood, blocks: list[Vector], least: float, radius: float
) -> Settled:
    """Return the bounds of a first-order flow."""
    factor, r = float(gradient_factor(case.flow)), near.residual
    slope = near.slope(radius)
    rate = factor * least / SLACK
    speed = factor * slope * r
    return Settled(
        movement=slope * r / least * SLACK,
        residual=r / rate * SLACK,
        squared_residual=r * r / (2 * rate) * SLACK,
        squared_velocity=speed * speed / (2 * rate) * SLACK,
        rate=rate,
    )


def _second_order(
    case: FlowCase, near: Neighbourhood, blocks: list[Vector], least: float, radius: float
) -> Settled | None:
    """Return the bounds of a second-order flow, if its velocity is small enough for (A) and (B)."""
    flow = second_order(case.flow)
    alpha, factor = float(flow.inertia) * SLACK, float(flow.factor) * SLACK
    slope, velocity, r = near.slope(radius), float_norm(blocks[1]), near.residual
    stiffness = (near.stiffness + near.curvature.change(near.stiffness, radius)) * SLACK
    omega = min(1 / (8 * alpha), least * float(flow.factor) / 16) / SLACK
    k = omega * alpha / (2 * sqrt(2) * factor * slope) / SLACK**2
    q = alpha * sqrt(stiffness / float(near.curvature.exact_factor)) * velocity  # α |XJβ'|
    energy = q * q + (q + r) ** 2 + 2 * alpha * factor * stiffness * r * r
    whole = (sqrt(energy) + k * velocity) * SLACK
    nu = min(omega / 2, 1 / (2 * alpha)) / SLACK
    most = whole / k * SLACK
    eta = near.spread()
    holds_a = 16 * alpha**2 * near.curvature.factor * eta**2 * most**2 * SLACK <= least
    holds_b = 2 * sqrt(2) * alpha**2 * eta * most * SLACK <= k
    if not (holds_a and holds_b):
        return None
    return Settled(
        movement=(alpha * velocity + factor * slope * sqrt(2) * whole / nu) * SLACK,
        residual=sqrt(2) * whole / nu * SLACK,
        squared_residual=whole * whole / nu * SLACK,
        squared_velocity=most * most / (2 * nu) * SLACK,
        rate=nu,
    )


def _residual_norm(case: FlowCase, position: Vector) -> float:
    """Return a bound on |r| of a regression, on |F| of a polynomial."""
    objective = objective_of(case, BallArithmetic())
    if isinstance(objective, RegressionObjective):
        return float_norm(objective.residual(position, objective.all_samples))
    return float_norm(right_hand_side(case, BallArithmetic())([position])[0])


def _strict_minimum(case: FlowCase, position: Vector, speed: float) -> Settled | None:
    """Return the bound from a negative logarithmic norm around an equilibrium."""
    function = right_hand_side(case, DualArithmetic())
    for radius in RADII:
        wide = Vector([x + arb(0, float(radius)) for x in position])
        rate = -logarithmic_norm(jacobian(function, [wide])) / SLACK
        if rate > 0 and isfinite(rate) and speed * SLACK <= rate * float(radius):
            return Settled(
                speed / rate * SLACK, float("inf"), float("inf"), speed * speed / (2 * rate) * SLACK, rate
            )
    return None


def float_norm(vector: Vector) -> float:
    """Return an upper bound on |vector|₂ as a float."""
    total = sum((x * x for x in vector), start=arb(0)).abs_upper()
    return float(total.sqrt().abs_upper()) * SLACK + 5e-324
