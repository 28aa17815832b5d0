"""S2-35: the verdict follows the sign of the second equality and the factor of Eq. 112."""

import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_002 import s2_35_tilt_sign as claim
from oracle.claims.paper_002.shared_diagonal_field import NETWORKS
from oracle.claims.verdict import Verdict


@pytest.fixture(autouse=True)
def _one_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """One network is enough beside the identities."""
    monkeypatch.setattr(claim, "NETWORKS", NETWORKS[1:])


def test_put_right_it_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the sign and the factor of the correction in the printed equations."""
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS_WITH_CORRECTION
    monkeypatch.setattr(claim, "printed_sign", claim.corrected_sign)
    monkeypatch.setattr(claim, "printed_last", claim.corrected_last)
    monkeypatch.setattr(claim, "printed_start", claim.corrected_start)
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS


@pytest.mark.parametrize("spoilt", ["corrected_last", "corrected_start"])
def test_a_wrong_correction_is_no_correction(spoilt: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a printed member in the correction, it is refuted."""
    monkeypatch.setattr(claim, spoilt, getattr(claim, spoilt.replace("corrected", "printed")))
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED
