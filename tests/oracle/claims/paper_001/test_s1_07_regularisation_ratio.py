"""S1-7: the verdict follows the ratio, and Q of a product shrinks as derived."""

from __future__ import annotations

from fractions import Fraction

import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_001 import s1_07_regularisation_ratio as claim
from oracle.claims.verdict import Verdict


def test_no_other_ratio_is_right(monkeypatch: pytest.MonkeyPatch) -> None:
    """(1 + β)/(1 − β) and not 1/(1 − β)."""
    monkeypatch.setattr(claim, "CASES", claim.CASES[1:2])
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS
    monkeypatch.setattr(claim, "expected_ratio", lambda beta: 1 / (1 - beta))
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED


def test_runs_alone_tell_the_ratio(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs of GD held to GD shrink alike: the measured ratio tends to 1, and the claim fails."""
    monkeypatch.setattr(claim, "CASES", claim.CASES[1:2])
    ratio = claim.shrinking_ratio
    monkeypatch.setattr(claim, "shrinking_ratio", lambda a, b, rate, bits: ratio(a, Fraction(0), rate, bits))
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED


def test_gradient_descent_shrinks_the_balance_of_a_product_by_a_square() -> None:
    """One step of GD on ½(y − w₁w₂)²: Q⁺ = (1 − h²r²) Q, exactly."""
    h, r, w1, w2 = Fraction(1, 7), Fraction(-3, 5), Fraction(2), Fraction(5, 3)
    moved = (w1 + h * r * w2) ** 2 - (w2 + h * r * w1) ** 2
    assert moved == (1 - h**2 * r**2) * (w1**2 - w2**2)
