"""S2-15: γ_k^(1) for large k as Eq. 19 prints it, with (1 + 5μ)/12 beside ω₂.

The limit satisfies (1 − μ)γ^(1) = χ^(1).  With G = r∇L, γ^(0) = ½(1 + μ)r³ ∇L·∇²L, r = 1/(1 − μ), Eq. 58 is

    χ^(1) = ½(1 + μ)·½(1 + μ) r⁴ (ω₁ + ω₂) − (1 − μ) r³ ω₂/6,

so the factor of ω₁ in γ^(1) is (1 + μ)² r⁵/4, and that of ω₂ is r⁵((1 + μ)²/4 − (1 − μ)²/6) = r⁵(1 + 10μ + μ²)/12.
Eq. 19 has (1 + μ)(1 + 5μ) = 1 + 6μ + 5μ² in its place; Eq. 20, Table 1 and Eq. 70 have it right.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from typing import Any

from oracle.claims.claim import Claim, Correction, Effect, Setting
from oracle.claims.evidence import Check, Findings, Grade, Role
from oracle.claims.measures import identity_check, ladder_plot
from oracle.claims.paper_002.shared_large_k import BY_R, field_of, momentum_poly, over
from oracle.claims.paper_002.shared_recursion import TWO, fields_of_steps, stationary_fields, third_order
from oracle.claims.paper_002.shared_runs import (
    TRIALS,
    Ladder,
    Run,
    Trial,
    ladder,
    order_of,
    start_at,
    stationary,
)
from reference.rooted_trees import LEAF

__all__ = ["CLAIM"]

EXACT = "exact limit of the recursion, in polynomials of 1/(1 − μ)"
LATE_STEP = 200
MOMENTA = (Fraction(1, 4), Fraction(4, 5))


def compute(setting: Setting) -> Findings:
    """Hold both forms to the limit of the recursion, to the recursion at a late step, and to heavy ball itself."""
    runs = {
        role: [(trial, _measured(trial, form(), setting)) for trial in TRIALS[1:]]
        for role, form in ((Role.AS_PRINTED, printed), (Role.CORRECTED, corrected))
    }
    plot = ladder_plot(
        "The flow α = 3 with both coefficients of ω₂",
        [("as printed", runs[Role.AS_PRINTED][0][1].seen), ("corrected", runs[Role.CORRECTED][0][1].seen)],
        f"From the shifted start, after the transient: the printed one loses a power of η ({TRIALS[1].name}).",
        settled=True,
    )
    checks = [check for momentum in MOMENTA for check in _late(momentum)]
    return Findings((*_limit(), *checks, *_orders(runs)), (plot,))


def printed() -> tuple[Any, Any]:
    """Return the factors of ω₁ and ω₂ in Eq. 19."""
    mu = momentum_poly()
    return over((1 + mu) ** 2 / 4, 5), over((1 + mu) * (1 + 5 * mu) / 12, 5)


def corrected() -> tuple[Any, Any]:
    """Return those derived above."""
    mu = momentum_poly()
    return over((1 + mu) ** 2 / 4, 5), over((1 + 10 * mu + mu**2) / 12, 5)


def _limit() -> Iterator[Check]:
    right = third_order(stationary_fields(1))
    for role, form in ((Role.AS_PRINTED, printed()), (Role.CORRECTED, corrected())):
        differing = [name for name, a, b in zip(("ω₁", "ω₂"), form, right, strict=True) if a != b]
        yield identity_check(
            role,
            not differing,
            "the factors are the limits of the recursion for k → ∞",
            f"the factor of {' and '.join(differing)} differs" if differing else "both are equal",
            "all μ",
            BY_R,
        )


def _late(momentum: Fraction) -> Iterator[Check]:
    """Compare with the recursion of Theorem 2.1 at a late step, in exact rationals."""
    right = third_order(next(islice(fields_of_steps(1, momentum), LATE_STEP, None)))
    allowed = LATE_STEP**2 * momentum**LATE_STEP / (1 - momentum) ** 8
    for role, form in ((Role.AS_PRINTED, printed()), (Role.CORRECTED, corrected())):
        worst = max(abs(_at(a, momentum) - b) for a, b in zip(form, right, strict=True))
        yield Check(
            role,
            worst < allowed,
            f"they are what the recursion gives at k = {LATE_STEP}, up to terms in μ^k",
            f"off by {float(worst):.2g}; terms in μ^k are below {float(allowed):.2g}",
            f"μ = {momentum}",
            Grade.CERTIFIED,
            ("exact rationals",),
        )


def _at(polynomial: Any, momentum: Fraction) -> Fraction:
    r = 1 / (1 - momentum)
    found = Fraction(0)
    for power in range(polynomial.degree() + 1):
        found += Fraction(int(polynomial[power].p), int(polynomial[power].q)) * r**power
    return found


def _measured(trial: Trial, third: tuple[Any, Any], setting: Setting) -> Ladder:
    limit = stationary_fields(0)
    field = field_of(limit[0][LEAF], limit[1][TWO], *third)
    return ladder(trial, Run(stationary(field), 3, start_at(trial.momentum, 3)), setting)


def _orders(runs: dict[Role, list[tuple[Trial, Ladder]]]) -> Iterator[Check]:
    for role, found in runs.items():
        for trial, seen in found:
            subject = "with them the flow from the shifted start is O(η³)-close after the transient"
            yield order_of(role, seen.seen.settled, 3, subject, (trial, EXACT))


CLAIM = Claim(
    identifier="S2-15",
    paper="002",
    place="Eq. 19",
    statement="For large k γ_k^(1) = (1 + μ)/(1 − μ)⁵ [(1 + μ)/4 ω₁ + (1 + 5μ)/12 ω₂].",
    printed_tex=(
        r"\gamma_k^{(1)} = \frac{1+\mu}{(1-\mu)^5} \left[\frac{1+\mu}{4} \omega_1 + \frac{1+5\mu}{12} \omega_2 \right]"
    ),
    confirms=(
        "Both factors are the limits of the recursion for all μ, and the flow that has them is O(η³)-close from "
        "the right start."
    ),
    refutes="A factor that differs from the limit for some μ, or an order certainly below 3.",
    compute=compute,
    correction=Correction(
        text="The factor of ω₂ is (1 + 10μ + μ²)/(12(1 − μ)⁵), as Eq. 20, Table 1 and Eq. 70 have it.",
        effect=Effect.AMENDS,
        tex=(
            r"\gamma_k^{(1)} = \frac{1}{(1-\mu)^5} \left[\frac{(1+\mu)^2}{4} \omega_1 + \frac{1+10\mu+\mu^2}{12} "
            r"\omega_2 \right]"
        ),
    ),
    seconds=4,
)
