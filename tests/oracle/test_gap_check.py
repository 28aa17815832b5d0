"""The three zones of the envelope: what lies where, what is said, and where nothing is."""

from __future__ import annotations

import numpy as np
import pytest

from oracle.compare import Distance
from oracle.envelope import Envelope
from oracle.findings import Finding, Outcome
from oracle.gap_check import gap_finding
from oracle.records.candidate import Declaration

STEPS = [0, 10, 20]


def distance(gaps: list[list[float]], golden: float = 1.0) -> Distance:
    """Return two numbers at three steps, each off by a gap."""
    off = np.array(gaps)
    exact = np.full_like(off, golden)
    return Distance(np.arange(3), exact + off, exact, off, np.zeros_like(off))


def envelope(*, rigorous: bool, horizon: int | None = None, names: tuple[str, ...] = ("u",)) -> Envelope:
    """Return bounds of 1/100 and 1/10, or both 1/10 where proved; infinite from the horizon on."""
    past = np.array(STEPS)[:, None] >= (np.inf if horizon is None else horizon)
    worst = np.where(past, np.inf, np.full((3, 2), 0.1))
    typical = worst if rigorous else np.where(past, np.inf, 0.01)
    proved = np.full(3, rigorous) & ~past[:, 0]
    return Envelope(dict.fromkeys(names, typical), dict.fromkeys(names, worst), proved, horizon)


def finding(gap: float, bounds: Envelope, golden: float = 1.0) -> Finding:
    """Return what is said of one number that is off, at step 10 in coordinate 1."""
    found = {name: distance([[0, 0], [0, gap], [0, 0]], golden) for name in bounds.typical}
    return gap_finding(Declaration(dtype="float64"), STEPS, found, bounds, [1, 2])


@pytest.mark.parametrize(
    ("gap", "rigorous", "outcome"),
    [
        (0.009, False, Outcome.AGREES),
        (0.011, False, Outcome.UNDECIDED),
        (0.099, False, Outcome.UNDECIDED),
        (0.101, False, Outcome.DISAGREES),
        (0.099, True, Outcome.AGREES),
        (0.101, True, Outcome.DISAGREES),
    ],
)
def test_zones_are_three_by_samples_and_two_by_proof(gap: float, rigorous: bool, outcome: Outcome) -> None:
    """Within T agrees, beyond W disagrees, between is open; a proof leaves nothing between."""
    found = finding(gap, envelope(rigorous=rigorous))
    assert found.outcome is outcome
    assert (found.step, found.observable, found.coordinate) == (10, "u", 1)
    assert found.excess == pytest.approx(gap / (0.1 if rigorous or outcome is Outcome.DISAGREES else 0.01))


def test_text_says_whether_the_bounds_are_proved() -> None:
    """All of them, or none."""
    assert (
        "(2 states without a replay, all judged by a proved bound)"
        in finding(0, envelope(rigorous=True)).reason
    )
    assert "none judged by a proved bound" in finding(0, envelope(rigorous=False)).reason


@pytest.mark.parametrize("gap", [1e-9, 5.0])
def test_text_names_the_horizon(gap: float) -> None:
    """Past it the record is open, whatever the distance, and the text says from which step on."""
    found = finding(gap, envelope(rigorous=True, horizon=10))
    assert found.outcome is Outcome.UNDECIDED
    assert "from step 10 on" in found.reason


def test_horizon_leaves_what_comes_before_it_decided() -> None:
    """A wrong state at step 10 is refused though step 20 is past the horizon."""
    assert finding(0.2, envelope(rigorous=True, horizon=20)).outcome is Outcome.DISAGREES


def test_parameter_smaller_than_its_bound_is_open() -> None:
    """A bound of 1/10 says nothing of a parameter that is 1/20 in size, but for equality."""
    assert finding(0.001, envelope(rigorous=True), golden=0.05).outcome is Outcome.UNDECIDED
    assert finding(0.0, envelope(rigorous=True), golden=0.05).outcome is Outcome.AGREES


def test_loss_may_vanish_below_its_bound() -> None:
    """It follows from the parameters, which are judged: a loss that is 1/20 in size agrees within 1/10."""
    bounds = envelope(rigorous=True, names=("loss",))
    assert finding(0.05, bounds, golden=0.05).outcome is Outcome.AGREES
    assert finding(0.2, bounds, golden=0.05).outcome is Outcome.DISAGREES
