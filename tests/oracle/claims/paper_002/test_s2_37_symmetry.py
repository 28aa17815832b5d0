"""S2-37: the verdict follows whether φ lies in the row space of X."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_002 import s2_37_symmetry as claim
from oracle.claims.paper_002.shared_diagonal_field import NETWORKS, Network
from oracle.claims.verdict import Verdict


def test_a_tilt_off_the_row_space_would_break_the_symmetry(monkeypatch: pytest.MonkeyPatch) -> None:
    """With w itself for XᵀXw the minimisers differ and the claim holds."""
    monkeypatch.setattr(claim, "NETWORKS", NETWORKS[1:])

    def tilt(network: Network, eta: Fraction) -> Sequence[Fraction]:
        return [eta * (j + 1) for j in range(len(network.start))]

    def symbolic(X: Sequence[Any], w: Sequence[Any]) -> list[Any]:
        return [x * 0 + v for x, v in zip(X, w, strict=True)]

    monkeypatch.setattr(claim, "tilt", tilt)
    monkeypatch.setattr(claim, "symbolic_tilt", symbolic)
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS


@pytest.mark.slow
def test_it_needs_the_third_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """On both networks; with a third-order φ in the row space too, only the correction is left."""
    ruling = adjudicate_one(claim.CLAIM).ruling
    assert ruling.verdict is Verdict.NEEDS_ASSUMPTION
    assert ruling.correction is not None
    monkeypatch.setattr(
        claim, "third_order_tilt", lambda network, setting: claim.tilt(network, claim.FLOW_STEP)
    )
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS_WITH_CORRECTION
