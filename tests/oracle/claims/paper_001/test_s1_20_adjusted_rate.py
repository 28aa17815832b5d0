"""S1-20: the verdict follows the factor, and its ends are what they should be."""

from __future__ import annotations

from fractions import Fraction

import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_001 import s1_20_adjusted_rate as claim
from oracle.claims.paper_001.shared_batch_noise import known_batches
from oracle.claims.verdict import Verdict


def test_verdict_follows_the_factor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without batches whose noise dominates it would pass; with a wrong factor nothing replaces it."""
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS_WITH_CORRECTION
    with monkeypatch.context() as spoilt:
        spoilt.setattr(claim, "corrected_ratio", lambda beta, square, noise: (1 + beta) / (1 - beta))
        assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED
    monkeypatch.setattr(claim, "OPPOSED", known_batches()[0])
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS


@pytest.mark.parametrize("beta", [Fraction(1, 3), Fraction(9, 10)])
def test_factor_between_its_ends(beta: Fraction) -> None:
    """1 for noise alone, (1 + β)/(1 − β) for the gradient alone, 1/(1 − β) where both are equal."""
    one, zero = Fraction(1), Fraction(0)
    assert claim.corrected_ratio(beta, zero, one) == 1
    assert claim.corrected_ratio(beta, one, zero) == (1 + beta) / (1 - beta)
    assert claim.corrected_ratio(beta, one, one) == 1 / (1 - beta)
