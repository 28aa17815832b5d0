"""S2-28: the factor ¼ of φ decides between a limit and another point."""

from fractions import Fraction

import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_002 import s2_28_argmin as claim
from oracle.claims.paper_002.shared_diagonal_field import NETWORKS
from oracle.claims.verdict import Verdict


@pytest.mark.parametrize(
    ("factor", "verdict"),
    [
        (Fraction(1, 4), Verdict.HOLDS),
        (Fraction(1, 2), Verdict.REFUTED),
        (Fraction(-1, 4), Verdict.REFUTED),
    ],
)
def test_only_a_quarter_holds(factor: Fraction, verdict: Verdict, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice φ, or its negative, is refuted."""
    monkeypatch.setattr(claim, "NETWORKS", NETWORKS[1:])
    monkeypatch.setattr(claim, "tilt_factor", lambda: factor)
    assert adjudicate_one(claim.CLAIM).ruling.verdict is verdict


def test_the_minimiser_without_the_tilt_is_another() -> None:
    """From order 3 on φ does not lie in the row space of X."""
    found = adjudicate_one(claim.CLAIM).findings.checks
    assert [check.holds for check in found if "without φ" in check.asked] == [False, False]
