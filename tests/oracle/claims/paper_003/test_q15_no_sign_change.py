"""Q15: without a change of sign the balancedness shrinks."""

from __future__ import annotations

from fractions import Fraction
from math import log

import pytest
from flint import fmpq_series

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_003 import q15_no_sign_change as module
from oracle.claims.verdict import Verdict


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave two runs and fewer digits."""
    monkeypatch.setattr(module, "TRIED", module.TRIED[:2])
    monkeypatch.setattr(module, "DIGITS", 6)


def test_balancedness_shrinks() -> None:
    """S± > 0 on the runs, and r > 0."""
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.HOLDS


def other(x: fmpq_series) -> fmpq_series:
    """Return (z − 1) + ln z."""
    return x + (1 + x).log()


def test_plus_for_minus_is_refuted(monkeypatch: pytest.MonkeyPatch) -> None:
    """(z − 1) + ln z has no minimum at 1."""
    monkeypatch.setattr(module, "excess_series", other)
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.REFUTED


def test_runs_that_change_sign_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that does not meet the condition decides nothing."""
    monkeypatch.setattr(module, "TRIED", (module.CHANGING, *module.TRIED))
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.NOT_DECIDABLE


def test_excess_is_positive_on_positive_ratios() -> None:
    """On a grid from 1/8 to 8, in floats."""
    ratios = [Fraction(k, 8) for k in range(1, 65) if k != 8]
    assert all(float(z - 1) - log(z) > 0 for z in ratios)
