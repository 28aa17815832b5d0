"""P4: α is what the second order needs, and the verdict breaks with any other."""

from __future__ import annotations

from typing import Any

import pytest
from mpmath import mp

from oracle.claims.instances import QUARTIC_ONE
from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_000 import p04_alpha as module
from oracle.claims.verdict import Verdict
from reference.mpmath_arithmetic import mpmath_precision


@pytest.fixture(autouse=True)
def _one_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SMOOTH", (QUARTIC_ONE,))


def test_alpha_holds() -> None:
    """As printed, for both methods."""
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.HOLDS


@pytest.mark.parametrize("method", ["heavy_ball", "nesterov"])
def test_alpha_is_refuted_when_one_coefficient_changes(monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    """1 + 2μ for heavy ball, 1 − μ + μ² for Nesterov."""
    printed = module.twice_alpha_over_eta

    def altered(name: str, mu: Any) -> Any:
        if name != method:
            return printed(name, mu)
        return 1 + 2 * mu if method == "heavy_ball" else 1 - mu + mu**2

    monkeypatch.setattr(module, "twice_alpha_over_eta", altered)
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.REFUTED


@pytest.mark.parametrize("method", ["heavy_ball", "nesterov"])
def test_alpha_against_the_characteristic_root(method: str) -> None:
    """ln z of the slow root at small x, by 60 digits, has −αc²x²/η as its second term."""
    with mpmath_precision(200):
        mu, x = mp.mpf(1) / 3, mp.mpf(10) ** -15
        trace = 1 + mu - x if method == "heavy_ball" else (1 - x) * (1 + mu)
        product = mu if method == "heavy_ball" else (1 - x) * mu
        slow = (trace + mp.sqrt(trace**2 - 4 * product)) / 2
        second = (mp.log(slow) + x / (1 - mu)) / x**2
        expected = -module.twice_alpha_over_eta(method, mu) / (2 * (1 - mu) ** 3)
        assert abs(second - expected) < mp.mpf(10) ** -13
