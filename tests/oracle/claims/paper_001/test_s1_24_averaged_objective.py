"""S1-24: the verdict follows the factor, and the heat semigroup gives the same means."""

from __future__ import annotations

from math import factorial

import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_001 import s1_24_averaged_objective as claim
from oracle.claims.paper_001.shared_gaussian_moments import gaussian_mean, general_polynomial, laplacian
from oracle.claims.verdict import Verdict


def test_expansion_needs_its_half(monkeypatch: pytest.MonkeyPatch) -> None:
    """With σ² Tr ∇²E, as Sec. 7 has it further on, it fails."""
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS
    monkeypatch.setattr(claim, "printed_expansion", lambda loss, trace, variance: loss + variance * trace)
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED


def test_moments_give_the_heat_semigroup() -> None:
    """E f(x + η) = Σ (σ²/2)^m (Tr∇²)^m f/m! for the general polynomial of degree six."""
    general = general_polynomial(6)
    total, term = general.loss * 0, general.loss
    for m in range(4):
        total += term * (general.symbols[4] ** 2 / 2) ** m / factorial(m)
        term = laplacian(term)
    assert gaussian_mean(general, general.loss) == total
