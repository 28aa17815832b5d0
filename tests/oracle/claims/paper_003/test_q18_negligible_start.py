"""Q18: when θ̃0 may be neglected."""

from __future__ import annotations

from fractions import Fraction

import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_003 import q18_negligible_start as module
from oracle.claims.verdict import Verdict


def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave small problems."""
    monkeypatch.setattr(module, "GRANTED", ((module.HALF, Fraction(1, 8)), (module.HALF, Fraction(1, 10))))
    monkeypatch.setattr(module, "BIASED", module.BIASED[:1])
    monkeypatch.setattr(module, "HEAVY", ())


def test_neglecting_needs_an_unbiased_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """From θ0 ≠ 0 it is no small thing."""
    quick(monkeypatch)
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.NEEDS_ASSUMPTION


def test_a_start_put_in_its_place_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """With Δ0 for θ̃0 even unbiased starts miss."""
    quick(monkeypatch)
    monkeypatch.setattr(module, "neglected", lambda net: net.balancedness())
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.REFUTED


@pytest.mark.slow
def test_all_problems() -> None:
    """The whole computation."""
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.NEEDS_ASSUMPTION
