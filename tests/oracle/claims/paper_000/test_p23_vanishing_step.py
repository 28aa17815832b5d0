"""P23: limits meet as η → 0, and would not from unlike starts."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import pytest

from oracle.claims.evidence import Grade
from oracle.claims.instances import DIAGONAL_ONE_ROW
from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_000 import p23_vanishing_step as module
from oracle.claims.verdict import Verdict


@pytest.fixture(autouse=True)
def _one_row(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Take the small problem alone."""
    if "slow" not in request.keywords:
        monkeypatch.setattr(module, "RUNS", ((DIAGONAL_ONE_ROW, ("heavy_ball", "nesterov")),))


@pytest.mark.slow
def test_limits_agree_on_both_problems() -> None:
    """With first-order theory's factor."""
    ruling = adjudicate_one(module.CLAIM).ruling
    assert ruling.verdict is Verdict.HOLDS
    assert ruling.grade is Grade.CONFIRMED


def test_limits_would_not_agree_were_one_off_by_a_constant(monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit moved by 1/50 stays so far away, and nothing confirms the claim."""

    def moved(with_it: Sequence[Fraction], without: Sequence[Fraction]) -> tuple[Fraction, ...]:
        return tuple(a - b + Fraction(1, 50) for a, b in zip(with_it, without, strict=True))

    monkeypatch.setattr(module, "gap", moved)
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.NOT_DECIDABLE
