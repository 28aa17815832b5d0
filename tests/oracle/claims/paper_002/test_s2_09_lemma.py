"""S2-9: the lemma needs its first step, and a parabola shows what is left without it."""

from __future__ import annotations

from math import exp
from typing import Any

import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_002 import s2_09_lemma as claim
from oracle.claims.paper_002.shared_recursion import Fields, first_fields
from oracle.claims.verdict import Verdict


@pytest.fixture(autouse=True)
def one_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave α = 3 to the ledger, for time."""
    monkeypatch.setattr(claim, "ORDERS", (2,))


def test_it_needs_its_assumption() -> None:
    """Eq. 45 from k = 0 on."""
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.NEEDS_ASSUMPTION


def test_with_the_right_first_step_nothing_is_left_to_assume(monkeypatch: pytest.MonkeyPatch) -> None:
    """If γ_0 is not free, the lemma holds as printed."""

    def right(order: int, momentum: Any) -> Fields:
        return first_fields(order - 2, momentum)

    monkeypatch.setattr(claim, "unspecified", right)
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS


def test_the_first_step_without_its_term_on_a_parabola() -> None:
    """e^(−η) − (1 − η) = η²/2 + …"""
    for step_size in (1e-2, 1e-3):
        assert abs((exp(-step_size) - 1 + step_size) / step_size**2 - 0.5) < step_size
