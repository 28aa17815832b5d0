"""S2-17: the verdict turns with the factor."""

from __future__ import annotations

import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_002 import s2_17_missing_factor as claim
from oracle.claims.paper_002 import shared_runs
from oracle.claims.paper_002.shared_recursion import TWO, Fields
from oracle.claims.verdict import Verdict


@pytest.fixture(autouse=True)
def three_rungs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the finest step size, which takes as long as all others."""
    monkeypatch.setattr(shared_runs, "STEP_SIZES", shared_runs.STEP_SIZES[:3])


def test_it_holds_with_its_correction() -> None:
    """With ∇L·∇²L restored."""
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS_WITH_CORRECTION


def test_the_right_factor_in_its_place_would_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if Eq. 20 had printed L'L''."""
    monkeypatch.setattr(claim, "second_term", lambda gradient, hessian: gradient * hessian)
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS


def test_a_spoilt_correction_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half the term is not the field."""
    right = claim.corrected()

    def spoilt() -> Fields:
        return [right[0], {TWO: right[1][TWO] / 2}, right[2]]

    monkeypatch.setattr(claim, "corrected", spoilt)
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED
