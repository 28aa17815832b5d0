"""S1-19: the verdict follows F and the coefficients, and a sampled mean agrees."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_001 import s1_19_expected_regulariser as claim
from oracle.claims.paper_001.shared_batch_noise import Batches
from oracle.claims.verdict import Verdict


def squared(beta: Any, mean_square: Any, noise: Any) -> Any:
    """Return the formula with (1 − β)² in the place of (1 − β)³."""
    return (1 + beta) / (4 * (1 - beta) ** 2) * mean_square + 1 / (4 * (1 - beta) ** 2) * noise


def test_verdict_follows_the_formula(monkeypatch: pytest.MonkeyPatch) -> None:
    """With F of the gradients it would hold as printed; with another power no F mends it."""
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS_WITH_CORRECTION
    with monkeypatch.context() as mended:
        mended.setattr(claim, "printed_noise", claim.corrected_noise)
        assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS
    monkeypatch.setattr(claim, "printed_expectation", squared)
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED


def test_sampled_mean_agrees() -> None:
    """20000 runs of 30 independent batches with gradients 2 and −1 at β = ½, in floating point."""
    draw, runs, beta = random.Random(7), 20_000, 0.5
    total = 0.0
    for _ in range(runs):
        force = past = 0.0
        for _ in range(30):
            past = beta * (past + force**2)
            force = beta * force + (2.0 if draw.random() < 0.5 else -1.0)
        total += (force**2 + 2 * past) / 4
    batches = Batches("two", (Fraction(0),) * 2, ((Fraction(2),), (Fraction(-1),)))
    expected = claim.printed_expectation(Fraction(1, 2), batches.mean_square, batches.gradient_variance)
    assert total / runs == pytest.approx(float(expected), rel=0.02)
