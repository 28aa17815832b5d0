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
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED

    def tilt(network: Network, eta: Fraction) -> Sequence[Fraction]:
        return [eta * (j + 1) for j in range(len(network.start))]

    def symbolic(X: Sequence[Any], w: Sequence[Any]) -> list[Any]:
        return [x * 0 + v for x, v in zip(X, w, strict=True)]

    monkeypatch.setattr(claim, "tilt", tilt)
    monkeypatch.setattr(claim, "symbolic_tilt", symbolic)
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS


@pytest.mark.slow
def test_what_is_left_is_of_second_order() -> None:
    """On both networks; without it the refutation would stand without a replacement."""
    ruling = adjudicate_one(claim.CLAIM).ruling
    assert ruling.verdict is Verdict.REFUTED
    assert ruling.correction is not None
