"""S2-41: Euler's steps are found guilty, exact flows in their place are not, and a wrong series spoils the correction."""

from __future__ import annotations

from fractions import Fraction
from math import exp, log

import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_002 import s2_41_euler_steps as claim
from oracle.claims.paper_002.shared_scalar_model import flow_positions
from oracle.claims.verdict import Verdict


def test_figure_shows_the_flow_if_it_is_followed_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check fails for Euler's steps, and holds with the flow itself in their place."""
    assert claim._in_the_figure(claim.BITS).holds is False
    monkeypatch.setattr(claim, "euler_positions", flow_positions)
    assert claim._in_the_figure(claim.BITS).holds


@pytest.mark.slow
def test_verdict_follows_the_series(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuted with what replaces it; a factor of ½ in the place of −½ takes the replacement away."""
    ruling = adjudicate_one(claim.CLAIM).ruling
    assert ruling.verdict is Verdict.REFUTED
    assert ruling.correction is not None
    monkeypatch.setattr(claim, "euler_weight", lambda: Fraction(1, 2))
    assert adjudicate_one(claim.CLAIM).ruling.correction is None


def test_weight_of_euler_agrees_with_a_closed_form() -> None:
    """For F(β) = −β a step multiplies by 1 − τ = exp(−τ(1 + τ/2 + …)): −τ + weight·τ² F'F/β with F'F = β."""
    tau = 1e-4
    assert log(1 - tau) == pytest.approx(-tau + float(claim.euler_weight()) * tau**2, rel=1e-7)
    assert exp(-tau) > 1 - tau
