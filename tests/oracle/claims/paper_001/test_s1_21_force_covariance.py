"""S1-21: the verdict follows the weight of the force, and two steps agree by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_001 import s1_21_force_covariance as claim
from oracle.claims.paper_001.shared_batch_noise import Batches, covariance_of_sum
from oracle.claims.verdict import Verdict


def test_verdict_follows_the_weight(monkeypatch: pytest.MonkeyPatch) -> None:
    """The factor belongs to (1 − β)G_k; with another weight nothing mends the statement."""
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS_WITH_CORRECTION
    monkeypatch.setattr(claim, "force_weight", lambda beta: (1 - beta) ** 2)
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED


def test_another_factor_is_refuted_with_its_correction(monkeypatch: pytest.MonkeyPatch) -> None:
    """(1 − β)²/(1 + β) is the covariance of neither."""
    monkeypatch.setattr(claim, "printed_factor", lambda beta: (1 - beta) ** 2 / (1 + beta))
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED


def test_two_steps_by_hand() -> None:
    """Gradients ±1: G_1 = ±1 ± β has the variance 1 + β²."""
    batches = Batches("signs", (Fraction(0),) * 2, ((Fraction(1),), (Fraction(-1),)))
    beta = Fraction(3, 4)
    assert covariance_of_sum(batches, beta, 1) == ((1 + beta**2,),)
    assert batches.covariance == ((Fraction(1),),)
