"""Q15: without a change of sign the balancedness shrinks, where something moves."""

from __future__ import annotations

from fractions import Fraction
from math import log
from typing import Any

import pytest
from flint import fmpq_series

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_003 import q15_no_sign_change as module
from oracle.claims.paper_003.shared_descent import MGD, descend
from oracle.claims.paper_003.shared_networks import Network
from oracle.claims.verdict import Verdict


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave two runs and fewer digits."""
    monkeypatch.setattr(module, "TRIED", module.TRIED[:2])
    monkeypatch.setattr(module, "DIGITS", 6)


def test_balancedness_shrinks_where_something_moves() -> None:
    """S± > 0 on the runs, and r > 0; a zero column has S± = 0."""
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.NEEDS_ASSUMPTION


def test_it_holds_were_no_force_the_zero_polynomial(monkeypatch: pytest.MonkeyPatch) -> None:
    """The refutation rests on the polynomials alone."""

    def moving(*_: Any) -> list[int]:
        return [1]

    monkeypatch.setattr(module, "forces", moving)
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.HOLDS


@pytest.mark.parametrize(("network", "run", "j"), module.RESTING)
def test_resting_coordinate_keeps_its_balancedness(network: Network, run: MGD, j: int) -> None:
    """In mpmath's run every other coordinate's falls, and its own does not move at all."""
    ended = descend(network, run, module.excess, 10)
    kept = [a == b for a, b in zip(ended.balancedness, network.balancedness(), strict=True)]
    assert kept == [i == j for i in range(len(kept))]
    assert [sums[j] for sums in ended.sums] == [0, 0]


def other(x: fmpq_series) -> fmpq_series:
    """Return (z − 1) + ln z."""
    return x + (1 + x).log()


def test_plus_for_minus_is_refuted(monkeypatch: pytest.MonkeyPatch) -> None:
    """(z − 1) + ln z has no minimum at 1."""
    monkeypatch.setattr(module, "excess_series", other)
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.REFUTED


def test_runs_that_change_sign_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that does not meet the condition confirms nothing."""
    monkeypatch.setattr(module, "TRIED", (module.CHANGING, *module.TRIED))
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.REFUTED


def test_excess_is_positive_on_positive_ratios() -> None:
    """On a grid from 1/8 to 8, in floats."""
    ratios = [Fraction(k, 8) for k in range(1, 65) if k != 8]
    assert all(float(z - 1) - log(z) > 0 for z in ratios)
