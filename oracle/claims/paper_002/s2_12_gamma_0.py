"""S2-12: the coefficient γ_k^(0) of Eq. 57.

With G_j = (1 − μ^(j+1))/(1 − μ) ∇L the recursion is g_k = μ g_(k−1) + ((1 − μ^(k+1))² + μ(1 − μ^k)²)/(2(1 − μ)²) for
the factor g_k of ∇L·∇²L.  With P = μ^(k+1) its solution is

    g_k = ((1 + μ)(1 − P²)/(1 − μ) − 4(k + 1) P)/(2(1 − μ)²),

which is the sum in Eq. 57 done, and tends to (1 + μ)/(2(1 − μ)³).
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from flint import Ordering, fmpq_mpoly_ctx

from oracle.claims.claim import Claim, Setting
from oracle.claims.evidence import Check, Findings, Grade, Role
from oracle.claims.measures import identity_check
from oracle.claims.paper_002.shared_large_k import BY_R, gamma_0, in_momentum, momentum_poly, over
from oracle.claims.paper_002.shared_recursion import (
    TWO,
    all_step_identity,
    fields_of_steps,
    stationary_fields,
)

__all__ = ["CLAIM"]

BY = "polynomials in μ, powers of μ and k over the rationals (FLINT)"
STEPS = 40
MOMENTA = (Fraction(1, 3), Fraction(9, 10))


def compute(setting: Setting) -> Findings:
    """Follow Eq. 57 from line to line, and hold it to heavy ball's steps; exact, whatever the precision."""
    return Findings((_is_the_field(), _lines_agree(), _sum_solves(), *map(_steps_agree, MOMENTA), _large_k()))


def summand(mu: Any, ahead: Any, past: Any) -> Any:
    """Return the summand of Eq. 57's last line, with `ahead` = μ^(k−j), `past` = μ^j: times 2(1 − μ)²."""
    return (1 + mu) * ahead + mu * ahead * past * (past * (1 + mu) - 4)


def large_k() -> Any:
    """Return the limit printed below Eq. 57."""
    return over((1 + momentum_poly()) / 2, 3)


def _is_the_field() -> Check:
    first, later = all_step_identity(0)
    return identity_check(
        Role.AS_PRINTED,
        first == later == 0,
        "the first line, γ_k^(0) by the recursion, makes heavy ball's steps up to η²",
        f"{first} and {later} coefficients differ, at the first step and at a later one",
        "all k, μ and L",
        "polynomials over the rationals (FLINT), by composition and Lie series of rooted trees",
    )


def _lines_agree() -> Check:
    mu, ahead, past = fmpq_mpoly_ctx.get(("mu", "A", "B"), Ordering.lex).gens()
    second = ahead * ((1 - mu * past) ** 2 + mu * (1 - past) ** 2)
    difference = second - summand(mu, ahead, past)
    return identity_check(
        Role.AS_PRINTED,
        difference == 0,
        "the second and the third line have equal summands",
        f"they differ by {difference}",
        "all μ, j and k",
        BY,
    )


def _sum_solves() -> Check:
    """Return whether the summed Eq. 57 satisfies the recursion, as a polynomial in μ, P = μ^k and k."""
    mu, power, k = fmpq_mpoly_ctx.get(("mu", "P", "k"), Ordering.lex).gens()

    source = (1 - mu) * ((1 - mu * power) ** 2 + mu * (1 - power) ** 2)
    gap = gamma_0(mu, mu * power, k + 1) - mu * gamma_0(mu, power, k) - source
    return identity_check(
        Role.AS_PRINTED,
        gap == 0,
        "the third line, summed, satisfies γ_k = μγ_(k−1) + χ_k",
        f"it misses by {gap}",
        "all μ and k",
        BY,
    )


def _steps_agree(momentum: Fraction) -> Check:
    wrong = 0
    for k, fields in zip(range(STEPS), fields_of_steps(0, momentum), strict=False):
        terms = (summand(momentum, momentum ** (k - j), momentum**j) for j in range(k + 1))
        wrong += sum(terms, start=Fraction(0)) / (2 * (1 - momentum) ** 2) != fields[1][TWO]
    return Check(
        Role.AS_PRINTED,
        wrong == 0,
        "the sum as printed is what the recursion of Theorem 2.1 gives",
        f"{wrong} of the first {STEPS} steps differ",
        f"μ = {momentum}",
        Grade.CERTIFIED,
        ("exact rationals",),
    )


def _large_k() -> Check:
    limit = stationary_fields(0)[1][TWO]
    return identity_check(
        Role.AS_PRINTED,
        limit == large_k(),
        "for large k it is (1 + μ)/(2(1 − μ)³)",
        f"the limit is {in_momentum(limit)}",
        "all μ",
        BY_R,
    )


CLAIM = Claim(
    identifier="S2-12",
    paper="002",
    place="Eq. 57",
    statement=(
        "γ_k^(0) is ∇L·∇²L/(2(1 − μ)²) times Σ_j [(1 + μ)μ^(k−j) + μ^(k+1)(μ^j(1 + μ) − 4)], for large k (1 + "
        "μ)/(2(1 − μ)³) ∇L·∇²L."
    ),
    printed_tex=(
        r"\gamma_k^{(0)} = \frac{\nabla L \cdot \nabla^2 L}{2(1-\mu)^2} \sum_{j=0}^k "
        r"\left[(1+\mu)\mu^{k-j} + \mu^{k+1}(\mu^j(1+\mu)-4)\right]"
    ),
    confirms=(
        "All lines are equal as polynomials in μ, its powers and k; they satisfy the recursion; and that makes "
        "heavy ball's steps."
    ),
    refutes="A line that differs from the one before, or a step that differs.",
    compute=compute,
    seconds=0.3,
)
