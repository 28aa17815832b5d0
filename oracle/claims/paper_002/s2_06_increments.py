"""S2-6: the increments of the error are a power smaller, ε_{k+1} − ε_k = O(η^(α+1)).

ε_{k+1} − ε_k = μ(ε_k − ε_{k−1}) − η(∇L(β(t_k)) − ∇L(β_k)) + O(η^(α+1)), and with ε_k = O(η^α) (S2-5) the middle term
is O(η^(α+1)) too; the factor μ < 1 sums it to 1/(1 − μ) of itself.  So the increments are O(η^(α+1)) uniformly in kη
≤ T.
"""

from __future__ import annotations

from collections.abc import Iterator

from oracle.claims.claim import Claim, Setting
from oracle.claims.evidence import Check, Findings, Role
from oracle.claims.measures import identity_check
from oracle.claims.paper_002.shared_recursion import all_step_identity
from oracle.claims.paper_002.shared_runs import TRIALS, Run, ladder, order_of, piecewise

__all__ = ["CLAIM"]

ORDERS = (1, 2, 3, 4)
EXACT = "exact identity of the first step's map with heavy ball's"


def compute(setting: Setting) -> Findings:
    """Hold the first increment to its power exactly, and measure the largest of all."""
    return Findings((*_first(), *_largest(setting)))


def flow_for(order: int) -> Run:
    """Return the flow that claims O(η^order)."""
    return Run(piecewise(order), order)


def _first() -> Iterator[Check]:
    for order in ORDERS:
        differing, _ = all_step_identity(order - 2)
        yield identity_check(
            Role.AS_PRINTED,
            differing == 0,
            f"α = {order}: ε_1 − ε_0 has no power of η below {order + 1}",
            f"{differing} coefficients up to η^{order} differ from zero",
            "all μ and L",
            "polynomials over the rationals (FLINT), by composition and Lie series of rooted trees",
        )


def _largest(setting: Setting) -> Iterator[Check]:
    for trial in TRIALS:
        for order in ORDERS if trial is not TRIALS[-1] else ORDERS[:3]:
            found = ladder(trial, flow_for(order), setting).increments
            subject = f"α = {order}: max |ε_(k+1) − ε_k| over kη ≤ T is O(η^{order + 1})"
            yield order_of(Role.AS_PRINTED, found, order + 1, subject, (trial, EXACT))


CLAIM = Claim(
    identifier="S2-6",
    paper="002",
    place="Thm 2.1, Eq. 12",
    statement="The increments ε_(k+1) − ε_k of the discretisation error are O(η^(α+1)).",
    printed_tex=r"\varepsilon_{k+1} - \varepsilon_k = \mathcal{O}(\eta^{\alpha+1})",
    confirms=(
        "The first increment lacks all powers of η up to α identically, and the largest over kη ≤ T falls like "
        "η^(α+1) on halving ladders, for α = 1 … 4 and unlike problems."
    ),
    refutes="A power of η up to α in the first increment, or a measured order certainly below α + 1.",
    compute=compute,
    seconds=10,
)
