"""Q8: the sign of I±."""

from __future__ import annotations

import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_003 import q08_sign as module
from oracle.claims.verdict import Verdict


@pytest.mark.slow
def test_the_sign_is_wrong() -> None:
    """+λ∫ is what the flow has."""
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.HOLDS_WITH_CORRECTION


@pytest.mark.slow
def test_with_a_plus_as_printed_it_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The corrected sign put in the printed one's place."""
    monkeypatch.setattr(module, "printed_sign", lambda: 1)
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.HOLDS


def test_minus_is_no_telescoping(monkeypatch: pytest.MonkeyPatch) -> None:
    """The identity refuses the printed sign."""
    monkeypatch.setattr(module, "mended_sign", lambda: -1)
    assert module._telescoping().holds is False
