"""S2-36: the verdict follows the potential whose minimiser is set beside heavy ball's limit."""

import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_002 import s2_36_discrete_limit as claim
from oracle.claims.paper_002 import shared_kappa_formula as formula
from oracle.claims.paper_002.shared_diagonal_field import NETWORKS
from oracle.claims.verdict import Verdict


def test_the_verdict_follows_the_potential(monkeypatch: pytest.MonkeyPatch) -> None:
    """Printed without q it holds; gradient flow's κ(0) is no correction."""
    monkeypatch.setattr(claim, "NETWORKS", NETWORKS[1:])
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS_WITH_CORRECTION
    with monkeypatch.context() as altered:
        altered.setattr(formula, "printed_rate", formula.corrected_rate)
        altered.setattr(claim, "printed_potential", claim.corrected_potential)
        assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS
    with monkeypatch.context() as altered:
        altered.setattr(claim, "corrected_potential", claim.plain_potential)
        assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED


@pytest.mark.slow
def test_both_networks_agree() -> None:
    """On all of them the printed minimiser is O(η) away and the corrected one O(η²)."""
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS_WITH_CORRECTION
