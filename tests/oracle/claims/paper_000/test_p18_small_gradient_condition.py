"""P18: the n of the condition counts twice."""

from __future__ import annotations

from math import asinh, log

import numpy as np
import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_000 import p18_small_gradient_condition as module
from oracle.claims.verdict import Verdict


def test_condition_holds_with_n_left_out() -> None:
    """∂_θL = o(α⁻¹(1 − μ)) implies it, the printed one does not."""
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.HOLDS_WITH_CORRECTION


def test_copies_do_not_refute_the_condition_without_n(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without n the copies never meet it, so nothing is refuted."""
    monkeypatch.setattr(module, "condition", lambda samples: 1)
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.NOT_DECIDABLE


def test_correction_fails_with_a_bound_too_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """−¼ ln(1 − |q|) halved is no bound."""
    right = module.terms_of

    def halved(*args: object) -> module.Terms:
        terms = right(*args)  # type: ignore[arg-type]  # passed on as they came
        return module.Terms(terms.gradient, terms.gap, terms.bound / 2)

    monkeypatch.setattr(module, "terms_of", halved)
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.REFUTED


def test_bound_holds_and_is_nearly_reached_in_floats() -> None:
    """sup over s of |arcsinh(sinh s + q cosh s) − s| is −ln(1 − |q|), reached as s → ∞ for q < 0."""
    for q in (-0.9, -0.5, -0.1, 0.3, 0.8):
        gaps = [abs(asinh(np.sinh(s) + q * np.cosh(s)) - s) for s in np.linspace(-9, 9, 181)]
        assert max(gaps) <= -log(1 - abs(q)) + 1e-9
        assert max(gaps) > 0.999 * -log(1 - abs(q))
