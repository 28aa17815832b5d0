"""Q19: a smaller balancedness is not sparser."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest
from scipy.optimize import brentq

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_003 import q19_sparser as module
from oracle.claims.paper_003.shared_simulation import simulate
from oracle.claims.verdict import Verdict


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the problems with one row, and a sweep of one."""
    monkeypatch.setattr(module, "TRIED", module.TRIED[:2])
    monkeypatch.setattr(module, "SWEEP", ())
    monkeypatch.setattr(module, "DIGITS", 6)


def test_sparser_is_refuted() -> None:
    """Both norms are larger."""
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.REFUTED


def opposite(measure: str, theta: Sequence[Fraction]) -> float:
    """Return minus the ℓ1 norm."""
    return -float(sum(map(abs, theta)))


def test_the_opposite_would_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """Less sparse is what happens on these."""
    monkeypatch.setattr(module, "spread", opposite)
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.HOLDS


def test_one_row_by_a_root_finder() -> None:
    """Gradient flow's limit as the root of Σ xᵢ (Δ/2) sinh(2νxᵢ) = 1, momentum's by Runge and Kutta: more ℓ1."""
    x, delta = np.array([1.0, 0.5]), 0.09

    def theta(nu: float) -> np.ndarray:
        return np.asarray(delta / 2 * np.sinh(2 * nu * x))

    plain = theta(brentq(lambda nu: float(x @ theta(nu)) - 1, 0, 10))
    momentum = simulate(module.HALF, Fraction(3, 10), part=1 / 10)
    assert np.abs(momentum.theta).sum() > np.abs(plain).sum() + 0.01
    assert np.all(momentum.signed_balancedness < delta)
