"""S2-6: increments of a flow one term short are a power too large, and a parabola shows the power by hand."""

from __future__ import annotations

from itertools import pairwise
from math import exp, log2

import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_002 import s2_06_increments as claim
from oracle.claims.paper_002 import shared_runs
from oracle.claims.paper_002.shared_runs import Run, piecewise
from oracle.claims.verdict import Verdict


@pytest.fixture(autouse=True)
def three_rungs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the finest step size, which takes as long as all others."""
    monkeypatch.setattr(shared_runs, "STEP_SIZES", shared_runs.STEP_SIZES[:3])


def test_it_holds_as_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two orders are enough here; the ledger runs four."""
    monkeypatch.setattr(claim, "ORDERS", (1, 2))
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS


def test_one_term_less_is_an_order_less(monkeypatch: pytest.MonkeyPatch) -> None:
    """Truncated after γ^(α−3) the increments are O(η^α)."""
    monkeypatch.setattr(claim, "ORDERS", (2,))
    monkeypatch.setattr(claim, "flow_for", lambda order: Run(piecewise(order - 1), order))
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED


def largest_increment(step_size: float) -> float:
    """Return max |ε_{k+1} − ε_k| of α = 1 on L = β²/2 with μ = 1/2 up to t = 1."""
    before = here = path = 1.0
    errors = [0.0]
    for k in range(round(1 / step_size)):
        before, here = here, here - step_size * here + 0.5 * (here - before)
        path *= exp(-step_size * 2 * (1 - 0.5 ** (k + 1)))
        errors.append(path - here)
    return max(abs(b - a) for a, b in pairwise(errors))


def test_on_a_parabola_the_increments_of_alpha_1_are_of_second_order() -> None:
    """Computed with exponentials and no series."""
    assert abs(log2(largest_increment(1 / 400) / largest_increment(1 / 800)) - 2) < 0.06
