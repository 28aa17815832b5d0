"""S1-14: the modified loss of step k with batches, its factor 2 and its sum from r = 0.

With u_r = ∇²G_r ∇G_r, a step of SGD+M is x − h∇G_k + h² b_k, b_k = β(b_(k−1) − u_(k−1)), since
Φ_k = x − h∇E_k + β(x − Φ_(k−1)⁻¹) and G_k = E_k + βG_(k−1).  The flow of −∇G_k + h c_k makes that step up to h³ if
b_k = c_k + u_k/2.  With the printed c_k = −½(u_k + 2 Σ_{r<k} β^(k−r) u_r) both agree: b_k = −Σ_{r<k} β^(k−r) u_r.  It is an
identity in β and the u_r, whatever the batches.
"""

from __future__ import annotations

from fractions import Fraction

from oracle.claims.claim import Claim, Setting
from oracle.claims.evidence import Check, Findings, Grade, Role
from oracle.claims.measures import identity_check
from oracle.claims.paper_001 import shared_stochastic_loss as printed
from oracle.claims.paper_001.shared_quotients import FLINT, polynomials, shown
from reference.heavy_ball_series import StepFields
from reference.rooted_trees import trees_up_to

__all__ = ["CLAIM"]

CASES = ((Fraction(1, 2), 5), (Fraction(9, 10), 3), (Fraction(1, 3), 1))  # β, batches, all unlike


def compute(setting: Setting) -> Findings:
    """Prove the recursion for free u_r, and compare steps with the B-series of heavy ball with batches."""
    return Findings((_start(), _induction(), *(_against_series(*case) for case in CASES)))


def _start() -> Check:
    """Return whether the first two steps have c_0 = −u_0/2 and c_1 = −u_1/2 − β u_0: the sum begins at r = 0."""
    beta, first, second = polynomials("beta", "u0", "u1")
    nothing = beta * 0
    begun = printed.past_sum(beta, nothing, nothing)
    at_zero = printed.curvature_term(first, begun) + first / 2
    at_one = printed.curvature_term(second, printed.past_sum(beta, begun, first)) + second / 2 + beta * first
    return identity_check(
        Role.AS_PRINTED,
        at_zero == 0 and at_one == 0,
        "at k = 0 and 1 the field is that of the first two steps: h∇²G₀∇G₀ counts β times at k = 1",
        "equal" if at_zero == 0 and at_one == 0 else f"they differ by {shown(at_zero)} and {shown(at_one)}",
        "all β, u₀, u₁",
        FLINT,
    )


def _induction() -> Check:
    beta, past, latest, now = polynomials("beta", "S", "u", "v")
    before = printed.curvature_term(latest, past) + latest / 2
    step = printed.curvature_term(now, printed.past_sum(beta, past, latest)) + now / 2
    gap = step - beta * (before - latest)
    return identity_check(
        Role.AS_PRINTED,
        gap == 0,
        "the printed field of step k follows from that of step k − 1 by one step of SGD+M, up to h³",
        "both sides equal" if gap == 0 else f"they differ by {shown(gap)}",
        "all β, all k, all batches",
        FLINT,
    )


def _against_series(beta: Fraction, batches: int) -> Check:
    trees = trees_up_to(2, None, batches)
    exact = StepFields(beta, trees, batches)
    steps = range(batches + 3)
    wrong = [
        k
        for k, field in zip(steps, printed.printed_fields(beta, batches), strict=False)
        if field != exact.at(k)
    ]
    return Check(
        role=Role.AS_PRINTED,
        holds=not wrong,
        asked=f"the printed field is the B-series of heavy ball with batches at steps 0 to {steps[-1]}",
        found="every coefficient equal" if not wrong else f"unequal at steps {wrong}",
        instance=f"{batches} unlike batches, β = {beta}" if batches > 1 else f"one batch, β = {beta}",
        grade=Grade.CERTIFIED,
        methods=("B-series in coloured trees over the rationals",),
    )


CLAIM = Claim(
    identifier="S1-14",
    paper="001",
    place="Theorem 5.1, Eq. 10",
    statement="On [t_k, t_{k+1}) the modified loss of SGD+M is Ê_k = G_k + (h/4)(‖∇G_k‖² + 2 Σ_{r=0}^{k−1} "
    "β^{k−r} ‖∇G_r‖²) with "
    "G_k = Σ_{r=0}^k β^{k−r} E_r.",
    printed_tex=r"\hat{E}_k=G_k+\frac{h}{4}\Bigl(\|\nabla G_k\|_2^2+2\sum_{r"
    r"=0}^{k-1}\beta^{k-r}\|\nabla G_r\|_2^2\Bigr),"
    r"\quad G_k=\sum_{r=0}^{k}\beta^{k-r}E_r",
    confirms="The field −∇Ê_k obeys, identically in β and in the vectors ∇²G_r∇G_r, the recursion that a step of "
    "SGD+M imposes up to "
    "h³, with the right first steps; and it has the coefficients of the B-series with batches.",
    refutes="One coefficient that differs, as another factor than 2 or a sum from r = 1 would give.",
    compute=compute,
    seconds=1,
)
