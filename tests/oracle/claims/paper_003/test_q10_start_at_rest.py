"""Q10: the start of the gradient flow that finds argmin ψ_Δ∞."""

from __future__ import annotations

from fractions import Fraction

import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_003 import q10_start_at_rest as module
from oracle.claims.verdict import Verdict


def test_the_root_was_lost() -> None:
    """u0 = √Δ∞."""
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.HOLDS_WITH_CORRECTION


def test_with_the_root_as_printed_it_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The corrected start put in the printed one's place."""
    monkeypatch.setattr(module, "printed_start", module.mended_start)
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.HOLDS


def test_half_the_root_is_not_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A spoilt correction is not verified."""
    monkeypatch.setattr(module, "mended_start", lambda root: root * Fraction(1, 2))
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.REFUTED
