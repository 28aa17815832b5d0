"""S2-5: the flow of Theorem 2.1 truncated at γ^(α−2) is O(η^α)-close to heavy ball.

Truncated or not, the fields agree up to α nodes, so each interval's map agrees with heavy ball's step Φ_k up to η^α:
an exact identity (S2-4), with local errors of O(η^(α+1)).  Both maps expand distances by 1 + O(η), so over kη ≤ T at
most T/η of them add up to O(η^α).  That the O(η^α) is really reached and not beaten by a power is what the ladders
show.
"""

from __future__ import annotations

from collections.abc import Iterator

from oracle.claims.claim import Claim, Setting
from oracle.claims.evidence import Check, Findings, Role
from oracle.claims.measures import identity_check, ladder_plot
from oracle.claims.paper_002.shared_recursion import all_step_identity
from oracle.claims.paper_002.shared_runs import TRIALS, Ladder, Run, Trial, ladder, order_of, piecewise

__all__ = ["CLAIM"]

ORDERS = (1, 2, 3, 4)
EXACT = "exact identity of every step's map with heavy ball's"


def compute(setting: Setting) -> Findings:
    """Hold each interval's map to heavy ball's step, then measure what the whole horizon adds up to."""
    which = [
        (trial, order) for trial in TRIALS for order in (ORDERS if trial is not TRIALS[-1] else ORDERS[:3])
    ]
    made = [(trial, order, measured(trial, order, setting)) for trial, order in which]
    plot = ladder_plot(
        "Largest distance between heavy ball and its flow",
        [(f"α = {order}", found.seen) for trial, order, found in made if trial is TRIALS[0]],
        f"Each α adds a power of η ({TRIALS[0].name}).",
    )
    return Findings((*_local(), *_global(made)), (plot,))


def measured(trial: Trial, order: int, setting: Setting) -> Ladder:
    """Return the ladder of the flow that claims O(η^order)."""
    return ladder(trial, Run(piecewise(order), order), setting)


def _local() -> Iterator[Check]:
    for order in ORDERS:
        first, later = all_step_identity(order - 2)
        yield identity_check(
            Role.AS_PRINTED,
            first == later == 0,
            f"α = {order}: each interval's map is heavy ball's step up to η^{order}",
            f"{first} and {later} coefficients differ, at the first step and at a later one",
            "all k, μ, L and all fields of step k − 1",
            "polynomials over the rationals (FLINT), by composition and Lie series of rooted trees",
        )


def _global(made: list[tuple[Trial, int, Ladder]]) -> Iterator[Check]:
    for trial, order, found in made:
        subject = f"α = {order}: max |ε_k| over kη ≤ T is O(η^{order})"
        yield order_of(Role.AS_PRINTED, found.seen.whole, order, subject, (trial, EXACT))


CLAIM = Claim(
    identifier="S2-5",
    paper="002",
    place="Thm 2.1",
    statement="ε_k = β(kη) − β_k = O(η^α) for every α ≥ 1, if γ_k is truncated after γ_k^(α−2).",
    printed_tex=r"\varepsilon_k = \mathcal{O}(\eta^{\alpha})",
    confirms=(
        "Every interval's map is heavy ball's step up to η^α, identically, and the largest |ε_k| over kη ≤ T falls "
        "like η^α on halving ladders, for α = 1 … 4 and unlike problems; N grows like 1/η, the harder reading of k "
        "∈ [N]."
    ),
    refutes="A coefficient that differs, or a measured order certainly below α.",
    compute=compute,
    seconds=10,
)
