"""S2-17: the flow α = 3 as Eq. 20 prints it, its term in η without a vector.

Where η has the factor ½(1 + μ)/(1 − μ)³ alone, a number is added to vectors.  In one variable that can be read: β' =
−∇L/(1 − μ) − ½η(1 + μ)/(1 − μ)³ − …, and at a minimum of L heavy ball rests while this flow leaves with that speed,
an error of O(η).  Nor can such a term be right for other reasons: heavy ball with (cL, η/c) makes the same steps, so
the term with η^n must have n + 1 factors L, and this one has none.  With the factor ∇L·∇²L of Eq. 17 and Table 1 it
is the limit of the recursion.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flint import Ordering, fmpq_mpoly_ctx

from oracle.claims.claim import Claim, Correction, Effect, Setting
from oracle.claims.evidence import Check, Findings, Role
from oracle.claims.measures import identity_check
from oracle.claims.paper_002.shared_large_k import BY_R, field_of, momentum_poly, over
from oracle.claims.paper_002.shared_recursion import FORK, TALL, TWO, Fields, stationary_fields
from oracle.claims.paper_002.shared_runs import TRIALS, Run, ladder, order_of, start_at, stationary
from reference.rooted_trees import LEAF

__all__ = ["CLAIM"]

EXACT = "exact limit of the recursion and of the shifted start"


def compute(setting: Setting) -> Findings:
    """Read the term in one variable, and restore its factor."""
    return Findings((_scales(), _rests(), _field(), *_orders(setting)))


def second_term(gradient: Any, hessian: Any) -> Any:
    """Return what stands behind −(η/2)(1 + μ)/(1 − μ)³ in Eq. 20, of L' and L'' in one variable: nothing."""
    return 1 + 0 * gradient * hessian


def corrected() -> Fields:
    """Return Eq. 20 with the factor ∇L·∇²L behind its term in η."""
    mu = momentum_poly()
    third = over((1 + mu) ** 2 / 4, 5), over((1 + 10 * mu + mu**2) / 12, 5)
    return field_of(over(mu**0, 1), over((1 + mu) / 2, 3), *third)


def _scales() -> Check:
    """Return whether the term in η is of second degree in L, as the symmetry (L, η) → (cL, η/c) asks."""
    g, h, c = fmpq_mpoly_ctx.get(("g", "h", "c"), Ordering.lex).gens()
    wrong = second_term(c * g, c * h) - c**2 * second_term(g, h)
    return identity_check(
        Role.AS_PRINTED,
        wrong == 0,
        "the term in η goes with L², since heavy ball makes the same steps with (cL, η/c)",
        f"with cL it is off by {wrong} times ½η(1 + μ)/(1 − μ)³",
        "all c, μ and L in one variable",
        "polynomials over the rationals (FLINT)",
    )


def _rests() -> Check:
    """Return whether the flow rests where heavy ball does: at ∇L = 0, where the other terms vanish."""
    ring = fmpq_mpoly_ctx.get(("h",), Ordering.lex)
    speed = second_term(0 * ring.gens()[0], ring.gens()[0])
    return identity_check(
        Role.AS_PRINTED,
        speed == 0,
        "from β_0 with ∇L(β_0) = 0, where heavy ball rests, the flow rests up to O(η³)",
        f"it leaves with the speed {speed} times −½η(1 + μ)/(1 − μ)³, so that ε_k is of the size of ηt",
        "all μ and L in one variable",
        "polynomials over the rationals (FLINT)",
    )


def _field() -> Check:
    right, field = stationary_fields(1), corrected()
    trees = ((0, LEAF), (1, TWO), (2, TALL), (2, FORK))
    wrong = sum(field[i][tree] != right[i][tree] for i, tree in trees)
    return identity_check(
        Role.CORRECTED,
        wrong == 0,
        "with the factor ∇L·∇²L the field is the limit of the recursion",
        f"{wrong} of 4 coefficients differ",
        "all μ",
        BY_R,
    )


def _orders(setting: Setting) -> Iterator[Check]:
    for trial in TRIALS:
        found = ladder(trial, Run(stationary(corrected()), 3, start_at(trial.momentum, 3)), setting)
        subject = "with it the flow from the shifted start is O(η³)-close after the transient"
        yield order_of(Role.CORRECTED, found.seen.settled, 3, subject, (trial, EXACT))


CLAIM = Claim(
    identifier="S2-17",
    paper="002",
    place="Eq. 20",
    statement=(
        "The flow α = 3 is β' = −∇L/(1 − μ) − (η/2)(1 + μ)/(1 − μ)³ − (η²/4)(1 + μ)²/(1 − μ)⁵ [ω₁ + (1 + 10μ + "
        "μ²)/(3(1 + μ)²) ω₂]."
    ),
    printed_tex=(
        r"\dot{\beta} = -\frac{\nabla L}{1-\mu} - \frac{\eta}{2} \frac{1+\mu}{(1-\mu)^3} - \frac{\eta^2}{4} "
        r"\frac{(1+\mu)^2}{(1-\mu)^5} \left[\omega_1 + \frac{1+10\mu+\mu^2}{3(1+\mu)^2} \omega_2 \right]"
    ),
    confirms=(
        "Read in one variable, where it can be, it rests where heavy ball rests and scales with L as heavy ball "
        "does."
    ),
    refutes="A minimum of L that this flow leaves with a speed of O(η).",
    compute=compute,
    correction=Correction(
        text=(
            "The term in η has the factor ∇L·∇²L, as in Eq. 17 and Table 1; and O(η³) is reached from the shifted "
            "start, after the transient (S2-16)."
        ),
        effect=Effect.AMENDS,
        tex=(
            r"\dot{\beta} = -\frac{\nabla L}{1-\mu} - \frac{\eta}{2} \frac{1+\mu}{(1-\mu)^3} \nabla L \cdot \nabla^2 L "
            r"- \frac{\eta^2}{4} \frac{(1+\mu)^2}{(1-\mu)^5} \left[\omega_1 + \frac{1+10\mu+\mu^2}{3(1+\mu)^2} "
            r"\omega_2 \right]"
        ),
    ),
    seconds=3,
)
