"""The plan of a sweep: counts by hand, figures from a sample, nothing stored."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import replace
from typing import Any

import pytest

from oracle.goldens import compute_golden
from oracle.records.record_errors import StoreError
from oracle.spec import spec_from
from oracle.store import Store
from oracle.sweep import plan as module
from oracle.sweep.hands import serial
from oracle.sweep.missing import Missing
from oracle.sweep.plan import SAMPLE, Estimate, plan_sweep
from oracle.sweep.sweep_error import SweepError
from oracle.sweep.sweep_file import Sweep
from oracle.sweep.task import Answer, Outcome, answer

Lines = Callable[[list[Any]], Sweep]


def fixed(seconds: list[float], **changes: Any) -> Callable[[str], Answer]:
    """Return a worker whose processor times are given, one after another."""
    times = iter(seconds)
    return lambda text: replace(answer(text), seconds=next(times), **changes)


def test_plan_counts_what_there_is(store: Store, lines: Lines, small_specs: Any) -> None:
    """Four specs, one of them stored, one twice; and a line that is none."""
    specs = small_specs(4)
    store.put(compute_golden(spec_from(specs[1])))
    before = store.entries()
    plan = plan_sweep(lines([*specs, specs[0], "{"]), store, serial())
    assert (plan.asked, plan.duplicates, plan.malformed, plan.stored, plan.missing) == (6, 1, 1, 1, 3)
    assert (plan.sampled, plan.refused, store.entries()) == (3, 0, before)


def test_plan_leaves_nothing_behind(store: Store, lines: Lines, small_specs: Any) -> None:
    """No store, no file beside it."""
    sweep = lines(small_specs(2))
    before = sorted(store.root.parent.iterdir())
    plan_sweep(sweep, store, serial())
    assert sorted(store.root.parent.iterdir()) == before


def test_totals_are_the_means_times_what_is_missing(
    store: Store, lines: Lines, small_specs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twelve of forty: 1 s and 3 s in turn make 80 s; s = √(12/11), so 80 ± 40·2·s/√12."""
    monkeypatch.setattr(module, "measured", fixed([1.0, 3.0] * 6))
    plan = plan_sweep(lines(small_specs(40)), store, serial())
    assert plan.core_seconds is not None
    assert plan.bytes is not None
    error = 40 * 2 * (12 / 11) ** 0.5 / 12**0.5
    assert (plan.sampled, plan.core_seconds.total) == (SAMPLE, 80.0)
    assert plan.core_seconds.low == pytest.approx(80 - error)
    assert plan.core_seconds.high == pytest.approx(80 + error)
    assert (plan.core_seconds.smallest, plan.core_seconds.largest) == (1.0, 3.0)
    assert plan.bytes.total == pytest.approx(40 * plan.bytes.smallest, rel=0.05)


def test_one_golden_tells_no_spread(store: Store, lines: Lines, small_specs: Any) -> None:
    """None is claimed."""
    plan = plan_sweep(lines(small_specs(1)), store, serial())
    assert plan.core_seconds is not None
    assert (plan.core_seconds.low, plan.core_seconds.high) == (None, None)


def test_disk_is_counted_in_whole_blocks(
    store: Store, lines: Lines, small_specs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """5000 bytes take two blocks of 4096."""
    monkeypatch.setattr(module, "_store_cost", lambda root, records: (4096, 0.25))
    monkeypatch.setattr(module, "measured", fixed([1.0] * 12, record=bytes(5000)))
    plan = plan_sweep(lines(small_specs(3)), store, serial())
    assert plan.bytes == Estimate(15000, 15000, 15000, 5000, 5000)
    assert plan.allocated == Estimate(3 * 8192, 3 * 8192, 3 * 8192, 8192, 8192)


def test_coordinator_limits_what_workers_gain(
    store: Store, lines: Lines, small_specs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One second a golden, a quarter of it to store: four workers gain, forty do not."""
    monkeypatch.setattr(module, "_store_cost", lambda root, records: (4096, 0.25))
    monkeypatch.setattr(module, "measured", fixed([1.0] * 12))
    plan = replace(plan_sweep(lines(small_specs(8)), store, serial()), reading_seconds=0.0)
    assert plan.most_useful_workers == 4
    assert [plan.wall_seconds(count) for count in (1, 2, 4, 40)] == [8.0, 4.0, 2.0, 2.0]


def test_refused_goldens_take_time_and_no_bytes(
    store: Store, lines: Lines, small_specs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them here: no bytes are foretold."""
    monkeypatch.setattr(module, "measured", lambda text: Answer(Outcome.REFUSED, b"", "no", 2.0))
    plan = plan_sweep(lines(small_specs(3)), store, serial())
    assert (plan.refused, plan.bytes, plan.store_seconds, plan.index_bytes) == (3, None, None, 0)
    assert plan.core_seconds == Estimate(6.0, 6.0, 6.0, 2.0, 2.0)


def test_nothing_missing_costs_nothing(store: Store, lines: Lines, small_specs: Any) -> None:
    """And nothing is computed for the plan."""
    store.put(compute_golden(spec_from(small_specs(1)[0])))
    plan = plan_sweep(lines(small_specs(1)), store, serial())
    assert (plan.missing, plan.sampled, plan.core_seconds, plan.wall_seconds(2)) == (0, 0, None, None)


def test_sample_is_spread_over_the_sweep_and_always_the_same(
    store: Store, lines: Lines, small_specs: Any
) -> None:
    """Not its beginning: of two hundred specs, some of each half."""
    sweep = lines(small_specs(200))
    chosen = [module._chosen(sweep, Missing(store), None)[0] for _ in range(2)]
    seeds = [asked.spec.canonical["problem"]["seed"] for asked in chosen[0] if asked.spec is not None]
    assert chosen[0] == chosen[1]
    assert (len(seeds), len(set(seeds))) == (SAMPLE, SAMPLE)
    assert 2 <= sum(seed < 100 for seed in seeds) <= SAMPLE - 2


def test_short_goldens_are_measured_warm(small_specs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second of two; a long one is computed once."""
    replies = iter([Answer(Outcome.GOLDEN, b"", "", seconds) for seconds in (0.5, 0.1, 7.0, 6.0)])
    monkeypatch.setattr(module, "answer", lambda text: next(replies))
    assert [module.measured("").seconds for _ in range(2)] == [0.1, 7.0]


def test_store_that_cannot_be_made_is_named(
    store: Store, lines: Lines, small_specs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planted fault: no file can be made beside it."""

    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied")

    sweep = lines(small_specs(1))
    monkeypatch.setattr("tempfile.TemporaryDirectory", refuse)
    with pytest.raises(StoreError, match=r"no file can be made in .* Name another `--store`"):
        plan_sweep(sweep, store, serial())


def test_plan_tells_the_first_that_is_no_spec_and_the_first_without_a_golden(
    store: Store, lines: Lines, small_specs: Any
) -> None:
    """With the line where each stands, and why."""
    good, fast = small_specs(2)
    fast["method"]["step_size"], fast["want"]["steps"] = "1000", [0, 1000]
    plan = plan_sweep(lines([good, fast, good | {"digits": 3}, "{"]), store, serial())
    assert (plan.malformed, plan.refused) == (2, 1)
    assert plan.malformed_first.startswith("line 3: `digits` is 3; expected")
    assert plan.refused_first.startswith("line 2: the run diverges")
    nothing_wrong = plan_sweep(lines([good]), store, serial())
    assert (nothing_wrong.malformed_first, nothing_wrong.refused_first) == ("", "")


def test_fault_of_the_program_is_told_by_the_last_line_of_its_traceback(
    store: Store, lines: Lines, small_specs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planted fault: the computation divides by zero."""
    text = "Traceback (most recent call last):\n  somewhere\nZeroDivisionError: division by zero\n"
    monkeypatch.setattr(module, "measured", lambda _: Answer(Outcome.FAULT, b"", text, 0.1))
    plan = plan_sweep(lines(small_specs(1)), store, serial())
    assert plan.refused_first == "line 1: ZeroDivisionError: division by zero"


def test_plan_whose_workers_are_gone_says_so(store: Store, lines: Lines, small_specs: Any) -> None:
    """Planted fault: every future is cancelled, as by a scheduler that was killed."""

    class Gone(Executor):
        def submit(self, function: Any, /, *arguments: Any, **named: Any) -> Future[Any]:
            future: Future[Any] = Future()
            future.cancel()
            future.set_running_or_notify_cancel()
            return future

    hands = replace(serial(), executor=Gone())
    with pytest.raises(SweepError, match="the workers are gone: a plan stores nothing"):
        plan_sweep(lines(small_specs(2)), store, hands)
