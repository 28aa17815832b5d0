"""How fast an error can grow along a flow: logarithmic norms, proved step by step.

Let y' = F(y), p a nearby curve with p' = F(p) − δ and e = y − p.  In a norm |·| (which may change
with time) |e|' ≤ a |e| + |δ|, and a is bounded over a step from the coordinates of p alone.

First order, F = −c∇L.  e' = −cH̄e with a mean Hessian H̄ = JᵀAJ + S, whose first part only
shrinks e, so a = c (|S| + what the tube adds), |S| ≤ r max_j |g_j| (`reference.curvature`).

Second order, α β'' + β' + c∇L = 0.  With q = αe' the norm is

    V = |q|² + |q + e|² + 2α eᵀ(P + σ)e,    P = c JᵀAJ along p, a number σ ≥ 0 for each step.

Then V' = −2|q|²/α − 2eᵀ(P + N)e − 4qᵀ(N − σ)e + 2α eᵀP'e with N = cH̄ − P.  P' = 2c J'ᵀAJ to its
symmetric part, so 2αeᵀP'e ≤ 4α |B J'e| |B J e| with B = (cA)^½, and −2|BJe|² pays for it:

    V' ≤ 2(ν + α²κ)|e|² + 4(ν + σ)|e||q| − 2|q|²/α,    ν ≥ |N|, κ ≥ |B J'|²,

against V ≥ |q|² + (|e| − |q|)² + 2ασ|e|².  The negative curvature ν and the turning κ of the stiff
directions are all that makes errors grow; both fade as the flow settles, so their integral is finite.
σ = ν is best where ν is large: it gives errors the scale at which position and momentum trade.

Source: Dahlquist 1958 (logarithmic norms); the energy V is our own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import inf, isqrt, sqrt
from typing import Protocol

from reference.case import FlowCase, Regression
from reference.curvature import CURVATURES
from reference.data_norms import DataNorms
from reference.flows.systems import SecondOrder, gradient_factor, second_order
from reference.losses import loss_factor
from reference.models import MODELS

__all__ = ["FirstOrderGrowth", "Growth", "SecondOrderGrowth", "StepBounds", "upper_float"]

SLACK = 1 + 1e-9  # covers the float roundings of the formulas below, a few dozen operations each


class StepBounds(Protocol):
    """What is known about p over one step, as floats rounded up."""

    tube: float  # |e|₂ of the position, and of p against its polynomial

    def position(self) -> list[float]:
        """Return bounds on |β_j|, over the joined parameters."""

    def velocity(self) -> list[float]:
        """Return bounds on |β'_j|."""

    def slope(self) -> list[float]:
        """Return bounds on |g_j|, g = ∇_θ L, shape (d,)."""


class Growth(Protocol):
    """A norm for errors, in units, and its logarithmic norm."""

    def adapt(self, bounds: StepBounds) -> float:
        """Choose the norm of this step; return by what factor that can enlarge an error's norm."""

    def rate(self, bounds: StepBounds) -> float:
        """Return a over the step."""

    def norm(self, bounds: StepBounds, errors: Sequence[int]) -> int:
        """Return the norm of an error whose blocks have coordinates of at most `errors` units."""

    def jump(self, bounds: StepBounds, moved: float) -> float:
        """Return by what factor the norm itself changes when p jumps by `moved`."""

    def errors(self, norm: int) -> tuple[int, ...]:
        """Return bounds on |e|₂ of every block, in units, from the norm."""


class RegressionCurvature:
    """Bounds on A = 2f XᵀX, J, S and their changes over a tube, for one regression case."""

    def __init__(self, case: FlowCase) -> None:
        assert isinstance(case.problem, Regression)
        self.model = CURVATURES[case.model]
        self.blocks = len(MODELS[case.model].names)
        self.norms = DataNorms(case.problem.X)
        self.exact_factor = 2 * loss_factor(case.problem.loss, len(case.problem.y))  # 2f
        self.factor = float(self.exact_factor) * SLACK

    def curvature(self, parameters: list[float]) -> float:
        """Return a bound on |A^½ J(parameters)|², J linear in the parameters (or constant)."""
        size = len(parameters) // self.blocks
        split = [parameters[i * size : (i + 1) * size] for i in range(self.blocks)]
        rows = self.model.jacobian(split)
        squares = [sum(a * a for a in column) * SLACK for column in zip(*rows, strict=True)]
        return self.factor * self.norms.weighted_norm_squared(squares) * SLACK

    def turning(self, velocity: list[float]) -> float:
        """Return a bound on |A^½ J'|²."""
        return self.curvature(velocity) if self.model.jacobian_change else 0.0

    def change(self, stiffness: float, moved: float) -> float:
        """Return by how much JᵀAJ can change when β moves by `moved`; stiffness ≥ |A^½J|²."""
        shift = sqrt(self.factor * self.norms.norm_squared) * self.model.jacobian_change * moved
        return (2 * sqrt(stiffness) * shift + shift * shift) * SLACK

    def negative(self, bounds: StepBounds, stiffness: float) -> float:
        """Return a bound on |H̄ − JᵀAJ| over the tube: residual curvature and what e adds."""
        root = sqrt(self.factor * self.norms.norm_squared)
        moved = bounds.tube
        slope = root * (sqrt(stiffness) * moved + root * self.model.predictor_remainder * moved * moved)
        residual = self.model.residual * (max(bounds.slope()) + slope)
        return (residual + self.change(stiffness, moved)) * SLACK


class FirstOrderGrowth:
    """The Euclidean norm along β' = −c∇L."""

    def __init__(self, case: FlowCase) -> None:
        self.curvature = RegressionCurvature(case)
        self.factor = float(gradient_factor(case.flow)) * SLACK

    def adapt(self, bounds: StepBounds) -> float:
        """Return 1: there is but one norm."""
        return 1.0

    def rate(self, bounds: StepBounds) -> float:
        """Return c |S| over the tube."""
        stiffness = self.curvature.curvature(bounds.position())
        return self.factor * self.curvature.negative(bounds, stiffness) * SLACK

    def norm(self, bounds: StepBounds, errors: Sequence[int]) -> int:
        """Return √D times the largest coordinate."""
        return euclidean(len(bounds.position()), errors[0])

    def jump(self, bounds: StepBounds, moved: float) -> float:
        """Return 1: the norm does not depend on p."""
        return 1.0

    def errors(self, norm: int) -> tuple[int, ...]:
        """Return the norm itself."""
        return (norm,)


class SecondOrderGrowth:
    """The energy norm V along α β'' + β' + c∇L = 0."""

    def __init__(self, case: FlowCase) -> None:
        self.curvature = RegressionCurvature(case)
        flow: SecondOrder = second_order(case.flow)
        self.inertia, self.factor = float(flow.inertia) * SLACK, float(flow.factor) * SLACK
        self.damping = 1 / float(flow.inertia) / SLACK
        self.shift: float | None = None

    def adapt(self, bounds: StepBounds) -> float:
        """Take σ = ν; a larger σ than before enlarges V by (½ + 2ασ)/(½ + 2ασ_before) at most."""
        stiffness = self.curvature.curvature(bounds.position())
        before, self.shift = self.shift, self.factor * self.curvature.negative(bounds, stiffness)
        if before is None or self.shift <= before:
            return 1.0
        return sqrt((0.5 + 2 * self.inertia * self.shift) / (0.5 + 2 * self.inertia * before)) * SLACK

    def rate(self, bounds: StepBounds) -> float:
        """Return half the largest V'/V that the bounds ν and κ allow."""
        assert self.shift is not None
        stiffness = self.curvature.curvature(bounds.position())
        nu = self.factor * self.curvature.negative(bounds, stiffness) * SLACK
        kappa = self.factor * self.curvature.turning(bounds.velocity()) * SLACK
        form = Form(
            along=2 * (nu + self.inertia**2 * kappa) * SLACK,
            across=2 * (nu + self.shift) * SLACK,
            damping=2 * self.damping / SLACK,
            shift=2 * self.inertia * self.shift / SLACK**3,
        )
        return form.largest_ratio() / 2

    def norm(self, bounds: StepBounds, errors: Sequence[int]) -> int:
        """Return √V of an error (e, e') with coordinates of at most `errors` units."""
        size = len(bounds.position())
        e = euclidean(size, errors[0])
        q = ceil_times(euclidean(size, errors[1]), self.inertia)
        stiff = 2 * self.inertia * self.factor * self.curvature.curvature(bounds.position()) * SLACK
        assert self.shift is not None
        stiff += 2 * self.inertia * self.shift * SLACK
        return isqrt(q * q + (q + e) ** 2 + ceil_times(e * e, stiff)) + 1

    def jump(self, bounds: StepBounds, moved: float) -> float:
        """Return 1 + half the relative change of V: 2α|ΔP||e|² against V ≥ |e|²/2."""
        stiffness = self.curvature.curvature(bounds.position())
        change = self.factor * self.curvature.change(stiffness, moved)
        return 1 + 2 * self.inertia * change * SLACK + 1e-15

    def errors(self, norm: int) -> tuple[int, ...]:
        """Return √2 · norm, from V ≥ |e|²/2, and norm/α, from V ≥ |αe'|²."""
        return isqrt(2 * norm * norm) + 1, ceil_times(norm, self.damping * SLACK**2)


@dataclass(frozen=True)
class Form:
    """A x² + 2B xy − D y² against (1 + m) x² − 2xy + 2y²."""

    along: float
    across: float
    damping: float
    shift: float

    def largest_ratio(self) -> float:
        """Return ρ ≥ 0 that the ratio never exceeds; the choice is verified in exact numbers."""
        a, b, d, m = self.along, self.across, self.damping, self.shift
        # (ρ(1+m) − A)(2ρ + D) − (ρ + B)² = (1+2m) ρ² + (D(1+m) − 2A − 2B) ρ − AD − B²
        middle = d * (1 + m) - 2 * a - 2 * b
        root = (sqrt(middle * middle + 4 * (1 + 2 * m) * (a * d + b * b)) - middle) / (2 + 4 * m)
        ratio = max(root, a / (1 + m)) * (1 + 1e-9) + 1e-300
        while not self._holds(Fraction(ratio)):
            ratio = 2 * ratio + 1e-12 * (a + b)
        return ratio

    def _holds(self, ratio: Fraction) -> bool:
        """Return whether the difference of the two forms is nonnegative."""
        a, b, d, m = (Fraction(x) for x in (self.along, self.across, self.damping, self.shift))
        first, second = ratio * (1 + m) - a, 2 * ratio + d
        return first >= 0 and first * second >= (ratio + b) ** 2


def euclidean(size: int, largest: int) -> int:
    """Return the Euclidean norm of `size` coordinates of at most `largest`, rounded up."""
    return isqrt(size * largest * largest) + 1


def ceil_times(amount: int, factor: float) -> int:
    """Return amount · factor, rounded up."""
    exact = Fraction(factor) * amount
    return -(-exact.numerator // exact.denominator)


def upper_float(amount: int, bits: int) -> float:
    """Return amount · 2^−bits as a float, rounded up; infinity where no float is as large."""
    if amount.bit_length() - bits > 1000:
        return inf
    return float(Fraction(amount, 1 << bits)) * SLACK + 5e-324
