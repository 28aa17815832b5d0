"""The table of targets, read off rows made by hand."""

from __future__ import annotations

from typing import Any

import pytest

from oracle.bench.growth import ThreadGain
from oracle.bench.targets import Findings, on_trial, targets
from oracle.findings import Outcome
from oracle.report.race import GrowthPoint, Machine, Target

MACHINE = Machine("a processor", 2, {"float64": 5e10}, 1e10)


def table(rows: Any, trial: str = "mine", **found: Any) -> dict[str, Target]:
    """Return the targets by what they are about."""
    fields: dict[str, Any] = {"thread_gain": {}, "growth": (), "unmeasured": {}} | found
    return {target.what: target for target in targets(Findings(trial, tuple(rows), MACHINE, 100, **fields))}


@pytest.mark.parametrize(("ratio", "reached"), [(250.0, True), (249.0, False)])
def test_ratio_decides_what_is_reached(make_row: Any, make_ratio: Any, ratio: float, reached: bool) -> None:
    """At the target is reached."""
    row = make_row(ratios={"sgd_for_loop": make_ratio(ratio, 0.01)})
    target = table([row])["1 run, float64: times sgd_for_loop"]
    assert (target.found, target.reached) == (ratio, reached)


def test_short_row_says_the_figures_that_caused_it(make_row: Any, make_ratio: Any) -> None:
    """1e6 run-steps/s: 16 GFLOP/s of 50, 8 arrays · 100 · 8 bytes · 1e6 = 6.4 GB/s of 10, 256 µs a step."""
    row = make_row(runs=256, of_gemm=make_ratio(0.5, 0.01))
    cause = table([row])["256 runs, float64: times the GEMM rate of the same shapes"].cause
    assert "16 useful GFLOP/s (32% of the 50 GFLOP/s peak)" in cause
    assert "6.4 GB/s (64% of the copy bandwidth)" in cause
    assert "256 µs a step of the batch" in cause


def test_what_was_not_raced_is_not_reached_and_not_short(make_row: Any) -> None:
    """No figure, no verdict, and why."""
    targets_found = table([make_row()], unmeasured={"threads": "one core"})
    assert {target.reached for target in targets_found.values()} == {None}
    assert targets_found["256 runs, float64: two threads, times one"].cause == "one core"


@pytest.mark.parametrize(("cost", "reached"), [(1.09, True), (1.2, False), (0.85, False)])
def test_growth_is_judged_by_the_farthest_point(cost: float, reached: bool) -> None:
    """Within ten per cent of linear, on either side."""
    points = tuple(GrowthPoint("steps", at, 1.0, c) for at, c in ((1.0, 1.0), (3.0, cost), (10.0, 1.01)))
    found = table([], growth=points)[
        "time linear in steps over a decade: cost of a unit, times the first point's"
    ]
    assert (found.found, found.reached) == (cost, reached)


@pytest.mark.parametrize(("gain", "reached"), [(1.9, True), (1.5, False)])
def test_two_threads_are_to_be_nearly_twice_as_fast(make_ratio: Any, gain: float, reached: bool) -> None:
    """1.8 is enough."""
    found = table([], thread_gain={"float64": ThreadGain(make_ratio(gain, 0.1), 1.5)})
    target = found["256 runs, float64: two threads, times one"]
    assert target.reached is reached
    assert ("the two kept 1.50 cores busy of 2" in target.cause) is not reached


def test_trial_is_the_preferred_one_that_agrees(make_row: Any) -> None:
    """`fused` before the faster, unless it disagrees; peers never."""
    rows = [make_row("fast", 1e9), make_row("fused"), make_row("peer", 1e12, role="peer")]
    assert on_trial(rows) == "fused"
    rows.append(make_row("fused", runs=16, outcome=Outcome.DISAGREES))
    assert on_trial(rows) == "fast"


def test_nobody_is_on_trial_where_nobody_agrees(make_row: Any) -> None:
    """A row that DISAGREES wins nothing."""
    assert on_trial([make_row(outcome=Outcome.DISAGREES)]) == ""
