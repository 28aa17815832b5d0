"""S2-13: the shift is what is missing, and a linear loss shows the lag exactly."""

from __future__ import annotations

from fractions import Fraction

import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_002 import s2_13_large_k_second_order as claim
from oracle.claims.paper_002 import shared_large_k, shared_runs
from oracle.claims.paper_002.shared_runs import start_at
from oracle.claims.verdict import Verdict
from reference.rooted_trees import LEAF


@pytest.fixture(autouse=True)
def three_rungs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the finest step size, which takes as long as all others."""
    monkeypatch.setattr(shared_runs, "STEP_SIZES", shared_runs.STEP_SIZES[:3])


def test_it_holds_with_the_shifted_start() -> None:
    """From β_0 itself it is O(η)."""
    entry = adjudicate_one(claim.CLAIM)
    assert entry.ruling.verdict is Verdict.HOLDS_WITH_CORRECTION
    assert entry.ruling.correction is not None


@pytest.mark.parametrize("factor", [-1, Fraction(1, 2)])
def test_another_shift_does_not_save_it(monkeypatch: pytest.MonkeyPatch, factor: Fraction) -> None:
    """The sign and the size of the shift matter."""
    monkeypatch.setattr(claim, "start_at", lambda mu, order: {LEAF: factor * start_at(mu, order)[LEAF]})
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED


def test_the_lag_on_a_linear_loss() -> None:
    """With ∇L = 1 heavy ball is −η h_k exactly, and the flow −ηk/(1 − μ)."""
    momentum, before, here = Fraction(2, 5), Fraction(0), Fraction(0)
    for k in range(1, 9):
        before, here = here, here - 1 + momentum * (here - before)
        lag = momentum * (1 - momentum**k) / (1 - momentum) ** 2
        assert -k / (1 - momentum) - here == -lag
    behind, wrong = shared_large_k.late_by()
    assert wrong == 0
    assert str(behind) == "-mu*P + mu"
