"""P19: scaling the data is scaling the step."""

from __future__ import annotations

from fractions import Fraction

import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_000 import p19_scaled_data as module
from oracle.claims.paper_000.shared_first_order_shift import scaled, with_method
from oracle.claims.verdict import Verdict
from reference.arithmetic import RationalArithmetic
from reference.case import Method
from reference.trajectory import states


@pytest.mark.slow
def test_larger_benefit_on_smaller_data_is_refuted_and_replaced() -> None:
    """The benefit falls like ε²."""
    ruling = adjudicate_one(module.CLAIM).ruling
    assert ruling.verdict is Verdict.REFUTED
    assert ruling.correction is module.CLAIM.correction


@pytest.mark.slow
def test_correction_fails_with_the_wrong_power(monkeypatch: pytest.MonkeyPatch) -> None:
    """εη is not the step that makes the runs equal."""
    monkeypatch.setattr(module, "equal_step", lambda factor: factor * module.ETA)
    ruling = adjudicate_one(module.CLAIM).ruling
    assert ruling.correction is None


def test_identity_fails_with_the_wrong_power(monkeypatch: pytest.MonkeyPatch) -> None:
    """The polynomials say ε², and the check of the identity listens to them."""
    assert module._identity().holds is True
    monkeypatch.setattr(module, "equal_step", lambda factor: factor * module.ETA)
    assert module._identity().holds is False


@pytest.mark.parametrize("name", ["gradient_descent", "heavy_ball", "nesterov"])
def test_runs_are_equal_in_exact_rationals(name: str) -> None:
    """Four steps with η on ε(X, y) and with ε²η on (X, y) end at the same rationals."""
    target, factor = module.TARGETS[1][0], Fraction(2, 5)
    mu = Fraction(0) if name == "gradient_descent" else Fraction(1, 2)
    small = with_method(scaled(target, factor).instance, Method(name, module.ETA, mu))
    plain = with_method(target.instance, Method(name, module.equal_step(factor), mu))
    arithmetic = RationalArithmetic()
    for _, a, b in zip(range(5), states(small, arithmetic), states(plain, arithmetic), strict=False):
        assert a.position.entries == b.position.entries
