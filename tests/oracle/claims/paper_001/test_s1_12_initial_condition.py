"""S1-12: the correction stands on starts that are not at rest, and a quadratic has their lag in closed form."""

from __future__ import annotations

from fractions import Fraction
from math import sqrt

import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.measures import LADDER
from oracle.claims.paper_001 import s1_12_initial_condition as claim
from oracle.claims.verdict import Verdict


def test_rest_is_needed_and_zero_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """If starts at rest stood for those that are not, the condition x⁰ = x⁻¹ would not be confirmed."""
    monkeypatch.setattr(claim, "ELSEWHERE", claim.ELSEWHERE[::2])
    monkeypatch.setattr(claim, "LADDER", LADDER[:3])
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS_WITH_CORRECTION
    monkeypatch.setattr(claim, "start_speed", lambda: Fraction(0))
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED


def test_initial_momentum_moves_the_slow_part_of_a_quadratic() -> None:
    """E = ½x², x⁰ = 1, x⁰ − x⁻¹ = −hv: the slow amplitude is lower by hβv/(1 − β) than from rest."""
    h, beta, v = 1e-6, 0.6, 1.5
    b = 1 + beta - h
    root = sqrt(b * b - 4 * beta)
    slow, fast = (b + root) / 2, (b - root) / 2
    resting, moving = ((1 - h - beta * h * speed - fast) / (slow - fast) for speed in (0.0, v))
    assert (resting - moving) / h == pytest.approx(beta * v / (1 - beta), rel=1e-4)
