"""S1-9: the verdict follows the formula, and a gradient by differences agrees with the corrected one."""

from __future__ import annotations

from typing import Any

import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_001 import s1_09_product_regulariser as claim
from oracle.claims.verdict import Verdict


def half_mended(x: Any, w1: Any, w2: Any, loss: Any) -> Any:
    """Return the formula with the factor 2 and without x²."""
    return (w1**2 + w2**2) * loss / 2


def test_verdict_follows_the_formula(monkeypatch: pytest.MonkeyPatch) -> None:
    """The factor 2x² mends it, 2 alone does not; printed with 2x² it would hold."""
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS_WITH_CORRECTION
    with monkeypatch.context() as spoilt:
        spoilt.setattr(claim, "corrected", half_mended)
        assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED
    monkeypatch.setattr(claim, "as_printed", claim.corrected)
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS


def test_corrected_formula_agrees_with_differences() -> None:
    """¼|∇E|² by central differences of E at a point with x ≠ 1."""
    x, y, w, step = 1.5, -0.25, [0.75, -1.25], 1e-5

    def loss(w1: float, w2: float) -> float:
        return 0.5 * (y - w1 * w2 * x) ** 2

    slopes = [
        (loss(w[0] + step, w[1]) - loss(w[0] - step, w[1])) / (2 * step),
        (loss(w[0], w[1] + step) - loss(w[0], w[1] - step)) / (2 * step),
    ]
    square = sum(slope**2 for slope in slopes)
    assert claim.corrected(x, w[0], w[1], loss(w[0], w[1])) == pytest.approx(square / 4, rel=1e-8)
