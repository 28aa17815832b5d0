"""How far momentum moves the limit of a diagonal network, to first order in η, and whether towards the truth.

For θ = u⊙u − v⊙v the limit of every method here is argmin Q_ξ̄(θ) + θᵀ·linear subject to Xθ = y, up to O(η²),
with the linear term of the start and ξ̄ = ξ exp(−ηκ Φ), Φ_j = 8∫ (∂_{θ_j}L)² dt along gradient flow on its own
clock (the flow of Eq. 4 has c = 1/(1 − μ) and the clock dτ = c dt, so that αφ = αc·Φ), where

    κ = αc/η = (1 + μ)/(2(1 − μ)²) for heavy ball, (1 − μ + 2μ²)/(2(1 − μ)²) for Nesterov, 1/2 for gradient descent.

The minimiser is θ = 2ξ̄ sinh 4(Xᵀν − linear), so a change of ln ξ by −ηκΦ and of ν by δν moves it by

    δθ = −ηκ Φ⊙θ + D Xᵀδν,   D = diag 4√(4ξ² + θ²),   Xδθ = 0,

that is δθ = −ηκ P(Φ⊙θ) with P = 1 − DXᵀ(XDXᵀ)⁻¹X.  The squared distance to any interpolating θ* changes by
2(θ − θ*)·δθ: its sign does not depend on η, μ or the scale of the data.

Source: paper 000, Thm 3 (its start term with the sign corrected, its gradient term left out: it lies in the row
space of X); the derivative is our own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import sqrt

from mpmath import mp, mpf

from oracle.claims.instances import ANY_METHOD, Instance, sparse_instance
from oracle.claims.measures import row
from reference.case import Case, Flow, FlowCase, Method, Regression
from reference.discrete_limit import certified_limit
from reference.flows.integrals import certified_flow_integrals
from reference.kkt import certified_minimiser
from reference.mpmath_arithmetic import mpmath_precision, nearest_mpf
from reference.predictions import gradient_flow_prediction

__all__ = [
    "ONE_ROW_FAVOURABLE", "ONE_ROW_SPARSE", "RANDOM_SPARSE", "TWO_ROWS_FAVOURABLE", "Shift", "Target",
    "discrete_limit", "is_l1_solution", "misses", "rate", "scaled", "shift_of", "squared_distance", "with_method",
]  # fmt: skip

SHIFT_DIGITS = 20
BITS = 160


@dataclass(frozen=True)
class Target:
    """A problem with the sparse truth that it was made from.

    Parameters
    ----------
    instance : Instance
    truth : tuple of Fraction, shape (d,)
        θ*, which interpolates.
    """

    instance: Instance
    truth: tuple[Fraction, ...]

    @property
    def problem(self) -> Regression:
        """The regression."""
        assert isinstance(self.instance.case.problem, Regression)
        return self.instance.case.problem


@dataclass(frozen=True)
class Shift:
    """Gradient flow's limit and what first-order theory says of the methods' limits.

    Parameters
    ----------
    theta : tuple of Fraction, shape (d,)
        The limit of gradient flow.
    direction : tuple of Fraction, shape (d,)
        −P(Φ⊙θ): a method's limit is θ + ηκ·direction + O(η²).
    """

    theta: tuple[Fraction, ...]
    direction: tuple[Fraction, ...]

    def drift(self, truth: Sequence[Fraction]) -> Fraction:
        """Return 2(θ − θ*)·direction: |limit − θ*|² changes by ηκ times this."""
        terms = ((t - s) * x for t, s, x in zip(self.theta, truth, self.direction, strict=True))
        return 2 * sum(terms, start=Fraction(0))


def _unbiased(X: Sequence[Sequence[str]], truth: Sequence[int]) -> Target:
    """Return the problem that a truth makes with these rows, from u = v = 3/8."""
    rows = tuple(tuple(map(Fraction, line)) for line in X)
    y = tuple(sum((x * t for x, t in zip(line, truth, strict=True)), start=Fraction(0)) for line in rows)
    start = {letter: (Fraction(3, 8),) * len(truth) for letter in "uv"}
    name = f"n = {len(X)}, d = {len(truth)}, θ* = ({', '.join(map(str, truth))}), unbiased start"
    case = Case(Regression(rows, y, "half_mean_square"), "diagonal", start, ANY_METHOD)
    return Target(Instance(name, case), tuple(map(Fraction, truth)))


ONE_ROW_SPARSE = _unbiased((("1", "1/2"),), (1, 0))
ONE_ROW_FAVOURABLE = _unbiased((("1", "1/2"),), (0, 2))
TWO_ROWS_FAVOURABLE = _unbiased((("1", "1/2", "-1/4"), ("0", "1", "3/4")), (0, 1, 1))
RANDOM_SPARSE = Target(*sparse_instance(4, 8, 1, 1, (Fraction(1, 4), Fraction(1, 4))))


def rate(method: Method) -> Fraction:
    """Return κ of a method: ln ξ falls by ηκΦ to first order."""
    mu = method.momentum
    numerator = {"gradient_descent": Fraction(1), "heavy_ball": 1 + mu, "nesterov": 1 - mu + 2 * mu**2}
    return numerator[method.name] / (2 * (1 - mu) ** 2)


def shift_of(instance: Instance, digits: int = SHIFT_DIGITS) -> Shift:
    """Return gradient flow's certified limit and the direction in which momentum moves it."""
    case = instance.case
    problem = case.problem
    assert isinstance(problem, Regression)
    start = gradient_flow_prediction(case)
    theta = row(certified_minimiser(problem, start.xi, start.linear, digits, cross_check=False), "theta")
    flow = FlowCase(problem, case.model, case.init, Flow("gradient_flow"))
    phi = row(certified_flow_integrals(flow, None, digits), "phi")
    return Shift(theta, projected(problem, start.xi, theta, phi))


def projected(
    problem: Regression, xi: Sequence[Fraction], theta: Sequence[Fraction], phi: Sequence[Fraction]
) -> tuple[Fraction, ...]:
    """Return −P(Φ⊙θ), shape (d,)."""
    with mpmath_precision(BITS):
        size = range(len(theta))
        X = mp.matrix([[nearest_mpf(x) for x in line] for line in problem.X])
        weights = [
            4 * mp.sqrt(4 * nearest_mpf(x) ** 2 + nearest_mpf(t) ** 2) for x, t in zip(xi, theta, strict=True)
        ]
        moved = mp.matrix([nearest_mpf(p * t) for p, t in zip(phi, theta, strict=True)])
        dual = X.T * mp.lu_solve(X * mp.diag(weights) * X.T, X * moved)
        return tuple(_fraction(weights[j] * dual[j] - moved[j]) for j in size)


def is_l1_solution(target: Target) -> bool | None:
    """Return whether a truth is the only interpolating θ of least ℓ1 norm; None where this cannot tell.

    For one non-zero with the column x_s, ν = ± x_s/|x_s|² has x_s·ν = ±1; if |x_j·ν| < 1 for all other columns, every other
    interpolating θ is longer: |θ|₁ > ν·Xθ = ν·y = |θ*|₁.  For one row a larger |x_j·ν| gives a shorter one.
    """
    support, *more = (j for j, value in enumerate(target.truth) if value)
    if more:
        return None
    columns = list(zip(*target.problem.X, strict=True))
    size = sum(x * x for x in columns[support])
    others = [
        abs(sum(a * b for a, b in zip(column, columns[support], strict=True)))
        for j, column in enumerate(columns)
        if j != support
    ]
    if max(others) < size:
        return True
    return False if len(target.problem.y) == 1 and max(others) > size else None


def discrete_limit(instance: Instance, method: Method, digits: int) -> tuple[Fraction, ...]:
    """Return the certified limit θ(∞) of a discrete run."""
    return row(certified_limit(with_method(instance, method), digits, cross_check=False), "theta")


def with_method(instance: Instance, method: Method) -> Case:
    """Return an instance's case run by a method."""
    return replace(instance.case, method=method)


def squared_distance(theta: Sequence[Fraction], truth: Sequence[Fraction]) -> Fraction:
    """Return D = |θ − θ*|², the paper's measure of generalisation; exact."""
    return sum(((t - s) ** 2 for t, s in zip(theta, truth, strict=True)), start=Fraction(0))


def misses(
    instance: Instance, shift: Shift, methods: Sequence[Method], digits: int
) -> tuple[list[float], list[float], list[tuple[Fraction, ...]]]:
    """Return how far limits are from gradient flow's, how far from first-order theory's, and the limits.

    Parameters
    ----------
    instance : Instance
    shift : Shift
        Of the instance.
    methods : sequence of Method
        As a ladder of step sizes.
    digits : int
        Of the limits.
    """
    limits = [discrete_limit(instance, method, digits) for method in methods]
    zeroth = [_length([a - t for a, t in zip(limit, shift.theta, strict=True)]) for limit in limits]
    first = [
        _length(
            [
                a - t - method.step_size * rate(method) * x
                for a, t, x in zip(limit, shift.theta, shift.direction, strict=True)
            ]
        )
        for method, limit in zip(methods, limits, strict=True)
    ]
    return zeroth, first, limits


def scaled(target: Target, factor: Fraction) -> Target:
    """Return the same start and truth on the data (εX, εy)."""
    problem = target.problem
    data = Regression(
        tuple(tuple(factor * x for x in line) for line in problem.X),
        tuple(factor * value for value in problem.y),
        problem.loss,
    )
    case = replace(target.instance.case, problem=data)
    return replace(target, instance=Instance(f"{target.instance.name}, data times {factor}", case))


def _length(vector: Sequence[Fraction]) -> float:
    return sqrt(sum(float(x) ** 2 for x in vector))


def _fraction(value: mpf) -> Fraction:
    mantissa, exponent = mp.frexp(value)
    return Fraction(int(mp.ldexp(mantissa, BITS))) * Fraction(2) ** (int(exponent) - BITS)
