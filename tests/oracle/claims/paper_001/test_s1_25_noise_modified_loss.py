"""S1-25: the verdict follows both halves, and quadrature gives the same mean."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_001 import s1_25_noise_modified_loss as claim
from oracle.claims.verdict import Verdict


def test_both_halves_are_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """With one half restored the printed statement still fails; with both it holds."""
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS_WITH_CORRECTION
    monkeypatch.setattr(claim, "printed_loss_part", claim.corrected_loss_part)
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS_WITH_CORRECTION
    monkeypatch.setattr(claim, "printed_third", lambda: 2)
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS


def without_mixed(square: Any, frobenius: Any, mixed: Any, variance: Any) -> Any:
    """Return the bracket without the term of ∇³E."""
    return square + variance * frobenius


def test_correction_needs_every_term(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without ⟨∇E, ∇Tr∇²E⟩ it is no correction."""
    monkeypatch.setattr(claim, "corrected_slope_part", without_mixed)
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED


def test_corrected_expansion_agrees_with_quadrature() -> None:
    """E = x⁴ at x = 0.8 by Gauss-Hermite quadrature: the rest falls sixteenfold as σ halves."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(12)
    weights = weights / weights.sum()
    x, h, rests = 0.8, 0.5, []
    for sigma in (0.02, 0.01):
        moved = x + sigma * nodes
        mean = float(weights @ (moved**4 + h / 4 * (4 * moved**3) ** 2))
        slope, curvature, third = 4 * x**3, 12 * x**2, 24 * x
        loss = claim.corrected_loss_part(x**4, curvature, sigma**2)
        bracket = claim.corrected_slope_part(slope**2, curvature**2, slope * third, sigma**2)
        rests.append(mean - loss - h / 4 * bracket)
    assert rests[0] / rests[1] == pytest.approx(16, rel=0.05)
