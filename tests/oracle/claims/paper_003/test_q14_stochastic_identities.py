"""Q14: S± is exact, minibatches included."""

from __future__ import annotations

from typing import Any

import pytest

from oracle.claims.evidence import Role
from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_003 import q14_stochastic_identities as module
from oracle.claims.verdict import Verdict


def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave two runs, one with minibatches."""
    monkeypatch.setattr(module, "TRIED", (module.TRIED[0], module.TRIED[2]))
    monkeypatch.setattr(module, "DIGITS", 12)


@pytest.mark.slow
def test_sums_are_exact() -> None:
    """On every run tried."""
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.HOLDS


def quadratic(ratio: Any) -> Any:
    """Return the leading term of r."""
    return (ratio - 1) ** 2 / 2


def test_leading_term_alone_is_refuted(monkeypatch: pytest.MonkeyPatch) -> None:
    """r(z) ≈ (z − 1)²/2 is not exact."""
    quick(monkeypatch)
    monkeypatch.setattr(module, "excess", quadratic)
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.REFUTED


def test_initial_momentum_is_not_covered(monkeypatch: pytest.MonkeyPatch) -> None:
    """From w_0 ≠ w_1 the printed sums miss, from rest they hold."""
    quick(monkeypatch)
    entry = adjudicate_one(module.CLAIM)
    assert entry.ruling.verdict is Verdict.HOLDS
    assert [c.holds for c in entry.findings.checks if c.role is Role.BESIDE] == [False, False]
