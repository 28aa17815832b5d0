"""S2-16: γ_k^(1) for large k by Eq. 70, and Table 1's row α = 3 for heavy ball.

The three lines of Eq. 70 are equal: the factor of ω₂ is (1 + 5μ)/(12(1 − μ)⁴) + μ(1 + μ)/(2(1 − μ)⁵), and (1 + 5μ)(1
− μ) + 6μ(1 + μ) = 1 + 10μ + μ²; that of ω₁ is (1 + μ)(1 − μ + 2μ)/(4(1 − μ)⁵).  They are the limits of the recursion
(see S2-15).

But the row is O(η³)-close only where heavy ball's slow start is made up for: from β_0 the flow is μ/(1 − μ) steps
ahead, an error of O(η) at every k ≥ 1 (S2-13).  S(β_0) = β_0 + ημ/(1 − μ)² ∇L + O(η²), with its second power, gives
O(η³) once μ^k is small.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from oracle.claims.claim import Claim, Correction, Effect, Setting
from oracle.claims.evidence import Check, Findings, Role
from oracle.claims.measures import identity_check, ladder_plot
from oracle.claims.paper_002.shared_large_k import BY_R, field_of, late_check, momentum_poly, over
from oracle.claims.paper_002.shared_recursion import Fields, stationary_fields, third_order
from oracle.claims.paper_002.shared_runs import (
    LATE,
    TRIALS,
    Ladder,
    Run,
    Trial,
    ladder,
    order_of,
    piecewise,
    start_at,
    stationary,
)

__all__ = ["CLAIM"]

FIRST_POWER = "exact coefficient of η in ε_k"
EXACT = "exact series of the stationary field and of the shifted start"


def compute(setting: Setting) -> Findings:
    """Hold Eq. 70 to the recursion, then run the row of Table 1 from both starts, and the k-dependent flow."""
    field = stationary(table_1())
    plain = [(trial, ladder(trial, Run(field, 3), setting)) for trial in TRIALS]
    shifted = [
        (trial, ladder(trial, Run(field, 3, start_at(trial.momentum, 3)), setting)) for trial in TRIALS
    ]
    plot = ladder_plot(
        "Table 1, α = 3, and heavy ball in the second half of the horizon",
        [("from β(0) = β₀", plain[0][1].seen), ("from the shifted start", shifted[0][1].seen)],
        f"From heavy ball's own start the third order is not there ({TRIALS[0].name}).",
        settled=True,
    )
    return Findings((*_formula(), late_check(3), *_orders(plain, shifted), *_full(setting)), (plot,))


def equation_70() -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    """Return the factors of ω₁ and ω₂ by the second and by the last line of Eq. 70."""
    mu = momentum_poly()
    theta = over(mu * (1 + mu) / 2, 5)
    second = over((1 + mu) / 4, 4) + theta, over((1 + 5 * mu) / 12, 4) + theta
    return second, (over((1 + mu) ** 2 / 4, 5), over((1 + 10 * mu + mu**2) / 12, 5))


def table_1() -> Fields:
    """Return the field of Table 1's row α = 3 for heavy ball."""
    mu = momentum_poly()
    return field_of(over(mu**0, 1), over((1 + mu) / 2, 3), *equation_70()[1])


def _formula() -> Iterator[Check]:
    second, last = equation_70()
    right = third_order(stationary_fields(1))
    rows = (
        (Role.AS_PRINTED, "the second and the last line of Eq. 70 are equal", second, last),
        (Role.AS_PRINTED, "Eq. 70 is the limit of γ_k^(1)", last, right),
        (Role.CORRECTED, "Eq. 70 stands: it is the limit of γ_k^(1)", last, right),
    )
    for role, asked, left, other in rows:
        wrong = sum(a != b for a, b in zip(left, other, strict=True))
        yield identity_check(role, wrong == 0, asked, f"{wrong} of 2 factors differ", "all μ", BY_R)


def _orders(plain: list[tuple[Trial, Ladder]], shifted: list[tuple[Trial, Ladder]]) -> Iterator[Check]:
    for trial, found in plain:
        subject = "from β(0) = β_0 the row is O(η³)-close in the second half of the horizon, where k is large"
        yield order_of(Role.AS_PRINTED, found.seen.settled, 3, subject, (trial, FIRST_POWER))
    for trial, found in shifted:
        subject = "from S(β_0) it is O(η³)-close in the second half of the horizon"
        yield order_of(Role.CORRECTED, found.seen.settled, 3, subject, (trial, EXACT))


def _full(setting: Setting) -> Iterator[Check]:
    for trial in TRIALS[-2:]:
        found = ladder(trial, Run(piecewise(3), 3), setting)
        subject = "with the k-dependent γ_k^(0) and γ_k^(1) the flow from β_0 is O(η³)-close at all k"
        yield order_of(Role.CORRECTED, found.seen.whole, 3, subject, (trial, EXACT))
    end = ladder(LATE, Run(stationary(table_1()), 3), setting).seen.settled
    subject = "from β(0) = β_0, where both have all but converged, the row is O(η³)-close"
    yield order_of(Role.BESIDE, end, 3, subject, (LATE, EXACT))


CLAIM = Claim(
    identifier="S2-16",
    paper="002",
    place="Eq. 70, Table 1",
    statement=(
        "For large k γ_k^(1) = (1 + μ)²/(4(1 − μ)⁵)[ω₁ + (1 + 10μ + μ²)/(3(1 + μ)²) ω₂], and the flow with these "
        "terms is O(η³)-close to heavy ball."
    ),
    printed_tex=(
        r"\gamma_k^{(1)} = \frac{(1+\mu)^2}{4(1-\mu)^5} \left[ \omega_1 + \frac{1+10\mu+\mu^2}{3(1+\mu)^2} "
        r"\omega_2 \right], "
        r"\quad \varepsilon_k = \mathcal{O}(\eta^3)"
    ),
    confirms=(
        "Both factors are limits of the recursion for all μ and, with ε_0 = 0 as the paper defines it, the largest "
        "|ε_k| in the second half of a fixed horizon falls like η³."
    ),
    refutes=(
        "A factor that differs, a power η¹ in ε_k that stays for large k, or a measured order certainly below 3 "
        "there."
    ),
    compute=compute,
    correction=Correction(
        text=(
            "The formula stands. The flow is O(η³)-close once μ^k = O(η³) if it starts at S(β_0) = β_0 + ημ/(1 − "
            "μ)² ∇L(β_0) + O(η²) with S's second power; from β_0 itself only the k-dependent flow is."
        ),
        effect=Effect.AMENDS,
        tex=r"\beta(0) = \beta_0 + \eta \frac{\mu}{(1-\mu)^2} \nabla L(\beta_0) + \mathcal{O}(\eta^2)",
    ),
    seconds=6,
)
