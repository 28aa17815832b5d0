"""Interleaving, medians and spreads."""

from __future__ import annotations

import pytest

from oracle.bench.stopwatch import Timing, interleaved, middle, ratio_of


def test_calls_alternate() -> None:
    """A B C A B C: whatever slows the machine for a while slows all."""
    order: list[str] = []
    calls = {name: lambda name=name: order.append(name) for name in "abc"}
    timings = interleaved(calls, 2)
    assert "".join(order) == "abcabc"
    assert {name: len(timing.seconds) for name, timing in timings.items()} == dict.fromkeys("abc", 2)


def test_cores_are_processor_time_over_wall_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two calls of 1 s and 3 s that kept a processor busy for 2 s of the 4."""
    walls, busy = iter([0.0, 1.0, 10.0, 13.0]), iter([0.0, 0.5, 1.0, 2.5])
    monkeypatch.setattr("oracle.bench.stopwatch.perf_counter", lambda: next(walls))
    monkeypatch.setattr("oracle.bench.stopwatch.process_time", lambda: next(busy))
    assert interleaved({"half": lambda: None}, 2) == {"half": Timing((1.0, 3.0), 0.5)}


@pytest.mark.parametrize(
    ("values", "centre", "spread"),
    [([3.0], 3.0, 0.0), ([1.0, 2.0, 3.0, 4.0, 5.0], 3.0, 1 / 3), ([2.0] * 4, 2.0, 0.0)],
)
def test_middle_is_the_median_with_half_the_interquartile_range(
    values: list[float], centre: float, spread: float
) -> None:
    """Quartiles of 1…5 are 2 and 4."""
    assert (middle(values).median, middle(values).spread) == pytest.approx((centre, spread))


def test_ratio_is_taken_round_by_round() -> None:
    """A slow spell that hits both leaves the ratio and its spread alone."""
    ratio = ratio_of(Timing((1.0, 10.0, 1.0), 1.0), Timing((2.0, 20.0, 2.0), 1.0), work=3.0)
    assert (ratio.median, ratio.spread) == (6.0, 0.0)
