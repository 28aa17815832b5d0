"""Small goldens do not wait behind long ones; what turns out long waits for its turn like everything long."""

from __future__ import annotations

import json
from typing import Any

import pytest

from oracle.service.first_try import LONGEST_TEXT, is_small
from tests.service.specimens import large

FLOW = {"kind": "flow", "times": ["0", "1/2", "30"]}
PLAIN: dict[str, Any] = {
    "problem": {"kind": "regression", "X": [["1", "2"], ["3", "4"]], "y": ["1", "2"], "loss": "half_sum_square"},
    "model": "linear",
    "init": {"beta": ["0", "0"]},
    "method": {"name": "heavy_ball", "step_size": "1/100", "momentum": "1/2"},
    "digits": 30,
}  # fmt: skip


@pytest.mark.parametrize(
    ("want", "small"),
    [
        ({"kind": "iterates", "steps": [0, 1, 10]}, True),
        ({"kind": "iterates", "steps": [0, 1500]}, True),
        ({"kind": "iterates", "steps": [0, 60_000]}, False),
        ({"kind": "integrals", "steps": [0, 60_000]}, False),
        (FLOW, True),
        (FLOW | {"times": ["0", "100000/3"]}, False),
        ({"kind": "limit"}, True),
    ],
)
def test_size_is_steps_times_entries(want: dict[str, Any], small: bool) -> None:
    """Of flows, time; a limit has neither."""
    assert is_small(json.dumps(PLAIN | {"want": want})) is small


@pytest.mark.parametrize(("steps", "small"), [(10, True), (40, True), (1000, False)])
def test_published_problem_is_small_for_some_steps(steps: int, small: bool) -> None:
    """40 x 100, drawn rather than written out."""
    wanted = {"kind": "iterates", "steps": [0, steps]}
    assert is_small(json.dumps(large() | {"want": wanted})) is small


def test_long_text_is_not_looked_into() -> None:
    """Not even where little is wanted: reading it takes the time of all who wait."""
    text = json.dumps(PLAIN | {"want": {"kind": "limit"}})
    assert (is_small(text.ljust(LONGEST_TEXT)), is_small(text.ljust(LONGEST_TEXT + 1))) == (True, False)
