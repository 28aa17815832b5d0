"""Successive states are judged by themselves: right ones agree, wrong ones are named, too few are undecided."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from oracle.candidate_file import CandidateError
from oracle.records.candidate import Array, Declaration
from oracle.spec import spec_from
from oracle.step_check import StepCheck

X = [["1", "1/2", "-1/4"], ["0", "1", "3/4"]]
SPEC = spec_from(
    {
        "schema": "momentum-oracle/spec/1",
        "problem": {"kind": "regression", "X": X, "y": ["1", "-1/2"]},
        "model": "diagonal",
        "init": {"u": "1/4", "v": "1/8"},
        "method": {"name": "heavy_ball", "step_size": "1/16", "momentum": "7/8"},
        "inputs_as": "float64",
        "want": {"kind": "iterates", "steps": [0]},
        "digits": 15,
    }
).canonical


def run(steps: int, eta: float = 1 / 16) -> dict[str, Array]:
    """Return heavy ball in plain numpy, with its momenta."""
    data, y = np.array([[1, 0.5, -0.25], [0, 1, 0.75]]), np.array([1, -0.5])
    u, v, p, q = np.full(3, 0.25), np.full(3, 0.125), np.zeros(3), np.zeros(3)
    rows = [(u, v, p, q)]
    for _ in range(steps):
        g = data.T @ (data @ (u * u - v * v) - y) / 2
        p, q = 0.875 * p - eta * (2 * u * g), 0.875 * q + eta * (2 * v * g)
        u, v = u + p, v + q
        rows.append((u, v, p, q))
    return dict(zip(("u", "v", "p_u", "p_v"), map(np.array, zip(*rows, strict=True)), strict=True))


def judged(arrays: dict[str, Array], steps: Any) -> Any:
    """Return the finding on some rows of a run."""
    steps = list(steps)
    return StepCheck(SPEC, Declaration())(steps, {name: array[steps] for name, array in arrays.items()})


@pytest.mark.parametrize("steps", [range(21), range(7, 9), range(12, 18)], ids=str)
def test_window_of_a_right_run_agrees(steps: range) -> None:
    """From the start or from the middle, two states with their momenta are enough."""
    assert judged(run(20), steps).outcome == "AGREES"


def test_window_without_momenta_needs_three_states() -> None:
    """Positions alone give their momentum away after two; from three states on there is a step to judge."""
    arrays = {name: array for name, array in run(20).items() if not name.startswith("p_")}
    assert [judged(arrays, range(5, 5 + count)).outcome for count in (2, 3)] == ["UNDECIDED", "AGREES"]


@pytest.mark.parametrize("step", [1, 9, 10])
def test_wrong_coordinate_is_named_at_its_step(step: int) -> None:
    """One coordinate off by 2⁻⁴⁵ of itself is found where it happened."""
    arrays = run(20)
    arrays["v"][step, 2] *= 1 + 2.0**-45
    found = judged(arrays, range(step - 1, step + 2))
    assert (found.outcome, found.step, found.observable, found.coordinate) == ("DISAGREES", step, "v", 2)


def test_another_step_size_disagrees_from_the_first_step() -> None:
    """A run with η larger by a thousandth is no run of this spec."""
    found = judged(run(3, eta=1.001 / 16), range(4))
    assert (found.outcome, found.step) == ("DISAGREES", 1)


def test_another_start_disagrees() -> None:
    """The start is the spec's numbers, not their neighbours."""
    arrays = run(2)
    arrays["u"][0, 0] = np.nextafter(0.25, 1)
    found = judged(arrays, range(3))
    assert (found.outcome, found.check) == ("DISAGREES", "start")


def test_states_far_apart_are_undecided() -> None:
    """Nothing is replayed across a gap, and the finding says what to record."""
    found = judged(run(20), [4, 9, 15])
    assert found.outcome == "UNDECIDED"
    assert "record successive steps" in found.reason


def test_overflow_is_undecided_where_it_begins() -> None:
    """A run that is no longer finite is judged up to there."""
    arrays = run(6)
    arrays["u"][4:] = np.inf
    found = judged(arrays, range(7))
    assert (found.outcome, found.step) == ("UNDECIDED", 4)


def test_missing_parameter_is_misuse() -> None:
    """A record without v cannot be judged at all."""
    arrays = run(2)
    del arrays["v"]
    with pytest.raises(CandidateError, match="no array `v`"):
        judged(arrays, range(3))
