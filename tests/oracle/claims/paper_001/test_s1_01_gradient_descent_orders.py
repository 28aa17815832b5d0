"""S1-1: the verdict follows the weight of the regulariser, and a quadratic has the orders in closed form."""

from __future__ import annotations

from fractions import Fraction
from math import exp, log2

import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_001 import s1_01_gradient_descent_orders as claim
from oracle.claims.paper_001.shared_printed_ladder import SHORT_LADDER
from oracle.claims.verdict import Verdict


def test_orders_need_the_quarter(monkeypatch: pytest.MonkeyPatch) -> None:
    """With h/2 in the place of h/4 the modified flow is no closer than the plain one."""
    monkeypatch.setattr(claim, "INSTANCES", claim.INSTANCES[::2])
    monkeypatch.setattr(claim, "SHORT_LADDER", SHORT_LADDER[:3])
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS
    monkeypatch.setattr(claim, "igr_weight", lambda: Fraction(1, 2))
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED


@pytest.mark.parametrize(("rate", "order"), [(0, 2), (1, 3)])
def test_quadratic_has_the_local_orders_in_closed_form(rate: int, order: int) -> None:
    """E = ½x²: one step is 1 − h, flow (2) e^(−h), flow (3) e^(−h − h²/2)."""
    gaps = [abs(1 - h - exp(-h - rate * h**2 / 2)) for h in (2**-6, 2**-7)]
    assert log2(gaps[0] / gaps[1]) == pytest.approx(order, abs=0.02)
