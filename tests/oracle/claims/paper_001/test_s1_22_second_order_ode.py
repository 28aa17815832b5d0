"""S1-22: the verdict follows the inertia and the measured order, and a quadratic shows both parts in closed form."""

from __future__ import annotations

from math import exp, log, log2, sqrt

import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_001 import s1_22_second_order_ode as claim
from oracle.claims.verdict import Verdict
from reference.observed_order import ObservedOrder, estimate_order


def test_another_inertia_has_not_the_slow_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """a = (1 + β)/(2(1 − β)) and no multiple of it."""
    inertia = claim.matching_inertia
    monkeypatch.setattr(claim, "VELOCITIES", claim.VELOCITIES[2:])
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS
    monkeypatch.setattr(claim, "matching_inertia", lambda beta: 2 * inertia(beta))
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED


def test_a_measured_second_order_would_refute(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were the ODE O(h²)-close over all steps, the claim that it is only O(h)-close would fall."""
    second = estimate_order([4.0**-i for i in range(4)])
    monkeypatch.setattr(claim, "measured", lambda *_: ObservedOrder(second, second, ()))
    monkeypatch.setattr(claim, "ladder_plot", lambda *_: None)
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED


def quadratic_gaps(steps: int, beta: float) -> tuple[float, float]:
    """Return the largest distance on ½x², T = 1, over all steps and over the second half, with x′(0) = −x⁰/(1 + β)."""
    h = 1 / steps
    alpha = h * (1 + beta) / (2 * (1 - beta))
    root = sqrt(1 - 4 * alpha / (1 - beta))
    slow, fast = (-1 + root) / (2 * alpha), (-1 - root) / (2 * alpha)
    fast_part = (-1 / (1 + beta) - slow) / (fast - slow)
    before, now, gaps = 1.0, 1.0, []
    for k in range(1, steps + 1):
        before, now = now, now - h * now + beta * (now - before)
        gaps.append(abs(now - (1 - fast_part) * exp(slow * k * h) - fast_part * exp(fast * k * h)))
    return max(gaps), max(gaps[steps // 2 :])


def test_quadratic_has_both_orders_in_closed_form() -> None:
    """On ½x² ODE and method are sums of two powers: order one over all steps, two past the transient."""
    coarse, fine = (quadratic_gaps(steps, 0.5) for steps in (640, 1280))
    assert log2(coarse[0] / fine[0]) == pytest.approx(1, abs=0.05)
    assert log2(coarse[1] / fine[1]) == pytest.approx(2, abs=0.05)


@pytest.mark.parametrize("beta", [0.01, 0.5, 0.99])
def test_transients_differ(beta: float) -> None:
    """log(1/β) is above 2(1 − β)/(1 + β)."""
    assert log(1 / beta) > 2 * (1 - beta) / (1 + beta)
