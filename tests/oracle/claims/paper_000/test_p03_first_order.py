"""P3: order 1 rests on the factor of the gradient and on a velocity that does not grow, and not on α."""

from __future__ import annotations

from fractions import Fraction

import pytest

from oracle.claims.evidence import Role
from oracle.claims.instances import QUARTIC_ONE
from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_000 import p03_first_order as module
from oracle.claims.paper_000.shared_orders import METHODS, along_gradient, making_up
from oracle.claims.verdict import Verdict


@pytest.fixture(autouse=True)
def _one_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "INSTANCES", (QUARTIC_ONE,))


def test_first_order_holds_and_says_where_alpha_matters() -> None:
    """Half of α or none: order 1; the velocity that makes up the transient: order 2; one like 1/η: none."""
    entry = adjudicate_one(module.CLAIM)
    assert entry.ruling.verdict is Verdict.HOLDS
    beside = [check.holds for check in entry.findings.checks if check.role is Role.BESIDE]
    assert beside == [True, True, True, False] * 2


def test_first_order_is_refuted_with_another_gradient_factor(monkeypatch: pytest.MonkeyPatch) -> None:
    """∇L/(1−μ)² in the place of ∇L/(1−μ)."""
    monkeypatch.setattr(module, "POWER", 2)
    monkeypatch.setattr(module, "_beside", lambda *_: ([], None))
    monkeypatch.setattr(module, "ladder_plot", lambda *_: None)
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.REFUTED


def test_first_order_does_not_rest_on_alpha(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any other multiple of η leaves the verdict."""
    monkeypatch.setattr(module, "inertia_over_step", lambda method, mu: Fraction(1, 2))
    monkeypatch.setattr(module, "_beside", lambda *_: ([], None))
    monkeypatch.setattr(module, "ladder_plot", lambda *_: None)
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.HOLDS


@pytest.mark.parametrize("mu", [Fraction(1, 4), Fraction(1, 2), Fraction(9, 10)])
def test_velocity_that_makes_up_the_transient(mu: Fraction) -> None:
    """It is −∇L/(1+μ) for heavy ball and −(1−2μ)∇L/(1−μ+2μ²) for Nesterov."""
    ball, nesterov = (making_up(module.inertia_over_step(name, mu), mu) for name in METHODS)
    assert ball == 1 / (1 + mu)
    assert nesterov == (1 - 2 * mu) / (1 - mu + 2 * mu**2)


def test_velocity_along_the_gradient_is_the_derivative_by_hand() -> None:
    """L = b⁴/4 + b³/3 at 1: −∇L = −2."""
    assert along_gradient(QUARTIC_ONE, Fraction(3)) == {"b": (Fraction(-6),)}
