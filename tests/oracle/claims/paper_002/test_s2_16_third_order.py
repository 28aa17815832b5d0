"""S2-16: the verdict turns with the formula and with the shifted start."""

from __future__ import annotations

from typing import Any

import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_002 import s2_16_third_order as claim
from oracle.claims.paper_002 import shared_runs
from oracle.claims.paper_002.shared_large_k import momentum_poly, over
from oracle.claims.paper_002.shared_runs import start_at
from oracle.claims.verdict import Verdict


@pytest.fixture(autouse=True)
def two_trials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run two trials, without the finest step size."""
    monkeypatch.setattr(shared_runs, "STEP_SIZES", shared_runs.STEP_SIZES[:3])
    monkeypatch.setattr(claim, "TRIALS", shared_runs.TRIALS[1:])


def test_it_holds_with_the_shifted_start() -> None:
    """The formula is right, the start is not."""
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS_WITH_CORRECTION


def test_the_shift_needs_its_second_power(monkeypatch: pytest.MonkeyPatch) -> None:
    """With ημ/(1 − μ)² ∇L alone the third order is not reached; the k-dependent flow is left."""
    monkeypatch.setattr(claim, "start_at", lambda mu, order: start_at(mu, order - 1))
    monkeypatch.setattr(claim, "piecewise", lambda order: shared_runs.stationary(claim.table_1()))
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED


def test_another_coefficient_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """With Eq. 19's factor in Eq. 70 neither the formula nor the order from the shifted start is left."""
    right = claim.equation_70()

    def altered() -> tuple[tuple[Any, Any], tuple[Any, Any]]:
        mu = momentum_poly()
        return right[0], (right[1][0], over((1 + mu) * (1 + 5 * mu) / 12, 5))

    monkeypatch.setattr(claim, "equation_70", altered)
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED
