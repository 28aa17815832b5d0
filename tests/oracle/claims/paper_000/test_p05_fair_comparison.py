"""P5: gradient flow against Eq. 4 is wrong at leading order; Eq. 4 at μ = 0 is not."""

from __future__ import annotations

from fractions import Fraction

import pytest

from oracle.claims.evidence import Role
from oracle.claims.instances import QUARTIC_ONE
from oracle.claims.ledger import adjudicate_one
from oracle.claims.measures import apart
from oracle.claims.paper_000 import p05_fair_comparison as module
from oracle.claims.paper_000.shared_limits import BIASED, UNBIASED, Run, end
from oracle.claims.verdict import Verdict

HALF = Fraction(1, 2)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAIRS", ((BIASED[1], HALF), (UNBIASED[1], HALF)))
    monkeypatch.setattr(module, "LADDER", tuple(Fraction(1, 40 * 2**i) for i in range(3)))
    monkeypatch.setattr(module, "DIAGONAL_ONE_ROW", QUARTIC_ONE)


@pytest.mark.slow
def test_comparison_holds_with_the_flow_of_gradient_descent() -> None:
    """Its own Eq. 4, α = η/2."""
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.HOLDS_WITH_CORRECTION


@pytest.mark.slow
def test_comparison_verdict_follows_the_partner(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the fair partner printed it holds; with gradient flow as its correction nothing is corrected."""
    printed, fair = module.PARTNERS[Role.AS_PRINTED], module.PARTNERS[Role.CORRECTED]
    monkeypatch.setattr(module, "PARTNERS", {Role.AS_PRINTED: fair})
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.HOLDS
    monkeypatch.setattr(module, "PARTNERS", {Role.AS_PRINTED: printed, Role.CORRECTED: printed})
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.REFUTED


def test_heavy_ball_without_momentum_is_gradient_descent_and_the_comparison_sees_a_difference() -> None:
    """μ = 0: the methods are one, and Eq. 4 less gradient flow is not zero."""
    run = Run(BIASED[1], "heavy_ball", Fraction(1, 10), Fraction(0))
    descent = Run(BIASED[1], "gradient_descent", Fraction(1, 10), Fraction(0))
    assert end(run, 10).theta == end(descent, 10).theta
    printed, fair = module.printed_partner(run, 10)[0], module.fair_partner(run, 10)[0]
    assert apart(printed, fair) > 1e-3


def test_wrong_factor_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """At μ = ½ the factor is 6/5; with 3 + μ for 3 − μ the limits do not have it."""
    assert module._overstated(BIASED[1], HALF, 10).holds
    monkeypatch.setattr(module, "overstatement", lambda mu: (1 + mu) / (mu * (3 + mu)))
    assert not module._overstated(BIASED[1], HALF, 10).holds
