"""S1-10: the verdict follows the curve that is asked for, and the limits satisfy the exact rule of gradient descent."""

from __future__ import annotations

from fractions import Fraction

import pytest

from oracle.claims.claim import Setting
from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_001 import s1_10_common_valley as claim
from oracle.claims.paper_001.shared_product_runs import PAPERS_START, RUNS, end_of
from oracle.claims.verdict import Verdict


@pytest.fixture(autouse=True)
def _two_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the first two runs alone: seconds less."""
    monkeypatch.setattr(claim, "RUNS", RUNS[:2])


def test_runs_end_on_the_minima() -> None:
    """As printed."""
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS


def test_another_curve_is_refuted(monkeypatch: pytest.MonkeyPatch) -> None:
    """w1 w2 = y/x with a product that is off in the tenth digit."""
    monkeypatch.setattr(claim, "minimum", lambda: Fraction(3, 5) + Fraction(1, 10**10))
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED


def test_limit_of_gradient_descent_obeys_the_exact_rule() -> None:
    """A step multiplies w2² − w1² by 1 − h² x² r²: a run in floats multiplies the factors and meets the certified limit."""
    w1, w2 = map(float, PAPERS_START)
    squares, step_size = w2**2 - w1**2, 0.01
    for _ in range(5000):
        residual = w1 * w2 - 0.6
        squares *= 1 - (step_size * residual) ** 2
        w1, w2 = w1 - step_size * residual * w2, w2 - step_size * residual * w1
    end = end_of(RUNS[0], PAPERS_START, Setting())
    assert float(end[1] ** 2 - end[0] ** 2) == pytest.approx(squares, rel=1e-12)
