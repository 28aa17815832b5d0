"""Q1: another λ or ε than the printed ones is no identity."""

from __future__ import annotations

from typing import Any

import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_003 import q01_discretisation as module
from oracle.claims.verdict import Verdict


def test_discretisation_is_exact() -> None:
    """The printed scheme is MGD."""
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.HOLDS


def one_power(gamma: Any, beta: Any) -> tuple[Any, Any]:
    """Return λ with 1 − β in the place of its square."""
    return gamma, 1 - beta


def test_one_power_of_the_momentum_in_the_inertia_is_refuted(monkeypatch: pytest.MonkeyPatch) -> None:
    """λ = γ/(1 − β) does not give MGD."""
    monkeypatch.setattr(module, "inertia", one_power)
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.REFUTED


def test_scheme_by_hand_on_a_parabola() -> None:
    """F = ½w², γ = ½, β = ½, w_0 = 1, w_1 = 1: λ = 2, ε = 1, 2(w_2 − 1) + 0 + 1 = 0, w_2 = ½, as MGD's 1 − ½."""
    lam, eps = (n / d for n, d in (module.inertia(0.5, 0.5), module.step(0.5, 0.5)))
    assert (lam, eps) == (2, 1)
    w2 = 1 - eps**2 / lam * 1
    assert w2 == 1 - 0.5 * 1
