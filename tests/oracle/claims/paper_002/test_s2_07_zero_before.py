"""S2-7: a start that is not zero loses its way, and a start by hand shows how."""

from __future__ import annotations

from typing import Any

import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_002 import s2_07_zero_before as claim
from oracle.claims.paper_002 import shared_runs
from oracle.claims.paper_002.shared_recursion import Fields, nothing
from oracle.claims.verdict import Verdict
from reference.rooted_trees import LEAF


@pytest.fixture(autouse=True)
def three_rungs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the finest step size, which takes as long as all others."""
    monkeypatch.setattr(shared_runs, "STEP_SIZES", shared_runs.STEP_SIZES[:3])


def test_it_holds_as_printed() -> None:
    """Zeros are needed and enough."""
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS


def test_another_start_in_the_place_of_zero_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """With G₋₁ = ∇L taken for right, the first interval is wrong."""

    def wrong(momentum: Any) -> Fields:
        fields = nothing(1, 0 * momentum)
        fields[0][LEAF] = 0 * momentum + 1
        return fields

    monkeypatch.setattr(claim, "start", wrong)
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED


def test_the_first_interval_by_hand() -> None:
    """With G₋₁ = c∇L the flow starts at the speed 1 + μc in the place of 1: the miss is −ημc at leading order."""
    shown, clean = claim.missed(1)
    assert shown
    assert clean
