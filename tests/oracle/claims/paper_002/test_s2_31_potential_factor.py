"""S2-31: the verdict follows the factor of the last line."""

from fractions import Fraction

import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_002 import s2_31_potential_factor as claim
from oracle.claims.paper_002.shared_diagonal_field import NETWORKS
from oracle.claims.verdict import Verdict


@pytest.mark.parametrize(
    ("printed", "corrected", "verdict"),
    [
        (1, Fraction(1, 4), Verdict.HOLDS_WITH_CORRECTION),
        (Fraction(1, 4), Fraction(1, 4), Verdict.HOLDS),
        (1, Fraction(-1, 4), Verdict.REFUTED),
        (1, Fraction(1, 2), Verdict.REFUTED),
    ],
)
def test_the_verdict_follows_the_factors(
    printed: Fraction, corrected: Fraction, verdict: Verdict, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A quarter with the printed sign, and nothing else, holds."""
    monkeypatch.setattr(claim, "NETWORKS", NETWORKS[1:])
    monkeypatch.setattr(claim, "printed_factor", lambda: Fraction(printed))
    monkeypatch.setattr(claim, "corrected_factor", lambda: corrected)
    assert adjudicate_one(claim.CLAIM).ruling.verdict is verdict


def test_the_first_two_lines_agree() -> None:
    """They do, as polynomials."""
    assert claim.first_to_second() == 0
