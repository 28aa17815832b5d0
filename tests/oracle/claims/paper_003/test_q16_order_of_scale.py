"""Q16: the order in the scale of the start."""

from __future__ import annotations

import numpy as np
import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_003 import q16_order_of_scale as module
from oracle.claims.verdict import Verdict


@pytest.mark.slow
def test_order_needs_constant_signs() -> None:
    """The whole computation."""
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.NEEDS_ASSUMPTION


def test_a_bound_that_is_never_kept_changes_the_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    """With another test of boundedness nothing is granted: refuted."""
    monkeypatch.setattr(module, "KEPT", ((module.ONE, module.KEPT[0][1], module.ALPHAS[:2]),))
    monkeypatch.setattr(module, "WILD", module.WILD[:2])
    monkeypatch.setattr(module, "DIGITS", 5)
    monkeypatch.setattr(module, "bounded", lambda values: max(values) < 1e-9)
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.REFUTED


def test_rates_at_the_start_are_roots() -> None:
    """w₊ grows like (s − 1)/(2λ), w₋ decays like 1/(2λ) and oscillates: roots of λρ² + ρ ∓ 1."""
    growing, oscillating = np.roots([4.0, 1.0, -1.0]), np.roots([4.0, 1.0, 1.0])
    assert max(growing) == pytest.approx((17**0.5 - 1) / 8)
    assert oscillating.real == pytest.approx([-1 / 8, -1 / 8])
    assert max(abs(oscillating.imag)) > 0.4
