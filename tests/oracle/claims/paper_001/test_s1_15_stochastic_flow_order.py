"""S1-15: the verdict follows the factor of the past, and a quadratic with batches has the order in closed form."""

from __future__ import annotations

from math import exp, log2

import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_001 import s1_15_stochastic_flow_order as claim
from oracle.claims.paper_001 import shared_stochastic_loss as printed
from oracle.claims.verdict import Verdict


def test_order_needs_the_factor_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the past counted once the second order is lost."""
    monkeypatch.setattr(claim, "CASES", claim.CASES[:1])
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS
    monkeypatch.setattr(printed, "past_factor", lambda: 1)
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED


def quadratic_gap(steps: int) -> float:
    """Return the largest distance for E_r = ½a_r x² with an irregular schedule, every interval an exponential."""
    schedule, beta, h = (0.2, 1.7, 0.9, 0.9, 2.3), 0.5, 1 / steps
    before, now, flow, force, past, largest = 1.0, 1.0, 1.0, 0.0, 0.0, 0.0
    for k in range(steps):
        rate = schedule[k % len(schedule)]
        before, now = now, now - h * rate * now + beta * (now - before)
        past = beta * (past + force**2)
        force = beta * force + rate
        flow *= exp(-h * force - h**2 / 2 * (force**2 + 2 * past))
        largest = max(largest, abs(now - flow))
    return largest


def test_quadratic_has_second_order_in_closed_form() -> None:
    """No integrator and no series comes between."""
    assert log2(quadratic_gap(320) / quadratic_gap(640)) == pytest.approx(2, abs=0.1)
