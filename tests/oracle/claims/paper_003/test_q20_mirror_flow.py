"""Q20: the momentum mirror flow."""

from __future__ import annotations

from typing import Any

import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_003 import q20_mirror_flow as module
from oracle.claims.verdict import Verdict


def test_mirror_flow_is_exact() -> None:
    """Both identities and their consequences."""
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.HOLDS


def test_other_sign_of_the_shift_is_refuted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Potentials with −h_t do not do."""
    right = module.potential_shift
    monkeypatch.setattr(module, "potential_shift", lambda lam, plus, minus: -right(lam, plus, minus))
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.REFUTED


def exchanged(p: dict[str, Any]) -> Any:
    """Return D(b, a) + D(c, b): the arguments exchanged."""
    first = p["Pb"] - p["Pa"] - p["gb"] * (p["b"] - p["a"])
    second = p["Pc"] - p["Pb"] - p["gc"] * (p["c"] - p["b"])
    return first + second


def test_exchanged_divergences_are_refuted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The identity is not symmetric."""
    monkeypatch.setattr(module, "cosine_terms", exchanged)
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.REFUTED
