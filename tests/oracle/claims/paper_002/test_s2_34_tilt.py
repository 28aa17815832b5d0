"""S2-34: the verdict follows the factor of φ."""

from fractions import Fraction

import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_002 import s2_34_tilt as claim
from oracle.claims.paper_002.shared_diagonal_field import NETWORKS
from oracle.claims.verdict import Verdict


@pytest.mark.parametrize(
    ("printed", "corrected", "verdict"),
    [
        (Fraction(1, 4), Fraction(1, 2), Verdict.HOLDS_WITH_CORRECTION),
        (Fraction(1, 2), Fraction(1, 2), Verdict.HOLDS),
        (Fraction(1, 4), Fraction(-1, 2), Verdict.REFUTED),
    ],
)
def test_the_verdict_follows_the_factors(
    printed: Fraction, corrected: Fraction, verdict: Verdict, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A half with the minus sign, and nothing else, holds."""
    monkeypatch.setattr(claim, "NETWORKS", NETWORKS[1:])
    monkeypatch.setattr(claim, "printed_factor", lambda: printed)
    monkeypatch.setattr(claim, "corrected_factor", lambda: corrected)
    assert adjudicate_one(claim.CLAIM).ruling.verdict is verdict
