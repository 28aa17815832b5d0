"""S1-23: the verdict follows the bound, and the roots found by numpy agree."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_001 import s1_23_stability as claim
from oracle.claims.verdict import Verdict


@pytest.mark.parametrize("wrong", [lambda beta: 2 + beta, lambda beta: 2 + 3 * beta])
def test_no_other_bound_is_right(wrong: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a lower nor a higher one."""
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS
    monkeypatch.setattr(claim, "largest_step", wrong)
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED


@pytest.mark.parametrize("beta", [0.0, 0.3, 0.9, 0.99])
def test_roots_are_inside_exactly_below_the_bound(beta: float) -> None:
    """Largest |root| of z² − (1 + β − s)z + β on a grid of s."""
    bound = 2 + 2 * beta
    for share in (0.01, 0.3, 0.7, 0.99, 1.01, 1.5):
        largest = max(abs(np.roots([1, -(1 + beta - share * bound), beta])))
        assert (largest < 1) == (share < 1)
