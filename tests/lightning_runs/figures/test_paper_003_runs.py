"""λ, γ, β and ε of paper 003, and the runs made of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lightning_runs.figures.paper_003_balancedness import _crossed
from lightning_runs.figures.paper_003_limits import _start
from lightning_runs.figures.paper_003_regimes import Path, _away, _rising
from lightning_runs.figures.paper_003_runs import (
    couple_of,
    flow_tasks,
    momentum_task,
    sampled_steps,
    starts_of,
)


@pytest.mark.parametrize(("lam", "gamma"), [(1.0, 0.01), (30.0, 0.004), (0.01, 0.004)])
def test_a_couple_belongs_to_its_lambda(lam: float, gamma: float) -> None:
    """λ = γ/(1 − β)² and ε = γ/(1 − β)."""
    couple = couple_of(lam, gamma)
    assert couple.gamma / (1 - couple.beta) ** 2 == pytest.approx(lam)
    assert couple.gamma / (1 - couple.beta) == pytest.approx(couple.pace)


def test_no_couple_below_gamma() -> None:
    """There β would be negative."""
    with pytest.raises(ValueError, match="no β ≥ 0 belongs to it"):
        couple_of(0.001, 0.01)


def test_starts_are_the_multiples_of_alpha(make_runs: Any, sweep_value: dict[str, Any]) -> None:
    """u(0) = α and v(0) = 0 of every coordinate, and the tasks made from them keep the data."""
    value = {
        **sweep_value,
        "model": "hadamard",
        "methods": ["gradient_descent"],
        "start": {"u": "1", "v": "0"},
    }
    starts = starts_of(make_runs({"sweeps": {"start": value}}))
    assert starts.seeds == (0, 1, 2)
    first = starts.tasks[1].problem.init
    assert set(first["u"]) == {0.2}
    assert not first["v"].any()
    moved = momentum_task(starts.tasks[1], couple_of(1.0, 0.01), (0, 5))
    assert (moved.method.momentum, moved.problem) == (0.9, starts.tasks[1].problem)
    other = flow_tasks(starts.tasks[:1], 0.001, (0, 5), [{"u": np.ones(6), "v": np.zeros(6)}])
    assert other[0].problem.init["u"][0] == 1


def test_steps_cover_the_time() -> None:
    """Equally spaced, 0 and the end among them."""
    assert sampled_steps(1.0, 0.1, 5) == (0, 2, 4, 6, 8, 10)
    assert sampled_steps(0.3, 0.1, 50) == (0, 1, 2, 3)


def test_gradient_flow_starts_with_the_balancedness_that_is_left() -> None:
    """u = √|u² − v²|, v = 0: the same balancedness, and θ = 0."""
    start = _start({"u": np.array([[9.0], [3.0]]), "v": np.array([[0.0], [5.0]])})
    assert (start["u"].tolist(), start["v"].tolist()) == ([4.0], [0.0])


def test_what_is_measured_of_a_path() -> None:
    """Distance at equal times, the share of rising loss, and the time of convergence, of made-up paths."""
    times = np.array([0.0, 1.0, 2.0, 3.0])
    still = Path(times, np.zeros((4, 1)), np.array([1.0, 1.0, 1.0, 1.0]))
    path = Path(times, np.array([[0.0], [3.0], [-4.0], [0.0]]), np.array([1.0, 2.0, 0.5, 1e-5]))
    assert _away(path, still) == 4.0
    assert path.converged_at == 3.0
    assert _rising(path) == pytest.approx(1 / 3)
    assert still.converged_at == np.inf


def test_a_change_of_sign_is_seen() -> None:
    """By coordinate, between any two recorded states."""
    assert _crossed(np.array([[1.0, 1.0], [-1.0, 2.0], [1.0, 3.0]])).tolist() == [True, False]
