"""S2-26: the identity decides, and a wrong velocity breaks it."""

from fractions import Fraction
from typing import Any

import pytest

from oracle.claims.claim import Setting
from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_002 import s2_26_kappa_of_time as claim
from oracle.claims.paper_002.shared_diagonal_field import NETWORKS
from oracle.claims.paper_002.shared_order_flow import followed
from oracle.claims.verdict import Verdict


def test_a_gradient_of_one_sign_for_both_does_not_cancel(monkeypatch: pytest.MonkeyPatch) -> None:
    """With w_−' = −2c w_− g − … the product of both is not independent of the gradient."""
    monkeypatch.setattr(claim, "NETWORKS", ())
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS

    def velocity(sign: int, s: dict[str, Any], w: Any, gamma: Any) -> Any:
        return -abs(sign) * 2 * s["c"] * s["g"] * w - s["eta"] * gamma

    monkeypatch.setattr(claim, "velocity", velocity)
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED


def test_kappa_of_gradient_flow_does_not_move() -> None:
    """In the limit of small steps γ has no weight: ηε and κ(t)/κ(0) − 1 are O(η)."""
    network = NETWORKS[1]
    ends = [followed(network, Fraction(1, 2**k), Fraction(2), Setting()) for k in (10, 20)]
    assert max(abs(e) for e in ends[0].decay) > Fraction(1, 10**4)
    assert max(abs(e) for e in ends[1].decay) < Fraction(1, 10**5)
