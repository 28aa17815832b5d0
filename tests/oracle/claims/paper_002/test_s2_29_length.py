"""S2-29: the verdict follows the exponent on the left."""

from fractions import Fraction

import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_002 import s2_29_length as claim
from oracle.claims.verdict import Verdict


def test_without_the_square_it_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The printed equation put right needs no correction."""
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS_WITH_CORRECTION
    monkeypatch.setattr(claim, "printed", claim.corrected)
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS


def test_a_wrong_correction_is_no_correction(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the printed square in the correction, it is refuted."""
    monkeypatch.setattr(claim, "corrected", claim.printed)
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED


def test_the_square_is_right_where_v_is_one() -> None:
    """v⁴ = v² there: w₊ = 3/5, w₋ = 4/5."""
    assert claim.printed(Fraction(3, 5), Fraction(4, 5)) == 0
    assert claim.printed(Fraction(3, 5), Fraction(3, 5)) != 0
