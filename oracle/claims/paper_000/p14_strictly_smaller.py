"""P14: ξ̄(∞) = ξ exp(−αφ(∞)) is strictly smaller than ξ, "since φ(∞) is a positive integral and finite".

φ_j(∞) = 8c² ∫ (∂_{θ_j}L)² dt is never negative, and it is zero exactly where ∂_{θ_j}L is zero all along the
flow. That does happen: a column of X that is zero makes ∂_{θ_j}L = Σ_i x_ij r_i/n the zero polynomial; and on X
= ((1, 1, ½), (1, −1, ½)), y = (1, 1), whose columns are all unlike zero, ∂_{θ_2}L = (u₂² − v₂²) is zero on u₂ =
v₂, a set that no flow started there with u₂' = v₂' leaves, since both obey one equation. Such a coordinate
keeps ξ̄_j = ξ_j. Elsewhere the flow is analytic in t, so a gradient that does not vanish identically has ∫ > 0,
and it decays exponentially, so the integral is finite.

Source: paper 000, Remark after Thm 3, Eq. 9.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from flint import fmpq, fmpq_mpoly_ctx

from oracle.claims.claim import Claim, Setting
from oracle.claims.evidence import Check, Findings, Grade, Role
from oracle.claims.instances import ANY_METHOD, DIAGONAL_BIASED, DIAGONAL_ONE_ROW, DIAGONAL_UNBIASED, Instance
from oracle.claims.measures import row
from reference.case import Case, Flow, FlowCase, Regression
from reference.flows.integrals import certified_flow_integrals
from reference.flows.systems import inertia

__all__ = ["CLAIM"]

DIGITS = 16
MU = Fraction(1, 2)
ETA = Fraction(1, 10)
GRANTED = ((DIAGONAL_BIASED, "heavy_ball"), (DIAGONAL_UNBIASED, "nesterov"), (DIAGONAL_ONE_ROW, "heavy_ball"))


def _unbiased(name: str, X: Sequence[Sequence[str]], y: Sequence[str]) -> Instance:
    rows = tuple(tuple(map(Fraction, line)) for line in X)
    start = {letter: (Fraction(1, 2),) * len(X[0]) for letter in "uv"}
    return Instance(
        name,
        Case(Regression(rows, tuple(map(Fraction, y)), "half_mean_square"), "diagonal", start, ANY_METHOD),
    )


ZERO_COLUMN = _unbiased("a zero column, n = 1, d = 3, unbiased start", (("1", "0", "1/2"),), ("1",))
MIRRORED = _unbiased(
    "no zero column, but symmetric in its rows, n = 2, d = 3, unbiased start",
    (("1", "1", "1/2"), ("1", "-1", "1/2")),
    ("1", "1"),
)
RESTING = ((ZERO_COLUMN, 1), (MIRRORED, 1))


def compute(setting: Setting) -> Findings:
    """Look for coordinates whose gradient is zero for all time, and enclose φ(∞) where there are none."""
    refuting = [_resting_check(instance, j) for instance, j in RESTING]
    granted = [_positive_check(instance, of, setting.digits(DIGITS)) for instance, of in GRANTED]
    beside = [_beside(instance, j, setting.digits(DIGITS)) for instance, j in RESTING]
    return Findings((*refuting, *granted, *beside))


def slope_polynomial(problem: Regression, j: int) -> Any:
    """Return ∂_{θ_j}L = Σ_i x_ij (Xθ − y)_i/n in the variables u_i and v_i, with v_j put equal to u_j.

    Parameters
    ----------
    problem : Regression
        With the paper's loss.
    j : int
    """
    n, d = len(problem.X), len(problem.X[0])
    ring = fmpq_mpoly_ctx.get([f"{letter}{i}" for letter in "uv" for i in range(d)], "lex")
    u, v = list(ring.gens()[:d]), list(ring.gens()[d:])
    v[j] = u[j]
    total = ring.constant(0)
    for line, y in zip(problem.X, problem.y, strict=True):
        residual = ring.constant(-_exact(y))
        for x, a, b in zip(line, u, v, strict=True):
            residual += _exact(x) * (a * a - b * b)
        total += _exact(line[j] / n) * residual
    return total


def _resting_check(instance: Instance, j: int) -> Check:
    problem = instance.case.problem
    assert isinstance(problem, Regression)
    slope = slope_polynomial(problem, j)
    column = ", ".join(str(line[j]) for line in problem.X)
    return Check(
        role=Role.AS_PRINTED,
        holds=slope != 0,
        asked=f"coordinate {j + 1}, whose column of X is ({column}), has φ > 0",
        found=f"on u_{j + 1} = v_{j + 1}, which the flow does not leave where the gradient is zero on it, "
        f"∂L/∂θ_{j + 1} is the polynomial {slope}" + ("; so φ = 0 and ξ̄ = ξ" if slope == 0 else ""),
        instance=instance.name,
        grade=Grade.CERTIFIED,
        methods=("polynomials over the rationals (FLINT)",),
    )


def scale_lost(instance: Instance, of: str, digits: int) -> tuple[Fraction, ...]:
    """Return αφ(∞), certified: ln ξ − ln ξ̄(∞)."""
    flow = Flow("momentum_flow", ETA, MU, of=of)
    case = FlowCase(instance.case.problem, instance.case.model, instance.case.init, flow)
    return tuple(inertia(flow) * p for p in row(certified_flow_integrals(case, None, digits), "phi"))


def _positive_check(instance: Instance, of: str, digits: int) -> Check:
    lost = scale_lost(instance, of, digits)
    shown = ", ".join(f"{float(x):.3g}" for x in lost)
    return Check(
        role=Role.UNDER_ASSUMPTION,
        holds=min(lost) > max(lost) / Fraction(10) ** (digits - 1),
        asked="0 < αφ_j(∞) < ∞ in every coordinate",
        found=f"αφ(∞) = ({shown}), enclosed to {digits} digits of the largest, the tail to infinity included",
        instance=f"{instance.name}, flow of {of.replace('_', ' ')}, η = {ETA}, μ = {MU}",
        grade=Grade.CERTIFIED,
        methods=("enclosed flow with a proved tail",),
    )


def _beside(instance: Instance, j: int, digits: int) -> Check:
    lost = scale_lost(instance, "heavy_ball", digits)
    least = max(lost) / Fraction(10) ** (digits - 1)
    return Check(
        role=Role.BESIDE,
        holds=all((abs(x) <= least) is (i == j) for i, x in enumerate(lost)),
        asked="the enclosed φ_j of the resting coordinate is zero to every digit, and the others are not",
        found=", ".join(f"{float(x):.3g}" for x in lost),
        instance=instance.name,
        grade=Grade.CERTIFIED,
        methods=("enclosed flow with a proved tail",),
    )


def _exact(value: Fraction) -> fmpq:
    return fmpq(value.numerator, value.denominator)


CLAIM = Claim(
    identifier="P14",
    paper="000",
    place="Remark after Thm 3",
    statement="ξ̄(∞) is strictly smaller than ξ, since φ(∞) is a positive integral and finite.",
    printed_tex=r"\bar{\xi}(\infty) = \xi \odot \exp(-\alpha\phi(\infty)) < \xi",
    confirms="Certified φ_j(∞) > 0 in every coordinate, on unlike problems. The inequality is read for every "
    "coordinate.",
    refutes="One coordinate with φ_j(∞) = 0 exactly.",
    assumption="no coordinate's gradient ∂L/∂θ_j vanishes identically along the flow (a zero column of X, or a "
    "symmetry, makes it vanish; then ξ̄_j = ξ_j, and in general ξ̄ ≤ ξ)",
    compute=compute,
    seconds=3,
)
