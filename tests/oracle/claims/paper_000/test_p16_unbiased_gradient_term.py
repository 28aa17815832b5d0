"""P16: −¼ is what makes the term of Sec. 3.2 that of Eq. 9 and of the flow."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import asinh
from typing import Any

import pytest

from oracle.claims.instances import Instance
from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_000 import p16_unbiased_gradient_term as module
from oracle.claims.paper_000.shared_first_order_shift import ONE_ROW_SPARSE
from oracle.claims.verdict import Verdict
from reference.balls import ball_precision

PRINTED, RIGHT = module.printed_term, module.corrected_term


def times(factor: int) -> Callable[[Instance, Fraction], list[Any]]:
    """Return the corrected term times a factor."""
    return lambda instance, alpha: [factor * value for value in RIGHT(instance, alpha)]


def test_term_holds_with_factor_and_sign_corrected() -> None:
    """−¼ arcsinh(4α(Xᵀy)_j/(n(1 − μ)))."""
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.HOLDS_WITH_CORRECTION


@pytest.mark.parametrize(
    ("name", "formula", "verdict"),
    [
        ("printed_term", RIGHT, Verdict.HOLDS),
        ("printed_term", times(-1), Verdict.HOLDS_WITH_CORRECTION),
        ("corrected_term", times(-1), Verdict.REFUTED),
        ("corrected_term", times(4), Verdict.REFUTED),
    ],
    ids=["right one printed", "¼ without the sign", "sign spoilt", "factor spoilt"],
)
def test_term_verdict_follows_factor_and_sign(
    monkeypatch: pytest.MonkeyPatch, name: str, formula: Callable[..., Any], verdict: Verdict
) -> None:
    """With −¼ printed it holds, with ¼ it does not; a spoilt correction corrects nothing."""
    monkeypatch.setattr(module, name, formula)
    assert adjudicate_one(module.CLAIM).ruling.verdict is verdict


def test_equation_9_is_the_closed_form_by_hand() -> None:
    """X = (1, 1/2), y = 1, α = 1/10, μ = 1/2: ¼ arcsinh(−0.8) and ¼ arcsinh(−0.4)."""
    with ball_precision(64):
        found = [float(value) for value in module.equation_9(ONE_ROW_SPARSE.instance, Fraction(1, 10))]
    assert found == pytest.approx([-asinh(0.8) / 4, -asinh(0.4) / 4], abs=1e-15)
