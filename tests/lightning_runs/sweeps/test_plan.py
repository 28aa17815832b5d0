"""Plans: parts hold every run once, segments every recorded step once."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lightning_runs.sweeps.plan import Plan, parts_of, segments_of


@given(
    steps=st.lists(st.integers(0, 60), min_size=1, unique=True).map(sorted),
    every=st.integers(1, 70),
    rows=st.integers(1, 9),
)
def test_segments_hold_each_recorded_step_once(steps: list[int], every: int, rows: int) -> None:
    """In order, each from where the last ended, none too large, the last state being the one to go on from."""
    segments = segments_of(steps, Plan(((0, 1),), every, rows))
    held = [step for segment in segments for step in segment.steps]
    assert held == sorted(set(held))
    assert set(steps) <= set(held)
    assert all(step in steps or step % every == 0 for step in held)
    assert segments[0].start == 0
    assert all(before.stop == after.start for before, after in pairwise(segments))
    assert all(segment.steps[-1] == segment.stop for segment in segments)
    assert all(len(segment.steps) <= rows and segment.stop - segment.start <= every for segment in segments)


@pytest.mark.parametrize(("runs", "number"), [(1, 1), (10, 3), (7, 7)])
def test_parts_hold_each_run_once(runs: int, number: int) -> None:
    """Parts follow each other and differ by one run at most."""
    parts = parts_of(runs, number)
    assert [run for first, count in parts for run in range(first, first + count)] == list(range(runs))
    assert max(count for _, count in parts) - min(count for _, count in parts) <= 1
