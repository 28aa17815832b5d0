"""S1-4: the verdict follows the shift of the start, and a quadratic has the shift in closed form."""

from __future__ import annotations

from math import sqrt
from typing import Any

import pytest

from oracle.claims.instances import SMOOTH
from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_001 import s1_04_large_k_flow as claim
from oracle.claims.paper_001.shared_momentum_flows import equation_5
from oracle.claims.verdict import Verdict

SHIFT = claim.corrected_shift


@pytest.fixture(autouse=True)
def two_losses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave two of the four losses."""
    monkeypatch.setattr(claim, "SMOOTH", SMOOTH[2:])


def test_it_holds_with_the_shifted_start_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A shift down the hill, or of another size, mends nothing."""
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS_WITH_CORRECTION
    monkeypatch.setattr(claim, "corrected_shift", lambda beta: -SHIFT(beta))
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED


def test_correction_needs_the_printed_weight(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without (1 + β) in the weight of |∇E|² no start gives the second order."""

    def weaker(beta: Any) -> Any:
        a, y = equation_5(beta)
        return a, y / (1 + beta)

    monkeypatch.setattr(claim, "equation_5", weaker)
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED


@pytest.mark.parametrize("beta", [0.25, 0.5, 0.8])
def test_slow_part_of_a_quadratic_starts_further_up(beta: float) -> None:
    """E = ½x², x⁰ = x⁻¹ = 1: the slow mode of x^k = A z₊^k + B z₋^k has A = 1 + hβ/(1 − β)² + O(h²)."""
    h = 1e-6
    b = 1 + beta - h
    root = sqrt(b * b - 4 * beta)
    slow, fast = (b + root) / 2, (b - root) / 2
    amplitude = (1 - h - fast) / (slow - fast)
    assert (amplitude - 1) / h == pytest.approx(beta / (1 - beta) ** 2, rel=1e-3)
