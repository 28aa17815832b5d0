"""One heat: who is slow, who is wrong, who falls over."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from oracle.bench.heat import get_ready, run_heat
from oracle.findings import Outcome


def test_slow_racer_is_as_many_times_slower_as_planted(make_racer: Any, make_field: Any, rules: Any) -> None:
    """A nap of 20 ms against one of 5 ms, in calls of as many steps: a quarter of the rate."""
    racers = make_racer("jax_scan", "peer", nap=0.005), make_racer("slow", nap=0.02)
    heat = run_heat(make_field(*racers), "float64", 2, replace(rules, steps=2), set())
    ratio = next(row for row in heat.rows if row.racer == "slow").ratios["jax_scan"]
    assert 0.15 < ratio.median < 0.4


def test_racer_that_disagrees_is_shown_as_such(make_racer: Any, make_field: Any, rules: Any) -> None:
    """Its row is there, with its verdict and its error."""
    heat = run_heat(make_field(make_racer(factor=2.0)), "float32", 2, rules, set())
    (row,) = heat.rows
    assert row.outcome is Outcome.DISAGREES
    assert row.error is not None
    assert row.error > 1


def test_racer_that_raises_stops_nobody_else(make_racer: Any, make_field: Any, rules: Any) -> None:
    """It is named with what it raised, and the other has its row."""
    field = make_field(make_racer("bad", broken="no compiler"), make_racer())
    heat = run_heat(field, "float64", 2, rules, set())
    assert [row.racer for row in heat.rows] == ["mine"]
    assert [(entry.racer, entry.reason) for entry in heat.not_raced] == [("bad", "RuntimeError: no compiler")]


def test_racer_beyond_patience_is_not_raced_and_not_tried_at_more_runs(
    make_racer: Any, make_field: Any, rules: Any
) -> None:
    """Eight steps of half a second: said once with the time, then left out."""
    slow, racer = set[str](), make_racer(nap=0.5)
    first = run_heat(make_field(racer), "float64", 2, rules, slow)
    calls = len(racer.entry.steps_made)
    second = run_heat(make_field(racer), "float64", 4, rules, slow)
    assert "8 steps took 0.5 s, and the race waits 0.2 s" in first.not_raced[0].reason
    assert "too slow at a smaller size" in second.not_raced[0].reason
    assert len(racer.entry.steps_made) == calls
    assert not first.rows + second.rows


def test_steps_grow_until_the_call_fills_its_time(make_racer: Any, rules: Any) -> None:
    """The call that is timed takes at least half of what is wanted."""
    racer = make_racer()
    timed = get_ready(racer, "float64", 2, replace(rules, call_seconds=0.05))
    timed.call()
    assert timed.steps > 100
    assert racer.entry.steps_made[-1] == timed.steps


def test_nap_that_does_not_grow_is_found_to_be_fixed(make_racer: Any, rules: Any) -> None:
    """20 ms of nap in a call of some 60 ms."""
    timed = get_ready(make_racer(nap=0.02), "float64", 2, replace(rules, call_seconds=0.1))
    assert 0.1 < timed.fixed < 0.8


def test_steps_that_are_asked_for_are_made(make_racer: Any, rules: Any) -> None:
    """`--steps` overrules the calibration; threads are handed on."""
    racer = make_racer()
    assert get_ready(racer, "float64", 2, replace(rules, steps=17, threads=2)).steps == 17
    assert racer.entry.threads == [2]


def test_row_counts_its_own_work(make_field: Any, rules: Any) -> None:
    """4 n d operations a run-step, and a share of the GEMM on the same shapes."""
    (row,) = run_heat(make_field(), "float64", 3, rules, set()).rows
    assert row.flop == 4 * 4 * 6
    assert row.flops == pytest.approx(row.rate * 96)
    assert row.of_gemm is not None
    assert 0 < row.of_gemm.median < 1


def test_dtype_that_is_not_run_is_said(make_racer: Any, make_field: Any, rules: Any) -> None:
    """A racer with a set of dtypes is not asked for others."""
    racer = make_racer()
    racer.entry.dtypes = frozenset({"float64"})
    heat = run_heat(make_field(racer), "float32", 1, rules, set())
    assert heat.not_raced[0].reason == "says that it runs no float32"
