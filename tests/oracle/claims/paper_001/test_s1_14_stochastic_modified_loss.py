"""S1-14: the verdict follows the factor and the sum, and two batches agree by hand."""

from __future__ import annotations

from math import exp
from typing import Any

import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_001 import s1_14_stochastic_modified_loss as claim
from oracle.claims.paper_001 import shared_stochastic_loss as printed
from oracle.claims.verdict import Verdict


def unweighted(beta: Any, before: Any, latest: Any) -> Any:
    """Return the past without the factor β of the latest step: β^(k−1−r) in the place of β^(k−r)."""
    return beta * before + latest


@pytest.mark.parametrize(("name", "wrong"), [("past_factor", lambda: 1), ("past_sum", unweighted)])
def test_verdict_follows_the_formula(name: str, wrong: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The factor is 2 and the powers are β^(k−r)."""
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS
    monkeypatch.setattr(printed, name, wrong)
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED


def test_two_batches_of_a_quadratic_by_hand() -> None:
    """E_r = ½a_r x²: the second step over the first is e^(−hG − h²/2 (G² + 2βa₀²)) up to h³, G = a₁ + βa₀."""
    beta, a0, a1 = 0.7, 1.3, 0.4
    force = a1 + beta * a0
    gaps = []
    for h in (1e-3, 5e-4):
        first = 1 - h * a0
        second = first - h * a1 * first + beta * (first - 1)
        gaps.append(abs(second / first - exp(-h * force - h**2 / 2 * (force**2 + 2 * beta * a0**2))))
    assert gaps[0] / gaps[1] == pytest.approx(8, rel=0.05)
