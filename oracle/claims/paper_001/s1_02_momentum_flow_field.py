"""S1-2: the k-dependent field of Theorem 4.1 with its γ is the one whose flow makes the step of GD+M, up to h³.

By induction over k for all β at once: with q = β^k and k as symbols, the printed pair (a_k, y_k) of
`shared_momentum_flows` must obey its recursion from step k − 1 to step k as rational functions in β, q, k, and the first
step must be that of gradient descent.  The recursion itself is held to the B-series of heavy ball, which know nothing of
either formula.
"""

from __future__ import annotations

from fractions import Fraction

from oracle.claims.claim import Claim, Setting
from oracle.claims.evidence import Check, Findings, Grade, Role
from oracle.claims.measures import identity_check
from oracle.claims.paper_001.shared_momentum_flows import (
    BETAS,
    equation_4,
    first_step,
    next_step,
    series_of,
)
from oracle.claims.paper_001.shared_quotients import FLINT, symbols
from reference.heavy_ball_series import StepFields
from reference.rooted_trees import trees_up_to

__all__ = ["CLAIM"]

TREES = trees_up_to(2)
STEPS = (0, 1, 2, 5, 9)


def compute(setting: Setting) -> Findings:
    """Prove the recursion, and compare single steps with the series."""
    return Findings((_start(), _induction(), *(_against_series(beta) for beta in BETAS)))


def _start() -> Check:
    (beta,) = symbols("beta")
    gradient, curvature = equation_4(beta, 1, 0)
    first = first_step()
    holds = (gradient - first[0]).equals(0) and (curvature - first[1]).equals(0)
    return identity_check(
        Role.AS_PRINTED,
        holds,
        "at k = 0 the field is that of one step of gradient descent: a = 1, γ(1 + β)/(2(1 − β)³) = 1/2",
        "equal" if holds else f"γ(1 + β)/(2(1 − β)³) = {curvature}",
        "all β",
        FLINT,
    )


def _induction() -> Check:
    beta, power, k = symbols("beta", "q", "k")
    expected = next_step(beta, equation_4(beta, power / beta, k - 1))
    gaps = [a - b for a, b in zip(equation_4(beta, power, k), expected, strict=True)]
    holds = all(gap.equals(0) for gap in gaps)
    return identity_check(
        Role.AS_PRINTED,
        holds,
        "the printed field of step k follows from that of step k − 1 by one step of GD+M, up to h³",
        "both sides equal" if holds else f"they differ by {gaps[0]} and {gaps[1]}",
        "all β, all k ≥ 1",
        FLINT,
    )


def _against_series(beta: Fraction) -> Check:
    exact = StepFields(beta, TREES)
    wrong = []
    for k in STEPS:
        printed, known = series_of(equation_4(beta, beta**k, k)), exact.at(k)
        if any(printed[tree] != known[tree] for tree in TREES):
            wrong.append(k)
    return Check(
        role=Role.AS_PRINTED,
        holds=not wrong,
        asked=f"the printed field is the B-series of heavy ball's steps {', '.join(map(str, STEPS))}",
        found="every coefficient equal" if not wrong else f"unequal at steps {wrong}",
        instance=f"β = {beta}",
        grade=Grade.CERTIFIED,
        methods=("B-series over the rationals",),
    )


CLAIM = Claim(
    identifier="S1-2",
    paper="001",
    place="Theorem 4.1, Eq. 4",
    statement="On [t_k, t_{k+1}) the updates of GD+M follow x̃′ = −(1 − β^{k+1})/(1 − β) ∇E − hγ(1 + β)/(2(1 − "
    "β)³) ∇²E∇E with "
    "γ = (1 − β^{2k+2}) − 4(k + 1)β^{k+1}(1 − β)/(1 + β).",
    printed_tex=r"\tilde{x}'(t)=-\frac{1-\beta^{k+1}}{1-\beta}\nabla E-\frac{h\gamma(1"
    r"+\beta)}{2(1-\beta)^3}\nabla^2E\,\nabla E,"
    r"\quad \gamma=(1-\beta^{2k+2})-4(k+1)\beta^{k+1}\frac{1-\beta}{1+\beta}",
    confirms="The field obeys, identically in β and k, the recursion that a step of GD+M imposes up to h³, "
    "starts from that of "
    "gradient descent, and has the coefficients of heavy ball's B-series.",
    refutes="One β and k at which a coefficient differs.",
    compute=compute,
    seconds=1,
)
