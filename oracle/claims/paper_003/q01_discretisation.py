"""Q1: the printed finite differences turn MGF(λ) into MGD(γ, β), initial data included.

Put λ = γ/(1 − β)² and ε = γ/(1 − β), so that λ/ε² = 1/γ and 1/ε = (1 − β)/γ.  Then γ times

    λ (w₊ − 2w + w₋)/ε² + (w − w₋)/ε + ∇F(w)     is     (w₊ − 2w + w₋) + (1 − β)(w − w₋) + γ∇F(w),

that is w₊ − [w − γ∇F(w) + β(w − w₋)]: zero for the one exactly when zero for the other.  The initial velocity
(w_1 − w_0)/ε over one step ε is w_1 − w_0.  Nothing is neglected; that the velocity is a backward and the
acceleration a central difference is why the flow is only O(ε) close (Q3).

Source: paper 003, Sec. 1.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import islice
from typing import Any

from flint import Ordering, fmpq_mpoly_ctx

from oracle.claims.claim import Claim, Setting
from oracle.claims.evidence import Check, Findings, Grade, Role
from oracle.claims.instances import HADAMARD, QUARTIC_TWO, Instance
from oracle.claims.measures import identity_check
from reference.arithmetic import RationalArithmetic, Vector
from reference.case import Case, Method
from reference.objective import objective_of
from reference.trajectory import states

__all__ = ["CLAIM"]

BY = "polynomials over the rationals (FLINT)"
STEPS = 5  # of exact runs: the rationals triple in length at each
GAMMA, BETA = Fraction(1, 7), Fraction(3, 5)


def compute(setting: Setting) -> Findings:
    """Show the identity in symbols, then run the scheme and MGD in rationals from w_0 ≠ w_1."""
    del setting  # everything is exact
    return Findings((_scheme_is_descent(), _velocity_is_first_step(), *map(_runs, (HADAMARD, QUARTIC_TWO))))


def inertia(gamma: Any, beta: Any) -> tuple[Any, Any]:
    """Return the printed λ = γ/(1 − β)² as numerator and denominator."""
    return gamma, (1 - beta) ** 2


def step(gamma: Any, beta: Any) -> tuple[Any, Any]:
    """Return the printed ε = γ/(1 − β) as numerator and denominator."""
    return gamma, 1 - beta


def _scheme_is_descent() -> Check:
    context = fmpq_mpoly_ctx.get(("gamma", "beta", "w0", "w1", "w2", "g"), Ordering.lex)
    gamma, beta, w0, w1, w2, g = context.gens()
    (ln, ld), (en, ed) = inertia(gamma, beta), step(gamma, beta)
    cleared = ln * ed**2 * (w2 - 2 * w1 + w0) + ld * ed * en * (w1 - w0) + ld * en**2 * g
    descent = w2 - (w1 - gamma * g + beta * (w1 - w0))
    difference = gamma * cleared - ld * en**2 * descent
    return identity_check(
        Role.AS_PRINTED,
        not difference,
        "γ times the printed scheme is w_{k+1} − [w_k − γ∇F(w_k) + β(w_k − w_{k−1})]",
        f"after clearing denominators the difference is {difference}",
        "all γ, β, w_{k−1}, w_k, w_{k+1} and ∇F(w_k)",
        BY,
    )


def _velocity_is_first_step() -> Check:
    context = fmpq_mpoly_ctx.get(("gamma", "beta", "w0", "w1"), Ordering.lex)
    gamma, beta, w0, w1 = context.gens()
    en, ed = step(gamma, beta)
    # w_0 + ε·w'(0) with w'(0) = (w_1 − w_0)/ε, over the common denominator
    difference = w0 * ed * en + en * ((w1 - w0) * ed) - w1 * ed * en
    return identity_check(
        Role.AS_PRINTED,
        not difference,
        "one step ε at the printed initial velocity leads from w_0 to w_1",
        f"after clearing denominators the difference is {difference}",
        "all γ, β, w_0 and w_1",
        BY,
    )


def _runs(instance: Instance) -> Check:
    """Solve the scheme for w_{k+1} in rationals and compare with the reference's heavy ball from (w_0, w_1)."""
    start = instance.case.init
    kick = {name: tuple(x / 16 for x in values) for name, values in start.items()}  # w_1 − w_0
    method = Method("heavy_ball", GAMMA, BETA, p0=kick)
    case = Case(instance.case.problem, instance.case.model, start, method)
    arithmetic = RationalArithmetic(Fraction)
    objective = objective_of(case, arithmetic)
    positions = [state.position for state in islice(states(case, arithmetic, objective), STEPS)]
    (ln, ld), (en, ed) = inertia(GAMMA, BETA), step(GAMMA, BETA)
    lam, eps = Fraction(ln, ld), Fraction(en, ed)
    here = positions[0]
    before = here - Vector([x for values in kick.values() for x in values])
    agree = True
    for expected in positions[1:]:
        pull = eps**2 / lam * ((1 / eps) * (here - before) + objective.gradient(here))
        before, here = here, 2 * here - before - pull
        agree = agree and list(here) == list(expected)
    return Check(
        role=Role.AS_PRINTED,
        holds=agree,
        asked="the scheme, solved for w_{k+1}, and MGD from the same (w_0, w_1) are one sequence",
        found=f"{STEPS - 1} steps in rationals are {'equal' if agree else 'not equal'}",
        instance=f"{instance.name}, γ = {GAMMA}, β = {BETA}, w_1 − w_0 = w_1/16",
        grade=Grade.CERTIFIED,
        methods=("the scheme in rationals", "heavy ball in rationals"),
    )


CLAIM = Claim(
    identifier="Q1",
    paper="003",
    place="Sec. 1",
    statement="Discretising MGF(λ) with step ε by the printed differences, from w(0) = w_0 and w'(0) = (w_1 − w_0)/ε, gives "
    "MGD(γ, β) from (w_0, w_1), with λ = γ/(1 − β)² and ε = γ/(1 − β): exactly.",
    confirms="The difference of both recurrences is the zero polynomial in γ, β, the iterates and the gradient, and runs in "
    "rationals are equal.",
    refutes="A difference that is not the zero polynomial.",
    compute=compute,
    printed_tex=r"\lambda \frac{w_{k+1} - 2 w_k + w_{k-1}}{\varepsilon^2} + \frac{w_k - w_{k-1}}{\varepsilon} + "
    r"\nabla F(w_k) = 0,"
    r"\quad \lambda = \frac{\gamma}{(1-\beta)^2}, \quad \varepsilon = \frac{\gamma}{1-\beta}",
    seconds=0.3,
)
