"""S1-2: the verdict follows γ, and γ has another form as a finite sum."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_001 import s1_02_momentum_flow_field as claim
from oracle.claims.paper_001.shared_momentum_flows import equation_4
from oracle.claims.verdict import Verdict


def halved(beta: Any, power: Any, k: Any) -> Any:
    """Return Eq. 4 with 2(k + 1) in the place of 4(k + 1)."""
    gamma = (1 - beta**2 * power**2) - 2 * (k + 1) * beta * power * (1 - beta) / (1 + beta)
    return equation_4(beta, power, k)[0], gamma * (1 + beta) / (2 * (1 - beta) ** 3)


def late(beta: Any, power: Any, k: Any) -> Any:
    """Return Eq. 4 with β^k in the place of β^(k + 1)."""
    return equation_4(beta, power / beta, k)


@pytest.mark.parametrize("formula", [halved, late])
def test_verdict_follows_the_printed_coefficients(formula: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """As printed it holds; with another factor or exponent it does not."""
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS
    monkeypatch.setattr(claim, "equation_4", formula)
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED


@pytest.mark.parametrize("k", [0, 1, 4, 9])
def test_curvature_is_a_sum_over_the_past(k: int) -> None:
    """y_k = a_k²/2 + Σ_{j<k} β^(k−j) a_j² with a_j = 1 + β + … + β^j: Eq. 10 with one batch."""
    beta = Fraction(2, 7)
    forces = [sum((beta**i for i in range(j + 1)), start=Fraction(0)) for j in range(k + 1)]
    past = sum((beta ** (k - j) * forces[j] ** 2 for j in range(k)), start=Fraction(0))
    assert equation_4(beta, beta**k, k) == (forces[k], forces[k] ** 2 / 2 + past)
