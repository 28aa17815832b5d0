"""S2-7: G₋₁ = γ₋₁ = 0 is needed.

Heavy ball's first step is β_0 − η∇L whatever μ.  With G₋₁ = c₁∇L the recursion gives G_0 = (1 + μc₁)∇L, so the first
interval misses by −ημc₁∇L; with G₋₁ = 0 and γ₋₁^(0) = c₂ ∇²L∇L, γ_0^(0) is off by μc₂ and the miss is −η²μc₂ ∇²L∇L;
and so on: the lowest one that is not zero is felt with the factor μ at its own power, and every later step carries it
on.  The misses add up to a multiple of the first, since the kth has the factor μ^(k+1): so γ₋₁^(α−2), the last that is kept,
costs the increments their order (Eq. 12) and not ε_k.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from flint import Ordering, fmpq_mpoly_ctx

from oracle.claims.claim import Claim, Setting
from oracle.claims.evidence import Check, Findings, Grade, Role
from oracle.claims.measures import LARGEST_BAR, identity_check
from oracle.claims.paper_002.shared_recursion import (
    FORK,
    TALL,
    TWO,
    Fields,
    fields_of_steps,
    next_fields,
    nothing,
    step_gap,
)
from oracle.claims.paper_002.shared_runs import LIE_SERIES, TRIALS, Run, Trial, ladder, order_of
from reference.balls import ball
from reference.observed_order import OrderEstimate
from reference.rooted_trees import LEAF

__all__ = ["CLAIM"]

BY = "polynomials over the rationals (FLINT), by Lie series of rooted trees"
EXACT = "exact coefficient of the first interval's miss"
SIZE = Fraction(1, 2)  # of what is put in the place of zero


def compute(setting: Setting) -> Findings:
    """Put something else in the place of the zeros: exactly for the first interval, measured for all."""
    return Findings((*(_first_miss(nodes) for nodes in (1, 2, 3)), *_measured(setting)))


def start(momentum: Any) -> Fields:
    """Return G₋₁ = γ₋₁ = 0 for σ ≤ 1, which is what the paper has."""
    return nothing(1, 0 * momentum)


def missed(nodes: int) -> tuple[bool, bool]:
    """Return whether the first interval misses Φ_0 at this power by μ times what stood before, and by nothing with zero.

    Everything of fewer nodes is zero before.
    """
    names = ("mu", "c1", "c2", "c3", "c4")
    mu, *symbols = fmpq_mpoly_ctx.get(names, Ordering.lex).gens()
    before = start(mu)
    trees = {1: (LEAF,), 2: (TWO,), 3: (TALL, FORK)}[nodes]
    for tree, symbol in zip(trees, symbols, strict=False):
        before[nodes - 1][tree] = 0 * mu + symbol
    gap = step_gap(next_fields(before, 1, mu), None, mu, 3)
    shown = all(
        gap[tree] == (-1) ** (nodes + 1) * mu * symbol for tree, symbol in zip(trees, symbols, strict=False)
    )
    rest = step_gap(next_fields(start(mu), 1, mu), None, mu, 3)
    return shown, all(value == 0 for value in rest.values())


def _first_miss(nodes: int) -> Check:
    what = {1: "G₋₁", 2: "γ₋₁^(0)", 3: "γ₋₁^(1)"}[nodes]
    shown, clean = missed(nodes)
    put, kept = "μ times it" if shown else "another miss", "no miss" if clean else "a miss"
    return identity_check(
        Role.AS_PRINTED,
        shown and clean,
        f"the first interval is right to η³ with zeros, and with {what} ≠ 0 it is wrong at η^{nodes}",
        f"with {what} in general: {put}; with zeros: {kept}",
        f"all μ, L and {what}",
        BY,
    )


def _measured(setting: Setting) -> Iterator[Check]:
    for trial in TRIALS[1:]:
        for order, nodes in ((2, 1), (3, 2)):
            yield _falls_short(trial, order, nodes, setting)
    for order, what in ((1, "G₋₁ = ½∇L"), (2, "γ₋₁^(0) = ½∇²L∇L")):
        found = ladder(TRIALS[1], Run(_without_zero(order, order), order), setting)
        yield _increments(order, what, found.increments)
        subject = f"with {what} the flow α = {order} keeps ε_k = O(η^{order}) all the same"
        yield order_of(Role.BESIDE, found.seen.whole, order, subject, (TRIALS[1], EXACT))


def _increments(order: int, what: str, seen: OrderEstimate) -> Check:
    """Return whether the increments of the error lose their order, Eq. 12."""
    return Check(
        Role.AS_PRINTED,
        None if seen.error_bar > LARGEST_BAR else seen.order + 2 * seen.error_bar < order + 1,
        f"with {what} the increments of the error of the flow α = {order} are not O(η^{order + 1})",
        f"measured order {seen.order:.3f} ± {seen.error_bar:.3f}",
        TRIALS[1].name,
        Grade.CONFIRMED,
        (LIE_SERIES, EXACT),
    )


def _falls_short(trial: Trial, order: int, nodes: int, setting: Setting) -> Check:
    """Return whether a flow of this α loses its order where something of `nodes` nodes stands before."""
    seen = ladder(trial, Run(_without_zero(nodes, order), order), setting).seen.whole
    what = {1: "G₋₁ = ½∇L", 2: "γ₋₁^(0) = ½∇²L∇L"}[nodes]
    return Check(
        Role.AS_PRINTED,
        None if seen.error_bar > LARGEST_BAR else seen.order + 2 * seen.error_bar < order,
        f"with {what} the flow α = {order} is not O(η^{order})-close",
        f"measured order {seen.order:.3f} ± {seen.error_bar:.3f}",
        trial.name,
        Grade.CONFIRMED,
        (LIE_SERIES, EXACT),
    )


def _without_zero(nodes: int, order: int) -> Any:
    def steps(momentum: Any) -> Iterator[Fields]:
        before = start(momentum)[:order]
        before[nodes - 1][{1: LEAF, 2: TWO}[nodes]] = ball(SIZE)
        return fields_of_steps(order - 2, momentum, before)

    return steps


CLAIM = Claim(
    identifier="S2-7",
    paper="002",
    place="App. A.1.2",
    statement="The recursion has to start from G₋₁ = 0 and γ₋₁ = 0.",
    printed_tex=r"G_{-1} = 0, \qquad \gamma_{-1} = 0",
    confirms=(
        "With zeros the first interval's map is heavy ball's first step; with indeterminates in their place it "
        "misses by μ times the lowest one, and the measured order of ε_k or of its increments (Eq. 12) falls below what "
        "the theorem says."
    ),
    refutes="Other values with which both orders of the theorem survive, or an order that zeros do not give.",
    compute=compute,
    seconds=5,
)
