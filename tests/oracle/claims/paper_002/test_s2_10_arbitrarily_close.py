"""S2-10: the order is there for every α tried; what a fixed step size allows is checked on a parabola."""

from __future__ import annotations

from fractions import Fraction
from math import sqrt

import pytest

from oracle.claims.evidence import Role
from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_002 import s2_10_arbitrarily_close as claim
from oracle.claims.paper_002 import shared_runs
from oracle.claims.paper_002.shared_runs import piecewise
from oracle.claims.verdict import Verdict


@pytest.fixture(autouse=True)
def three_rungs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the finest step size, which takes as long as all others."""
    monkeypatch.setattr(shared_runs, "STEP_SIZES", shared_runs.STEP_SIZES[:3])


def test_it_holds_as_the_paper_explains_it() -> None:
    """For every order as η → 0; at a fixed η it does not, which stands beside it."""
    entry = adjudicate_one(claim.CLAIM)
    beside = [check.holds for check in entry.findings.checks if check.role is Role.BESIDE]
    assert entry.ruling.verdict is Verdict.HOLDS
    assert beside == [False, True, False]


def test_a_flow_of_a_lower_order_refutes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The order 4 is measured, not assumed."""
    monkeypatch.setattr(claim, "piecewise", lambda order: piecewise(order - 1))
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED


def test_the_error_stops_at_what_lies_beyond_zero() -> None:
    """Above (1 − √μ)² the error for high α is heavy ball's most negative value."""
    assert (1 - sqrt(0.5)) ** 2 < claim.LARGE
    deepest = -min(claim.heavy_ball(claim.LARGE, claim.MOMENTUM, claim.STEPS))
    assert abs(claim.fixed_step_errors(claim.LARGE)[-1] - float(deepest)) < 1e-4


def test_below_the_bound_heavy_ball_keeps_its_sign() -> None:
    """Real roots: no step crosses zero."""
    assert (1 - sqrt(0.5)) ** 2 > claim.SMALL
    assert min(claim.heavy_ball(claim.SMALL, Fraction(1, 2), 200)) > 0
