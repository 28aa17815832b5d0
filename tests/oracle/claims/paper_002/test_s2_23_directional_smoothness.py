"""S2-23: the verdict turns with the weight that gradient descent is said to have."""

from __future__ import annotations

from fractions import Fraction

import pytest
from flint import fmpq, fmpq_poly

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_002 import s2_23_directional_smoothness as claim
from oracle.claims.paper_002 import shared_runs
from oracle.claims.paper_002.shared_recursion import stationary_fields, third_order
from oracle.claims.verdict import Verdict
from reference.printed_flows import equation_19


@pytest.fixture(autouse=True)
def three_rungs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the finest step size, which takes as long as all others."""
    monkeypatch.setattr(shared_runs, "STEP_SIZES", shared_runs.STEP_SIZES[:3])


def test_it_is_refuted() -> None:
    """Gradient descent has a twelfth of it, and the ratio that replaces the statement is verified."""
    entry = adjudicate_one(claim.CLAIM)
    assert entry.ruling.verdict is Verdict.REFUTED
    assert entry.ruling.correction is not None


def test_the_right_weight_in_its_place_would_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the sentence gave gradient descent its twelfth, which for quadratic losses is a sixth."""
    monkeypatch.setattr(claim, "printed_for_gradient_descent", lambda: fmpq(1, 12))
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED
    monkeypatch.setattr(claim, "printed_on_quadratics", lambda: fmpq(1, 6))
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS


def test_a_spoilt_replacement_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """With another weight of heavy ball the ratio fails."""
    wrong = third_order(stationary_fields(1))[1] + fmpq_poly([0, 1])
    monkeypatch.setattr(claim, "weight", lambda: wrong)
    assert adjudicate_one(claim.CLAIM).ruling.correction is None


@pytest.mark.parametrize("momentum", [Fraction(0), Fraction(1, 2), Fraction(9, 10)])
def test_the_ratio_in_numbers(momentum: Fraction) -> None:
    """(1 + 10μ + μ²)/(1 − μ)² of the weights at the same η/(1 − μ), from the reference's coefficients."""
    ratio = equation_19(momentum)[1] * (1 - momentum) ** 3 / equation_19(Fraction(0))[1]
    assert ratio == (1 + 10 * momentum + momentum**2) / (1 - momentum) ** 2
