"""S2-10: the flow can be made arbitrarily close to heavy ball.

The paper explains itself: "i.e., the discretization error can be controlled to arbitrary order of the step size".
That is a statement for each α as η → 0, and it holds: the fields solve a triangular system, one coefficient a tree,
at every order.

It is not one for a fixed η as α grows.  On L = λβ²/2 every flow of this kind is β' = −c_k β and keeps the sign of β,
while heavy ball with ηλ > (1 − √μ)² changes it: no α comes closer than |β_k| there.  In series, heavy ball moves by
φ_k = 1 − x + μ(1 − 1/φ_{k−1}), x = ηλ, and the flow of order α has exp of the first α powers of log φ_k, whose radius
of convergence falls to (1 − √μ)².
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import exp

from flint import ctx, fmpq, fmpq_series

from oracle.claims.claim import Claim, Setting
from oracle.claims.evidence import Check, Findings, Grade, Line, Plot, Role
from oracle.claims.measures import identity_check
from oracle.claims.paper_002.shared_recursion import all_step_identity
from oracle.claims.paper_002.shared_runs import TRIALS, Run, ladder, order_of, piecewise

__all__ = ["CLAIM"]

HIGHEST = 7
EXACT = "exact identity of every step's map with heavy ball's"
MOMENTUM = Fraction(1, 2)
STEPS = 12
ORDERS = range(1, 33)
SMALL, LARGE = Fraction(1, 20), Fraction(1, 5)  # ηλ, on both sides of (1 − √μ)² = 0.0858 for μ = 1/2


def compute(setting: Setting) -> Findings:
    """Hold the orders up to a high α, and look at a fixed step size beside them."""
    fixed = {x: fixed_step_errors(x) for x in (SMALL, LARGE)}
    return Findings(
        (*_orders(), *_measured(setting), _sign(), *(_raised(x, fixed[x]) for x in fixed)),
        (_plot(fixed),),
        (
            "Arbitrary order is not arbitrary closeness: above ηλ = (1 − √μ)², far below heavy ball's own limit of "
            "stability 2(1 + μ), "
            "heavy ball crosses zero and a flow of the first order cannot follow.",
        ),
    )


def _orders() -> Iterator[Check]:
    for order in range(1, HIGHEST + 1):
        first, later = all_step_identity(order - 2)
        yield identity_check(
            Role.AS_PRINTED,
            first == later == 0,
            f"α = {order}: each interval's map is heavy ball's step up to η^{order}",
            f"{first} and {later} coefficients differ, at the first step and at a later one",
            "all k, μ, L and all fields of step k − 1",
            "polynomials over the rationals (FLINT), by composition and Lie series of rooted trees",
        )


def _measured(setting: Setting) -> Iterator[Check]:
    for trial in TRIALS[:2]:
        found = ladder(trial, Run(piecewise(4), 4), setting).seen.whole
        yield order_of(Role.AS_PRINTED, found, 4, "α = 4: max |ε_k| over kη ≤ T is O(η^4)", (trial, EXACT))


def heavy_ball(x: Fraction, momentum: Fraction, steps: int) -> list[Fraction]:
    """Return β_0, β_1, … on L = λβ²/2 with x = ηλ, from β_0 = 1, exactly."""
    found = [Fraction(1), 1 - x]
    while len(found) <= steps:
        found.append(found[-1] - x * found[-1] + momentum * (found[-1] - found[-2]))
    return found


def _sign() -> Check:
    """Return whether flows of every α can meet a heavy ball that has changed its sign."""
    lowest = min(heavy_ball(Fraction(1), MOMENTUM, 4))
    return Check(
        Role.BESIDE,
        lowest >= 0,
        "at a fixed η, some α comes as close as one likes",
        f"heavy ball reaches {lowest}, and β(t) > 0 for the flow of any α: never closer than {abs(lowest)}",
        "L = β²/2, η = 1, μ = 1/2, from β_0 = 1",
        Grade.CERTIFIED,
        ("exact rationals",),
    )


def fixed_step_errors(x: Fraction) -> list[float]:
    """Return max |ε_k| over the steps for each α, on L = λβ²/2 with x = ηλ."""
    discrete = heavy_ball(x, MOMENTUM, STEPS)
    before, ctx.cap = ctx.cap, max(ORDERS) + 2
    try:
        logarithms = list(_log_steps())
    finally:
        ctx.cap = before
    errors = []
    for order in ORDERS:
        exponent, worst = 0.0, 0.0
        for k, series in enumerate(logarithms):
            exponent += float(
                sum(
                    Fraction(int(series[n].p), int(series[n].q)) * x**n
                    for n in range(1, min(order, len(series) - 1) + 1)
                )
            )
            worst = max(worst, abs(exp(min(exponent, 50.0)) - float(discrete[k + 1])))
        errors.append(worst)
    return errors


def _log_steps() -> Iterator[fmpq_series]:
    """Yield log φ_k in powers of x."""
    momentum = fmpq(MOMENTUM.numerator, MOMENTUM.denominator)
    factor = fmpq_series([1, -1])
    for _ in range(STEPS):
        yield factor.log()
        factor = fmpq_series([1, -1]) + fmpq_series([momentum]) * (1 - 1 / factor)


def _raised(x: Fraction, errors: list[float]) -> Check:
    return Check(
        Role.BESIDE,
        errors[-1] < errors[0] / 1000,
        f"at ηλ = {x} the error goes to zero as α is raised",
        f"it is {errors[0]:.2g} for α = 1, {min(errors):.2g} at best and {errors[-1]:.2g} for α = {max(ORDERS)}",
        f"L = λβ²/2, μ = 1/2, {STEPS} steps",
        Grade.OBSERVED,
        ("exact series, summed",),
    )


def _plot(fixed: dict[Fraction, list[float]]) -> Plot:
    lines = tuple(
        Line(f"ηλ = {x}", tuple(map(float, ORDERS)), tuple(min(e, 10.0) for e in errors))
        for x, errors in fixed.items()
    )
    return Plot(
        "Raising the order at a fixed step size",
        "α",
        "largest |ε_k|",
        lines,
        y_log=True,
        caption=(
            "Above ηλ = (1 − √μ)² the error stops at heavy ball's own values beyond zero, which no flow reaches (μ "
            "= 1/2)."
        ),
    )


CLAIM = Claim(
    identifier="S2-10",
    paper="002",
    place="Abstract, Sec. 1 and 2",
    statement=(
        "The flow can be arbitrarily close to heavy ball, i.e. its discretisation error can be controlled to "
        "arbitrary order of the step size."
    ),
    printed_tex=r"\varepsilon_k = \mathcal{O}(\eta^{\alpha}) \quad \text{for any given } \alpha \geq 1",
    confirms=(
        "As the paper explains it: for every α tried each interval's map is heavy ball's step up to η^α "
        f"identically, and the largest |ε_k| falls accordingly. Exact for α = 1 … {HIGHEST}. That a fixed η gives "
        "any closeness one likes is another statement, and stands beside it."
    ),
    refutes="An α at which a coefficient differs, or whose measured order is certainly lower.",
    compute=compute,
    seconds=6,
)
