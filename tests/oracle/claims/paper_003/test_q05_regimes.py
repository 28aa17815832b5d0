"""Q5: both regimes of λ."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_003 import q05_regimes as module
from oracle.claims.verdict import Verdict


@pytest.mark.slow
def test_both_regimes_hold() -> None:
    """Oscillation for a large λ, gradient flow for a small one."""
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.HOLDS


def doubled(velocity: Any, slope: Any) -> Any:
    """Return the force with twice the flow's friction."""
    return -2 * velocity - slope


@pytest.mark.slow
def test_another_friction_is_refuted(monkeypatch: pytest.MonkeyPatch) -> None:
    """λw'' = −2w' − ∇F has E' = −2|w'|², which would break the bound."""
    monkeypatch.setattr(module, "force", doubled)
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.REFUTED


def test_roots_of_a_large_inertia_have_the_rate_half_over_it() -> None:
    """The roots of λr² + r + 1 for λ = 50, by an eigenvalue solver."""
    roots = np.roots([50.0, 1.0, 1.0])
    assert roots.real == pytest.approx([-1 / 100, -1 / 100])
    assert min(abs(roots.imag)) > 0.1


def test_alternating_sequence_turns_at_every_step() -> None:
    """Changes of sign are counted."""
    assert module.turns([1.0, -1.0, -2.0, 3.0]) == 2
