"""P1: on linear regression GD, heavy ball and Nesterov end at one point.

Every step moves β along gradients, and ∇L(β) = 2f Xᵀ(Xβ − y) lies in the row space of X: whatever the momentum, β_k − β_0
stays there, and the one interpolating point of β_0 + row(X) is β_0 + X⁺(y − Xβ_0), the limit of all three.
"""

from __future__ import annotations

from fractions import Fraction

from oracle.claims.claim import Claim, Setting
from oracle.claims.evidence import Check, Findings, Grade, Role
from oracle.claims.instances import LINEAR, Instance
from oracle.claims.measures import apart, row
from reference.case import Case, Method, Regression
from reference.discrete_limit import certified_limit
from reference.norm_limits import least_l2

__all__ = ["CLAIM"]

DIGITS = 24
METHODS = (
    Method("gradient_descent", Fraction(1, 5)),
    Method("heavy_ball", Fraction(1, 5), Fraction(1, 2)),
    Method("nesterov", Fraction(1, 5), Fraction(1, 2)),
)
ONE_ROW = Instance(
    "linear regression, n = 1, d = 4",
    Case(
        Regression((tuple(map(Fraction, ("1", "-1/2", "1/4", "3/4"))),), (Fraction(2),), "mean_square"),
        "linear",
        {"beta": tuple(map(Fraction, ("0", "1", "-1/4", "1/2")))},
        METHODS[0],
    ),
)


def compute(setting: Setting) -> Findings:
    """Hold the limit of each method to the nearest interpolating point, found by exact elimination."""
    digits = setting.digits(DIGITS)
    return Findings(tuple(_check(instance, m, digits) for instance in (LINEAR, ONE_ROW) for m in METHODS))


def nearest_interpolating(problem: Regression, start: tuple[Fraction, ...]) -> tuple[Fraction, ...]:
    """Return β_0 + X⁺(y − Xβ_0), exactly."""
    residual = tuple(y - _product(line, start) for line, y in zip(problem.X, problem.y, strict=True))
    moved = Regression(problem.X, residual, problem.loss)
    return tuple(b + step for b, step in zip(start, least_l2(moved), strict=True))


def _product(left: tuple[Fraction, ...], right: tuple[Fraction, ...]) -> Fraction:
    return sum((a * b for a, b in zip(left, right, strict=True)), start=Fraction(0))


def _check(instance: Instance, method: Method, digits: int) -> Check:
    case = instance.case
    assert isinstance(case.problem, Regression)
    here = Case(case.problem, case.model, case.init, method)
    limit = row(certified_limit(here, digits, cross_check=False), "theta")
    distance = apart(limit, nearest_interpolating(case.problem, case.init["beta"]))
    return Check(
        role=Role.AS_PRINTED,
        holds=distance < 10.0 ** (2 - digits),
        asked=f"the limit of {method.name.replace('_', ' ')} is β(0) + X⁺(y − Xβ(0))",
        found=f"apart by {distance:.1g}, with {digits} digits asked",
        instance=instance.name,
        grade=Grade.CERTIFIED,
        methods=("certified limit of the run", "exact elimination"),
    )


CLAIM = Claim(
    identifier="P1",
    paper="000",
    place="Sec. 1",
    statement="For linear (one-layer) regression GD, HB and NAG have the same limit from the same start.",
    confirms="The certified limits of all three are the interpolating point nearest to the start, to every digit asked.",
    refutes="One limit that certainly differs from another's.",
    compute=compute,
    seconds=2,
)
