"""The whole race among planted racers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from oracle.bench.contest import QUICK, race
from oracle.bench.growth import ThreadGain
from oracle.findings import Outcome


@pytest.fixture
def raced(make_racer: Any, make_field: Any, rules: Any) -> Any:
    """Return a quick race of a good, a fast but wrong, and a broken racer, and a peer."""
    field = make_field(
        make_racer("good", nap=0.003),
        make_racer("wrong", factor=1.5),
        make_racer("broken", broken="no device"),
        make_racer("jax_scan", "peer", nap=0.006),
    )
    contest = replace(QUICK, runs=(1, 2), dtypes=("float64",), rules=replace(rules, steps=3))
    return race(field, contest, lambda name: lambda done, total: None)


def test_wrong_racer_never_wins(raced: Any) -> None:
    """The fastest of all DISAGREES; the good one wins and is on trial."""
    rates = {row.racer: row.rate for row in raced.rows if row.runs == 2}
    assert max(rates, key=lambda name: rates[name]) == "wrong"
    assert raced.row("wrong", "float64", 2).outcome is Outcome.DISAGREES
    assert raced.winner("float64", 2) == "good"
    assert raced.trial == "good"


def test_broken_racer_is_named_once_with_all_its_sizes(raced: Any) -> None:
    """One entry a reason."""
    (entry,) = raced.not_raced
    assert (entry.racer, entry.where) == ("broken", "float64, 1 run; float64, 2 runs")


def test_targets_are_read_off_the_rows(raced: Any) -> None:
    """1 run against jax_scan was measured, threads and growth were left out."""
    by_what = {target.what: target for target in raced.targets}
    assert by_what["1 run, float64: times jax_scan"].found > 1
    assert by_what["256 runs, float64: two threads, times one"].cause == "left out by --quick"


def test_threads_and_growth_are_measured_where_there_is_time(
    make_racer: Any, make_field: Any, rules: Any, monkeypatch: pytest.MonkeyPatch, make_ratio: Any
) -> None:
    """The long race asks for both, of the racer on trial alone; one that fails is said."""
    monkeypatch.setattr("oracle.bench.contest.cores", lambda: 2)
    monkeypatch.setattr("oracle.bench.contest.thread_gain", lambda *_: ThreadGain(make_ratio(1.9, 0.0), 2.0))
    monkeypatch.setattr("oracle.bench.contest.growth", lambda *_: 1 / 0)
    contest = replace(QUICK, runs=(1,), dtypes=("float64",), rules=rules, quick=False)
    monkeypatch.setattr("oracle.bench.contest.machine", lambda *_: raced_machine())
    found = race(make_field(make_racer()), contest, lambda name: lambda done, total: None)
    by_what = {target.what: target for target in found.targets}
    assert by_what["256 runs, float64: two threads, times one"].reached
    assert "ZeroDivisionError" in by_what[next(what for what in by_what if "linear in steps" in what)].cause


def raced_machine() -> Any:
    """Return a machine nobody needs to measure."""
    from oracle.report.race import Machine  # noqa: PLC0415 - beside its one use

    return Machine("a processor", 2, {"float64": 5e10}, 1e10)
