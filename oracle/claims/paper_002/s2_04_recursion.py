"""S2-4: the recursion of Theorem 2.1, with its signs.

In time η the field F_k = −(G_k + Σ η^(σ+1) γ_k^(σ)) makes the map exp(ηF_k) = id + Σ_m (−η)^m L_k^(m−1)(G_k +
ηγ_k)/m!, and backwards exp(−ηF_{k−1}) has the same terms without signs.  Heavy ball from rest is Φ_k = id − η∇L +
μ(id − Φ_{k−1}⁻¹), so exp(ηF_k) = Φ_k asks

    −(G_k + ηγ_k) + Σ_{m≥2} (−1)^m … = −∇L − μ(G_{k−1} + ηγ_{k−1}) − μ Σ_{m≥2} …,

hence γ_k = μγ_{k−1} + χ_k with (−1)^m before the terms of step k and + before μ times those of step k − 1: as
printed.  Below the fields of step k − 1 are indeterminates, so the identity holds at every k.
"""

from __future__ import annotations

from typing import Any

from flint import fmpq_poly

from oracle.claims.claim import Claim, Setting
from oracle.claims.evidence import Check, Findings, Grade, Role
from oracle.claims.measures import identity_check
from oracle.claims.paper_002.shared_recursion import (
    FORK,
    TALL,
    Fields,
    all_step_identity,
    chi,
    first_fields,
    next_fields,
    nothing,
)

__all__ = ["CLAIM"]

TOP = 4  # σ ≤ 4, so α ≤ 6
STEPS = 5
BY = "polynomials over the rationals (FLINT), by composition and Lie series of rooted trees"


def compute(setting: Setting) -> Findings:
    """Hold the printed recursion to heavy ball's step maps; exact, whatever the precision."""
    first, later = all_step_identity(TOP)
    return Findings(
        (
            _identity(
                first, "in [0, η) the flow makes heavy ball's first step", f"all μ and L, for σ ≤ {TOP}"
            ),
            _identity(
                later,
                "if the flow made step k − 1 in its interval, it makes step k in the next",
                f"all k, μ, L and all fields of step k − 1, for σ ≤ {TOP}",
            ),
            _closed_sum(),
            _section_2_1(),
        )
    )


def summed(fields: list[Fields], order: int, momentum: Any) -> dict[Any, Any]:
    """Return Eq. 15 at the last of the steps: Σ_j μ^(k−j) χ_j^(σ)."""
    last = len(fields) - 1
    total: dict[Any, Any] = {}
    for j, now in enumerate(fields):
        before = fields[j - 1] if j else nothing(TOP, 0 * momentum)
        for tree, value in chi(now, before, order, lambda number: momentum * number).items():
            total[tree] = total.get(tree, 0) + momentum ** (last - j) * value
    return total


def _identity(differing: int, asked: str, over: str) -> Check:
    found = f"{differing} coefficients differ, to the power {TOP + 2} of η"
    return identity_check(Role.AS_PRINTED, differing == 0, asked, found, over, BY)


def _steps(momentum: Any) -> list[Fields]:
    fields = [first_fields(TOP, momentum)]
    while len(fields) < STEPS:
        fields.append(next_fields(fields[-1], TOP, momentum))
    return fields


def _closed_sum() -> Check:
    """Return whether Eq. 15 is the solution of γ_k = μγ_{k−1} + χ_k."""
    momentum = fmpq_poly([0, 1])
    fields = _steps(momentum)
    wrong = sum(summed(fields, order, momentum) != fields[-1][order + 1] for order in range(TOP + 1))
    return Check(
        Role.BESIDE,
        wrong == 0,
        f"Eq. 15 at k = {STEPS - 1} is what the recursion gives",
        f"{wrong} of {TOP + 1} orders differ",
        "all μ",
        Grade.CERTIFIED,
        ("polynomials of μ over the rationals (FLINT)",),
    )


def _section_2_1() -> Check:
    """Return whether step (3) of Sec. 2.1, γ_k^(σ) = (I_k^+)^(σ) alone, gives the same fields at k = 1, σ = 1."""
    momentum = fmpq_poly([0, 1])
    first = first_fields(1, momentum)
    right = next_fields(first, 1, momentum)
    alone = chi(right, nothing(1, 0 * momentum), 1, lambda number: momentum * number)
    differing = sum(alone[tree] != right[2][tree] for tree in (TALL, FORK))
    return Check(
        Role.BESIDE,
        differing == 0,
        "Sec. 2.1 (3) in words, γ_k^(σ) = (I_k^+)^(σ), says the same",
        f"{differing} of 2 coefficients differ: it leaves out μγ_(k−1) and μ(I_k^−), which Eq. 15 and 39 have",
        "all μ, k = 1, σ = 1",
        Grade.CERTIFIED,
        ("polynomials of μ over the rationals (FLINT)",),
    )


CLAIM = Claim(
    identifier="S2-4",
    paper="002",
    place="Thm 2.1, Eq. 13–15",
    statement=(
        "G_k = μG_(k−1) + ∇L and γ_k^(σ) = Σ_j μ^(k−j) χ_j^(σ), where χ_j has (−1)^m before the terms of step j "
        "and a plus before μ times those of step j − 1, make the flow that follows heavy ball."
    ),
    printed_tex=(
        r"\chi_{j}^{(\sigma)} = \sum_{m=2}^{\sigma+2} \sum_{\mathcal{S}_{m,\sigma}} \frac{1}{m!} \left[(-1)^{m} "
        r"L^{(j,\sigma_{1})} \cdots L^{(j,\sigma_{m-1})} \gamma_{j}^{(\sigma_{m}-1)} + \mu L^{(j-1,\sigma_{1})} \cdots "
        r"L^{(j-1,\sigma_{m-1})} \gamma_{j-1}^{(\sigma_{m}-1)} \right]"
    ),
    confirms=(
        "The map that the flow makes in the interval k is heavy ball's step k, coefficient by coefficient of every "
        f"elementary differential up to η^{TOP + 2}, for the first step and, with indeterminate fields of step k − "
        "1, for every later one."
    ),
    refutes="One coefficient that differs.",
    compute=compute,
    seconds=0.3,
)
