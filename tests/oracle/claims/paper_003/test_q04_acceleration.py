"""Q4: the acceleration rule keeps λ, within its range."""

from __future__ import annotations

from typing import Any

import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_003 import q04_acceleration as module
from oracle.claims.verdict import Verdict


def test_acceleration_needs_its_range() -> None:
    """ρ(1 − β) ≤ 1 and a small ρε."""
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.NEEDS_ASSUMPTION


def unsquared(rho: Any, gamma: Any, beta: Any) -> tuple[Any, Any]:
    """Return γ̂ = ργ with the printed β̂."""
    return rho * gamma, 1 - rho * (1 - beta)


def test_one_power_of_the_factor_keeps_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """γ̂ = ργ changes λ and slows nothing down rightly."""
    monkeypatch.setattr(module, "accelerated", unsquared)
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.REFUTED


def test_power_and_line_agree_near_one() -> None:
    """β^ρ − (1 − ρ(1 − β)) is ρ(ρ − 1)/2 (1 − β)² to leading order."""
    rho, x = 2.5, 1e-4
    _, new = module.accelerated(rho, 1.0, 1 - x)
    assert ((1 - x) ** rho - new) / x**2 == pytest.approx(rho * (rho - 1) / 2, rel=1e-3)
