"""S2-15: the verdict turns with the coefficient of ω₂."""

from __future__ import annotations

from fractions import Fraction

import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_002 import s2_15_omega_2 as claim
from oracle.claims.paper_002 import shared_runs
from oracle.claims.verdict import Verdict
from reference.printed_flows import equation_19, equation_19_as_printed


@pytest.fixture(autouse=True)
def three_rungs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the finest step size, which takes as long as all others."""
    monkeypatch.setattr(shared_runs, "STEP_SIZES", shared_runs.STEP_SIZES[:3])


def test_it_holds_with_its_correction() -> None:
    """1 + 10μ + μ² in the place of (1 + μ)(1 + 5μ)."""
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS_WITH_CORRECTION


def test_the_right_coefficient_in_its_place_would_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if Eq. 19 had printed what Eq. 70 has."""
    monkeypatch.setattr(claim, "printed", claim.corrected)
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS


def test_a_spoilt_correction_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the printed one as the correction nothing is mended."""
    monkeypatch.setattr(claim, "corrected", claim.printed)
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED


@pytest.mark.parametrize("momentum", [Fraction(0), Fraction(1, 3), Fraction(9, 10)])
def test_both_forms_are_those_of_the_reference(momentum: Fraction) -> None:
    """Polynomials of 1/(1 − μ) against numbers."""
    for form, other in ((claim.printed, equation_19_as_printed), (claim.corrected, equation_19)):
        assert tuple(claim._at(value, momentum) for value in form()) == other(momentum)
