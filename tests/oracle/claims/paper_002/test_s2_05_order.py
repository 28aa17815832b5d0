"""S2-5: a flow that is one term short loses the order, and on a parabola the fields are a logarithm."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice
from math import log

import pytest

from oracle.claims.claim import Setting
from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_002 import s2_05_order as claim
from oracle.claims.paper_002 import shared_runs
from oracle.claims.paper_002.shared_recursion import as_map_series, fields_of_steps
from oracle.claims.paper_002.shared_runs import Ladder, Run, Trial, ladder, piecewise
from oracle.claims.verdict import Verdict
from reference.rooted_trees import LEAF, Tree, grow


@pytest.fixture(autouse=True)
def three_rungs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the finest step size, which takes as long as all others."""
    monkeypatch.setattr(shared_runs, "STEP_SIZES", shared_runs.STEP_SIZES[:3])


def chain(nodes: int) -> Tree:
    """Return the tree without forks."""
    return LEAF if nodes == 1 else grow([chain(nodes - 1)])


def test_it_holds_as_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two orders are enough here; the ledger runs four."""
    monkeypatch.setattr(claim, "ORDERS", (1, 2))
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS


def test_one_term_less_is_an_order_less(monkeypatch: pytest.MonkeyPatch) -> None:
    """Truncated after γ^(α−3) the order α is not reached."""

    def short(trial: Trial, order: int, setting: Setting) -> Ladder:
        return ladder(trial, Run(piecewise(order - 1), order), setting)

    monkeypatch.setattr(claim, "ORDERS", (2,))
    monkeypatch.setattr(claim, "measured", short)
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED


def test_on_a_parabola_the_fields_sum_to_a_logarithm() -> None:
    """β_{k+1} = φ_k β_k with φ_k = 1 − x + μ(1 − 1/φ_{k−1}), and the field of step k is log φ_k."""
    momentum, x, factor = Fraction(1, 3), 1e-3, 1 - 1e-3
    for fields in islice(fields_of_steps(3, momentum), 5):
        known = as_map_series(fields)
        total = sum(float(known[chain(n)]) * (-x) ** n for n in range(1, 6))
        assert abs(total - log(factor)) < 1e-14
        factor = 1 - x + float(momentum) * (1 - 1 / factor)
