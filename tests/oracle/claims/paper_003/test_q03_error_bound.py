"""Q3: the bound needs a bounded run."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_003 import q03_error_bound as module
from oracle.claims.verdict import Verdict


def test_bound_needs_a_bounded_run() -> None:
    """A diverging run outgrows exp(CK)."""
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.NEEDS_ASSUMPTION


def test_without_the_diverging_run_nothing_refutes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A path that grows like e^k is within exp(CK)."""
    monkeypatch.setattr(module, "diverging_run", lambda: [Fraction(3) + 3**k for k in range(7)])
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.HOLDS


def test_diverging_run_cubes_itself() -> None:
    """|w_{k+1}| ≥ ½|w_k|³, so that the size is doubly exponential."""
    path = module.diverging_run()
    assert path[:3] == [2, -6, 210]
    assert all(abs(b) >= abs(a) ** 3 / 2 for a, b in pairwise(path))
