"""P17: the printed ratio does not tell where momentum generalises better, first-order theory does."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_000 import p17_when_momentum_generalises as module
from oracle.claims.paper_000.shared_first_order_shift import Shift, Target, scaled, shift_of
from oracle.claims.verdict import Verdict
from reference.case import Method

DEFAULT = module.CONTESTS


@pytest.fixture(autouse=True)
def _three_contests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave one small ratio, one large one and one more row; the steps larger, to be quick."""
    small = module.Contest(DEFAULT[0].target, Method("heavy_ball", Fraction(1, 80), Fraction(1, 2)))
    monkeypatch.setattr(module, "CONTESTS", (small, DEFAULT[3], DEFAULT[4]))


def test_condition_is_refuted_and_replaced() -> None:
    """A small ratio where momentum is worse, two large ones where it is better."""
    ruling = adjudicate_one(module.CLAIM).ruling
    assert ruling.verdict is Verdict.REFUTED
    assert ruling.correction is module.CLAIM.correction


def test_condition_would_hold_turned_round(monkeypatch: pytest.MonkeyPatch) -> None:
    """On these problems better and worse stand just the other way round."""
    printed = module.printed_winner
    monkeypatch.setattr(module, "printed_winner", lambda contest: not printed(contest))
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.HOLDS


def test_correction_fails_with_its_sign_turned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Momentum is better where (θ − θ*)·P(Φ⊙θ) is positive, and not where it is negative."""

    def turned(shift: Shift, target: Target) -> bool:
        return shift.drift(target.truth) > 0

    monkeypatch.setattr(module, "corrected_winner", turned)
    assert adjudicate_one(module.CLAIM).ruling.correction is None


def test_criterion_does_not_know_the_scale_of_the_data() -> None:
    """Φ, and with it the drift, is multiplied by ε²: the sign stays."""
    target = DEFAULT[4].target
    here, there = (shift_of(t.instance, 16).drift(t.truth) for t in (target, scaled(target, Fraction(1, 3))))
    assert float(here / there) == pytest.approx(9, rel=1e-12)


def test_limits_are_those_of_a_run_of_floats() -> None:
    """|θ − θ*|² of GD and HB on one row, by numpy."""
    contest = module.CONTESTS[0]
    x, y, truth = np.array([1.0, 0.5]), 1.0, np.array([1.0, 0.0])
    distances = []
    for mu in (0.0, 0.5):
        u, v, p, q = np.full(2, 0.375), np.full(2, 0.375), np.zeros(2), np.zeros(2)
        for _ in range(20000):
            g = x * (x @ (u * u - v * v) - y)
            p, q = mu * p - u * g / 40, mu * q + v * g / 40
            u, v = u + p, v + q
        distances.append(float(np.sum((u * u - v * v - truth) ** 2)))
    seen = module.outcome_of(contest, 14)
    assert [float(seen.gd), float(seen.momentum)] == pytest.approx(distances, abs=1e-12)
