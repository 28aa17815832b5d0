"""What the figures of paper 000 say is computed: other numbers, other sentences."""

from __future__ import annotations

import numpy as np
import pytest

from lightning_runs.figures.paper_000_fig_1 import _seen
from lightning_runs.figures.paper_000_limits import Distances, settled_words

STEPS = (0, 10, 50, 100)


def _constant(value: float) -> Distances:
    return Distances(STEPS, np.full((4, 2, 4), value))


def test_a_run_has_settled_where_the_second_half_moves_it_little() -> None:
    """From 50 to 100 steps by 0.5 % is settled, by 5 % is not, and NaN never is."""
    values = np.array([[[9.0, 3.0, 1.005, 1.0], [9.0, 3.0, 1.05, 1.0], [9.0, 3.0, np.nan, np.nan]]])
    found = Distances(STEPS, values)
    assert found.settled.tolist() == [[True, False, False]]
    assert found.after(10).tolist() == [[3.0, 3.0, 3.0]]


def test_whether_the_rest_was_falling_is_looked_at() -> None:
    """A run that rises at the end is not said to fall."""
    falling = Distances(STEPS, np.array([[[9.0, 3.0, 2.0, 1.0]]]))
    rising = Distances(STEPS, np.array([[[9.0, 3.0, 1.0, 2.0]]]))
    assert settled_words({"gradient": falling}).endswith("still falling")
    assert settled_words({"gradient": rising}).endswith("still moving")


@pytest.mark.parametrize(("value", "told"), [(0.5, "in 8 of 8 pairs"), (2.0, "in 0 of 8 pairs")])
def test_what_is_seen_follows_the_numbers(value: float, told: str) -> None:
    """Momentum closer or farther in all runs is said to be so."""
    distances = {"gradient": _constant(1.0), "heavy_ball": _constant(value), "nesterov": _constant(value)}
    assert told in _seen(distances, 10)
