"""S1-3: the verdict follows γ, and a quadratic has the order in closed form."""

from __future__ import annotations

from fractions import Fraction
from math import exp, log2
from typing import Any

import pytest

from oracle.claims.instances import SMOOTH
from oracle.claims.ledger import adjudicate_one
from oracle.claims.measures import LADDER
from oracle.claims.paper_001 import s1_03_momentum_flow_order as claim
from oracle.claims.paper_001.shared_momentum_flows import equation_4
from oracle.claims.verdict import Verdict


def without_gamma(beta: Any, power: Any, k: Any) -> Any:
    """Return Eq. 4 with γ = 1."""
    return equation_4(beta, power, k)[0], (1 + beta) / (2 * (1 - beta) ** 3)


def test_order_needs_gamma(monkeypatch: pytest.MonkeyPatch) -> None:
    """With γ = 1 from the first step on the second order is lost."""
    monkeypatch.setattr(claim, "SMOOTH", SMOOTH[2:])
    monkeypatch.setattr(claim, "LADDER", LADDER[:3])
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS
    monkeypatch.setattr(claim, "equation_4", without_gamma)
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED


def quadratic_gap(steps: int, beta: Fraction) -> float:
    """Return the largest distance of flow (4) from GD+M for E = ½x², x⁰ = 1, T = 1."""
    h, before, now, flow, largest = 1 / steps, 1.0, 1.0, 1.0, 0.0
    for k in range(steps):
        a, y = equation_4(beta, beta**k, k)
        before, now = now, now - h * now + float(beta) * (now - before)
        flow *= exp(-h * float(a) - h**2 * float(y))
        largest = max(largest, abs(now - flow))
    return largest


def test_quadratic_has_second_order_in_closed_form() -> None:
    """On ½x² every interval is an exponential, and no integrator comes between."""
    coarse, fine = (quadratic_gap(steps, Fraction(3, 5)) for steps in (320, 640))
    assert log2(coarse / fine) == pytest.approx(2, abs=0.1)
