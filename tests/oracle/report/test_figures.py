"""Figures and times for people."""

from __future__ import annotations

import pytest

from oracle.report.figures import bounds, duration, short


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (0.0, "0"),
        (0.523, "0.523"),
        (3.14e-15, "3.1e-15"),
        (6e5, "6.0e+05"),
        (float("inf"), "inf"),
    ],
)
def test_short_keeps_two_or_three_digits(value: float | None, text: str) -> None:
    """Plain where a person reads it at a glance, scientific elsewhere."""
    assert short(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "–"),
        (0.0032, "3.2 ms"),
        (0.31, "310 ms"),
        (2.44, "2.4 s"),
        (59.96, "1 min 0 s"),
        (80, "1 min 20 s"),
    ],
)
def test_duration_picks_its_unit(seconds: float | None, text: str) -> None:
    """Milliseconds, seconds or minutes."""
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("ratio", "text"), [(0.99967, "0.9996"), (0.999999999, "0.9999"), (1.0, "1"), (0.5, "0.5"), (None, "–")]
)
def test_bounds_never_round_up_to_the_bound(ratio: float | None, text: str) -> None:
    """What is inside its bound does not read as standing on it."""
    assert bounds(ratio) == text
