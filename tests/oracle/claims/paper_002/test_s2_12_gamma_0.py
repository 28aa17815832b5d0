"""S2-12: altered summands are found out, and paper 001 has the same numbers."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_002 import s2_12_gamma_0 as claim
from oracle.claims.paper_002.shared_large_k import gamma_0
from oracle.claims.verdict import Verdict
from reference.printed_flows import equation_57, ghosh_equation_4


def test_it_holds_as_printed() -> None:
    """All lines, all k."""
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS


def test_another_summand_refutes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """With 2 in the place of 4."""

    def altered(mu: Any, ahead: Any, past: Any) -> Any:
        return (1 + mu) * ahead + mu * ahead * past * (past * (1 + mu) - 2)

    monkeypatch.setattr(claim, "summand", altered)
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED


@pytest.mark.parametrize("k", [0, 1, 5])
@pytest.mark.parametrize("momentum", [Fraction(1, 4), Fraction(9, 10)])
def test_paper_001_has_the_same_number(momentum: Fraction, k: int) -> None:
    """Eq. 4 there with its γ, Eq. 57 summed, and summed by formula."""
    summed = gamma_0(momentum, momentum ** (k + 1), k + 1) / (2 * (1 - momentum) ** 3)
    assert summed == equation_57(momentum, k) == ghosh_equation_4(momentum, k).curvature
