"""S2-21: a factor would be found out, and a loss that is no polynomial agrees by differences."""

from __future__ import annotations

from typing import Any

import mpmath
import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_002 import s2_21_gradient_of_curvature as claim
from oracle.claims.verdict import Verdict


def test_it_holds_as_printed() -> None:
    """No factor is lost."""
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS


def test_a_factor_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """2ω₁ + ω₂ is no such gradient."""
    right = claim.omegas

    def altered(d: int) -> tuple[list[Any], list[Any]]:
        first, second = right(d)
        return [2 * value for value in first], second

    monkeypatch.setattr(claim, "omegas", altered)
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED


def test_it_holds_for_a_loss_in_one_variable_that_is_no_polynomial() -> None:
    """L = exp(sin β): 2L''²L' + L'''L'² is the slope of L'²L''."""

    def loss(b: Any) -> Any:
        return mpmath.exp(mpmath.sin(b))

    with mpmath.workdps(40):
        first, second, third = (mpmath.diff(loss, 0.7, n) for n in (1, 2, 3))
        slope = mpmath.diff(lambda b: mpmath.diff(loss, b, 1) ** 2 * mpmath.diff(loss, b, 2), 0.7)
        assert abs(2 * second**2 * first + third * first**2 - slope) < 1e-8
