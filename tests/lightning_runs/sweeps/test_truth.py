"""θ* of generated problems."""

from __future__ import annotations

from typing import Any

import numpy as np

from lightning_runs.sweeps.truth import truth_of


def test_truth_is_the_generators(small_sweep: Any) -> None:
    """θ* has the non-zeros asked for, and X θ* = y exactly."""
    truth = truth_of(small_sweep.grid, small_sweep.points[0])
    problem = small_sweep.tasks(small_sweep.points[:1])[0].problem
    assert truth is not None
    assert np.count_nonzero(truth) == 2
    assert np.array_equal(problem.X @ truth, problem.y)
