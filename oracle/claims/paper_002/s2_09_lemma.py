"""S2-9: Lemma A.2, Eq. 44 and 45 imply the orders; for which k?

Eq. 45 has no range of k.  All its terms are defined for k ≥ 1 alone: I_0⁻ is an integral over times before the flow
starts, and the lemma names G₋₁ = 0 but not γ₋₁.  Read for k ≥ 1 it leaves γ_0 free, and with γ_0 = 0 the first
interval makes exp(−η∇L), which misses β_0 − η∇L by ½η² ∇²L∇L; no later step takes that back: ε_k = O(η²) and no
better, whatever α.

With Eq. 45 at k = 0 too, where γ₋₁ = I_0⁻ = 0 (the proof says so in passing), δ_k = ε_k − ε_{k−1} satisfies |δ_{k+1}|
≤ μ|δ_k| + Cη|ε_k| + Cη^(α+1), whence |ε_k| ≤ C'η^α and |δ_k| ≤ C'η^(α+1) for all kη ≤ T, if the constant of Eq. 45 is
one for all k.  The paper's own induction shows it for each fixed k, where even ε_k = O(η^(α+1)).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from flint import fmpq_poly

from oracle.claims.claim import Claim, Setting
from oracle.claims.evidence import Check, Findings, Grade, Role
from oracle.claims.measures import identity_check
from oracle.claims.paper_002.shared_recursion import (
    TWO,
    Fields,
    all_step_identity,
    as_map_series,
    fields_of_steps,
    first_fields,
    next_fields,
    nothing,
    step_gap,
)
from oracle.claims.paper_002.shared_runs import TRIALS, Run, ladder, order_of
from reference.b_series import compose, exponential
from reference.heavy_ball_series import first_map, next_map
from reference.rooted_trees import LEAF, Tree, grow, trees_up_to

__all__ = ["CLAIM"]

FIXED_STEPS = 3
ORDERS = (2, 3)
EXACT = "exact series of the steps' maps"
BY = "polynomials over the rationals (FLINT), by composition and Lie series of rooted trees"


def compute(setting: Setting) -> Findings:
    """Try the lemma with Eq. 45 from k = 1 on, and from k = 0 on."""
    return Findings((_first_miss(), *_from_one(setting), *_from_zero(setting), _fixed_steps(3)))


def unspecified(order: int, momentum: Any) -> Fields:
    """Return fields of step 0 that Eq. 44 allows and Eq. 45 for k ≥ 1 does not forbid: G_0 = ∇L, γ_0 = 0."""
    fields = nothing(order - 2, 0 * momentum)
    fields[0][LEAF] = 0 * momentum + 1
    return fields


def _first_miss() -> Check:
    momentum = fmpq_poly([0, 1])
    miss = step_gap(unspecified(2, momentum), None, momentum, 2)[TWO]
    return identity_check(
        Role.AS_PRINTED,
        miss == 0,
        "Eq. 45 for k ≥ 1 implies ε_1 − ε_0 = O(η³) for α = 2",
        f"with γ_0 = 0, which it allows, ε_1 − ε_0 = {miss} η² ∇²L∇L + O(η³)",
        "all μ and L",
        BY,
    )


def _from_one(setting: Setting) -> Iterator[Check]:
    def steps(momentum: Any) -> Iterator[Fields]:
        fields = unspecified(3, momentum)
        while True:
            yield fields
            fields = next_fields(fields, 1, momentum)

    for trial in TRIALS[1:]:
        found = ladder(trial, Run(steps, 3), setting).seen.whole
        subject = "Eq. 45 for k ≥ 1 implies ε_k = O(η³) for α = 3 (tried with γ_0 = 0)"
        yield order_of(Role.AS_PRINTED, found, 3, subject, (trial, EXACT))


def disturbed(order: int, momentum: Any) -> Iterator[Fields]:
    """Yield fields that satisfy Eq. 45 to its order and no more: γ_k + (−1)^k η^(α−1) ∇²L … ∇L."""
    tall: Tree = LEAF
    for _ in range(order):
        tall = grow([tall])
    for k, fields in enumerate(fields_of_steps(order - 2, momentum)):
        yield [*fields, {tall: 0 * momentum + (-1) ** k}]


def _from_zero(setting: Setting) -> Iterator[Check]:
    for order in ORDERS:
        first, later = all_step_identity(order - 2)
        yield identity_check(
            Role.UNDER_ASSUMPTION,
            first == later == 0,
            f"α = {order}: what solves Eq. 44 and 45 for k ≥ 0 makes heavy ball's step up to η^{order} in each interval",
            f"{first} and {later} coefficients differ, at the first step and at a later one",
            "all k, μ, L and all fields of step k − 1",
            BY,
        )
        for trial in TRIALS[1:]:
            found = ladder(trial, Run(partial(disturbed, order), order), setting)
            of = (trial, EXACT)
            subject = f"α = {order}, Eq. 45 for k ≥ 0 with a remainder that alternates"
            yield order_of(
                Role.UNDER_ASSUMPTION, found.seen.whole, order, f"{subject}: ε_k = O(η^{order})", of
            )
            yield order_of(
                Role.UNDER_ASSUMPTION,
                found.increments,
                order + 1,
                f"{subject}: ε_(k+1) − ε_k = O(η^{order + 1})",
                of,
            )


def _fixed_steps(order: int) -> Check:
    """Return whether ε_N at a fixed N has a power of η below α + 1."""
    momentum, trees = fmpq_poly([0, 1]), trees_up_to(order + 1)
    fields = first_fields(order - 2, momentum)
    step = ball = first_map(trees, 0 * momentum + 1)
    flow = exponential(_padded(fields, trees, momentum), trees)
    for _ in range(FIXED_STEPS - 1):
        fields = next_fields(fields, order - 2, momentum)
        step = next_map(step, momentum, trees)
        ball = compose(step, ball, trees)
        flow = compose(exponential(_padded(fields, trees, momentum), trees), flow, trees)
    powers = [tree.nodes for tree in trees if flow[tree] != ball[tree]]
    return Check(
        Role.BESIDE,
        min(powers) == order + 1,
        f"at a fixed number of steps, N = {FIXED_STEPS}, ε_N of α = {order} is even O(η^{order + 1}) and no better",
        f"the first power of η in ε_N is {min(powers)}",
        "all μ and L",
        Grade.CERTIFIED,
        (BY,),
    )


def _padded(fields: Fields, trees: tuple[Tree, ...], momentum: Any) -> dict[Tree, Any]:
    known = as_map_series(fields)
    return {tree: 0 * momentum + known.get(tree, 0) for tree in trees}


CLAIM = Claim(
    identifier="S2-9",
    paper="002",
    place="Lemma A.2, Eq. 44, 45",
    statement=(
        "If G_k = μG_(k−1) + ∇L with G₋₁ = 0 and I_k^+ + μI_k^− − γ_k + μγ_(k−1) = O(η^(α−1)), then ε_k − ε_(k−1) "
        "= O(η^(α+1)) and ε_k = O(η^α)."
    ),
    printed_tex=r"I_k^{+} + \mu I_k^{-} - \gamma_k + \mu \gamma_{k-1} = \mathcal{O}(\eta^{\alpha-1})",
    confirms=(
        "Flows that satisfy Eq. 44 and 45, with a remainder of just the allowed size, have both orders over kη ≤ "
        "T. As printed Eq. 45 is granted wherever its terms are defined, for k ≥ 1."
    ),
    refutes="A flow that satisfies both equations for k ≥ 1 and has a lower order.",
    compute=compute,
    assumption="Eq. 45 holds from k = 0 on with γ₋₁ = I_0⁻ = 0, and with one constant for all kη ≤ T",
    seconds=6,
)
