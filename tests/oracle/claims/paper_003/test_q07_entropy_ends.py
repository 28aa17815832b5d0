"""Q7: the far end of the entropy is a square."""

from __future__ import annotations

import math

import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_003 import q07_entropy_ends as module
from oracle.claims.verdict import Verdict


def test_the_square_was_lost() -> None:
    """‖θ‖₂² in the place of ‖θ‖₂."""
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.HOLDS_WITH_CORRECTION


def test_with_the_square_as_printed_it_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The corrected end put in the printed one's place."""
    monkeypatch.setattr(module, "printed_far", module.mended_far)
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.HOLDS


def test_another_factor_at_the_far_end_is_not_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    """‖θ‖₂²/Δ is twice too much."""
    right = module.mended_far
    monkeypatch.setattr(module, "mended_far", lambda theta, delta: 2 * right(theta, delta))
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.REFUTED


def test_another_factor_at_the_near_end_is_not_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The correction keeps the near end, and falls with it."""
    right = module.near
    monkeypatch.setattr(module, "near", lambda theta, delta: 2 * right(theta, delta))
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.REFUTED


def test_far_end_in_floats() -> None:
    """ψ at θ = 3, Δ = 10³ is 9/2000 to a relative 10⁻⁵."""
    theta, delta = 3.0, 1e3
    root = math.sqrt(4 * theta**2 + delta**2)
    value = (2 * theta * math.asinh(2 * theta / delta) - 4 * theta**2 / (root + delta)) / 4
    assert value == pytest.approx(theta**2 / (2 * delta), rel=1e-5)
