"""What runs came to: closed forms on a problem of two coordinates."""

from __future__ import annotations

import numpy as np
import pytest

from lightning_runs.sweeps.outcomes import initial_loss, outcome_of
from oracle.records.candidate import CandidateProblem


@pytest.fixture
def problem() -> CandidateProblem:
    """Return X = (3, 4), y = 5, loss r², θ = β, started at (1, 1)."""
    return CandidateProblem(
        np.array([[3.0, 4.0]]), np.array([5.0]), "sum_square", "linear", {"beta": np.ones(2)}
    )


def test_outcomes_are_the_closed_forms(problem: CandidateProblem) -> None:
    """At θ = (0, 2): r = 3, ‖θ‖₁ = 2, ‖θ − θ*‖ = 1 from θ* = (0, 1); the start has r = 2."""
    states = {"beta": np.array([[0.0, 2.0], [3.0, 1.0]])}
    found = outcome_of(problem, states, np.array([0.0, 1.0]))
    assert found.loss.tolist() == [9.0, 64.0]
    assert found.l1_norm.tolist() == [2.0, 4.0]
    assert found.distance.tolist() == found.relative_distance.tolist() == [1.0, 3.0]
    assert found.support_recovered.tolist() == [True, False]
    assert initial_loss(problem).tolist() == [4.0]


@pytest.mark.parametrize("last", [np.nan, np.inf, 1e200])
def test_run_that_left_the_numbers_is_not_finite(problem: CandidateProblem, last: float) -> None:
    """A state or a loss that is no number of float64; and it recovers nothing."""
    found = outcome_of(problem, {"beta": np.array([[0.0, last]])}, np.array([0.0, 1.0]))
    assert not found.finite[0]
    assert not found.support_recovered[0]


def test_without_a_truth_there_is_no_distance(problem: CandidateProblem) -> None:
    """NaN, which the table shows as null."""
    assert np.isnan(outcome_of(problem, {"beta": np.ones((1, 2))}, None).distance).all()
