"""The coordinator: exactly one golden for each spec, whatever happens to workers, coordinator and store."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from concurrent.futures import Executor, Future
from importlib import import_module
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from oracle.goldens import compute_golden
from oracle.records.golden import Golden
from oracle.records.npz import npz_bytes
from oracle.records.record_errors import DamagedRecordError, StoreError
from oracle.spec import spec_from
from oracle.store import Store
from oracle.sweep.coordinator import AHEAD, Places, run_sweep
from oracle.sweep.failures import Failures
from oracle.sweep.hands import Hands, processes, serial
from oracle.sweep.sweep_error import SweepError
from oracle.sweep.sweep_file import Sweep
from oracle.sweep.task import Answer, answer
from reference.decimal_grid import GridArray, GridRow

Lines = Callable[[list[Any]], Sweep]

# a task for worker processes: seed 5 kills its worker each time, the others are answered
KILLER = """
import json, os
from oracle.sweep.task import answer
def kill_or_answer(text):
    if json.loads(text)["problem"]["seed"] == 5:
        os._exit(9)
    return answer(text)
"""


@pytest.fixture
def here(store: Store, failures: Failures) -> Places:
    """Return the places of a serial sweep."""
    return Places(store, serial(), failures)


def seed_of(text: str) -> int:
    """Return the seed of a canonical spec."""
    return int(json.loads(text)["problem"]["seed"])


def reasons(failures: Failures) -> list[dict[str, Any]]:
    """Return the lines of the failures."""
    return [json.loads(line) for line in failures.path.read_text().splitlines()]


def test_every_spec_gets_its_golden(
    here: Places, lines: Lines, small_specs: Any, expected: Any, stored: Any
) -> None:
    """The very digests that are computed without a sweep."""
    specs = small_specs(5)
    done = run_sweep(lines(specs), here)
    assert stored(here.store) == expected(specs)
    assert (done.asked, done.computed, done.is_complete) == (5, 5, True)
    assert done.bytes == sum(entry.bytes for entry in here.store.entries())


def test_sweep_asked_again_computes_nothing(here: Places, lines: Lines, small_specs: Any) -> None:
    """A task that fails if it is called is never called."""
    sweep = lines(small_specs(4))
    run_sweep(sweep, here)
    again = run_sweep(sweep, here, task=lambda text: pytest.fail("asked again"))
    assert (again.stored_before, again.computed, again.is_complete) == (4, 0, True)


def test_duplicates_are_computed_once(here: Places, lines: Lines, small_specs: Any) -> None:
    """Counted, in whatever spelling."""
    calls: list[str] = []

    def counted(text: str) -> Answer:
        calls.append(text)
        return answer(text)

    (spec,) = small_specs(1)
    other = spec | {"digits": 15, "method": spec["method"] | {"momentum": "9/10"}}
    done = run_sweep(lines([spec, other, spec]), here, task=counted)
    assert (done.duplicates, done.computed, len(calls)) == (2, 1, 1)


def test_specs_without_a_golden_stop_nothing(
    here: Places, lines: Lines, small_specs: Any, stored: Any
) -> None:
    """One is no spec, one diverges; both are told with their reasons, and the others are stored."""
    diverging = small_specs(1, steps=50)[0]
    diverging["method"]["step_size"] = "1000000"
    done = run_sweep(lines(["{", diverging, *small_specs(2)]), here)
    assert (done.malformed, done.refused, done.computed, done.is_complete) == (1, 1, 2, False)
    assert [(line["place"], line["outcome"]) for line in reasons(here.failures)] == [
        ("line 1", "malformed"), ("line 2", "refused"),
    ]  # fmt: skip
    assert len(stored(here.store)) == 2


def test_limit_is_how_many_are_computed(here: Places, lines: Lines, small_specs: Any) -> None:
    """Three and three of six, and then all are there."""
    sweep = lines(small_specs(6))
    first, second = (run_sweep(sweep, here, limit=3) for _ in range(2))
    assert [(done.computed, done.left, done.is_complete) for done in (first, second)] == [
        (3, True, False), (3, False, True),
    ]  # fmt: skip


def test_progress_ends_with_all(here: Places, lines: Lines, small_specs: Any) -> None:
    """Never more than there are, never less than before."""
    seen: list[tuple[int, int]] = []
    run_sweep(lines(small_specs(7)), here, advance=lambda done, total: seen.append((done, total)))
    assert (seen == sorted(seen), seen[-1]) == (True, (7, 7))


def test_interrupt_leaves_everything_finished_stored(
    here: Places, lines: Lines, small_specs: Any, stored: Any
) -> None:
    """In the middle of the sixth; asked again, only what is missing is computed."""

    def interrupted(text: str) -> Answer:
        if seed_of(text) == 5:
            raise KeyboardInterrupt
        return answer(text)

    sweep = lines(small_specs(9))
    with pytest.raises(KeyboardInterrupt):
        run_sweep(sweep, here, task=interrupted)
    assert len(stored(here.store)) == 5
    assert run_sweep(sweep, here).computed == 4


def test_record_of_another_spec_is_refused(here: Places, lines: Lines, small_specs: Any) -> None:
    """Planted fault: a worker that answers what was not asked; nothing is stored of it."""
    other = spec_from(small_specs(1, first=99)[0]).canonical_json
    with pytest.raises(DamagedRecordError, match=r"arrived for the spec sha256:.*, which was asked for"):
        run_sweep(lines(small_specs(1)), here, task=lambda _: answer(other))
    assert here.store.entries() == []


def test_record_that_arrives_damaged_is_refused(here: Places, lines: Lines, small_specs: Any) -> None:
    """Planted fault: a bit of it changes on the way."""

    def flipped(text: str) -> Answer:
        found = answer(text)
        data = bytearray(found.record)
        data[1000] ^= 4
        return Answer(found.outcome, bytes(data), "", found.seconds)

    with pytest.raises(DamagedRecordError, match="do not match their seal"):
        run_sweep(lines(small_specs(1)), here, task=flipped)
    assert here.store.entries() == []


def test_store_that_cannot_be_written_stops_the_sweep_before_it_begins(
    tmp_path: Path, failures: Failures, lines: Lines, small_specs: Any
) -> None:
    """Nothing is computed for nobody."""
    (tmp_path / "file").write_bytes(b"")
    places = Places(Store(tmp_path / "file"), serial(), failures)
    with pytest.raises(StoreError, match="a file is in the place of a directory: name another store"):
        run_sweep(lines(small_specs(1)), places, task=lambda text: pytest.fail("computed"))


class Patient(Executor):
    """Answers nothing until it holds as many tasks as were ever asked at once; then one at a time."""

    def __init__(self) -> None:
        self.open: list[tuple[Future[Any], str]] = []
        self.most = 0

    def submit(self, function: Any, /, *arguments: Any, **named: Any) -> Future[Any]:
        """Keep a call; the oldest of too many is answered."""
        future: Future[Any] = Future()
        self.open.append((future, arguments[0]))
        self.most = max(self.most, sum(not entry.done() for entry, _ in self.open))
        Thread(target=lambda: future.set_result(function(*arguments, **named))).start()
        return future


def test_no_more_tasks_are_open_than_keep_the_workers_busy(
    store: Store, failures: Failures, lines: Lines, small_specs: Any
) -> None:
    """Forty specs, two workers: never more than six futures."""
    executor = Patient()
    places = Places(store, Hands("patient", executor, lambda: 2, lambda: 0), failures)
    assert run_sweep(lines(small_specs(40)), places).computed == 40
    assert executor.most <= 2 * AHEAD


class Gone(Executor):
    """Answers three tasks and cancels the others, as a cluster whose scheduler went away."""

    def __init__(self) -> None:
        self.asked = 0

    def submit(self, function: Any, /, *arguments: Any, **named: Any) -> Future[Any]:
        """Answer or cancel."""
        self.asked += 1
        future: Future[Any] = Future()
        if self.asked <= 3:
            future.set_result(function(*arguments, **named))
        else:
            future.cancel()
            future.set_running_or_notify_cancel()
        return future


def test_workers_that_are_gone_are_named_and_what_is_finished_is_stored(
    store: Store, failures: Failures, lines: Lines, small_specs: Any, stored: Any
) -> None:
    """Asked again elsewhere, the sweep goes on."""
    sweep = lines(small_specs(9))
    places = Places(store, Hands("gone", Gone(), lambda: 1, lambda: 0), failures)
    with pytest.raises(SweepError, match=r"^the workers are gone: everything finished is stored"):
        run_sweep(sweep, places)
    assert len(stored(store)) == 3
    assert run_sweep(sweep, Places(store, serial(), failures)).computed == 6


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
def test_workers_killed_in_the_middle_cost_no_golden(  # noqa: PLR0917 - the fixtures of one scene
    store: Store, failures: Failures, lines: Lines, small_specs: Any, expected: Any, stored: Any,
    born: Callable[[], list[BaseProcess]], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """SIGKILL by pid, twice (thrice gives a task up): nothing missing, all sound, digests as without a sweep."""
    specs, killed = small_specs(24, steps=20), list[int]()

    def kill(done: int, _: int) -> None:
        if done >= 8 * len(killed) + 4 and len(killed) < 2:
            killed.append(born()[0].pid or 0)
            os.kill(killed[-1], signal.SIGKILL)

    monkeypatch.setattr("oracle.sweep.coordinator.KEPT_RECORDS", 2)
    with processes(2) as hands:
        done = run_sweep(lines(specs), Places(store, hands, failures), advance=kill)
    assert (done.computed, done.lost, len(killed)) == (24, 0, 2)
    assert stored(store) == expected(specs)
    assert not born()


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
def test_spec_that_kills_its_workers_is_given_up_and_the_others_are_stored(  # noqa: PLR0917 - as above
    store: Store, failures: Failures, lines: Lines, small_specs: Any, stored: Any, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Planted fault: one of twelve ends every worker that takes it; it alone has no golden."""
    (tmp_path / "killer_task.py").write_text(KILLER)
    monkeypatch.syspath_prepend(tmp_path)
    task = import_module("killer_task").kill_or_answer
    with processes(2) as hands:
        done = run_sweep(lines(small_specs(12)), Places(store, hands, failures), task=task)
    (line,) = reasons(failures)
    assert (done.computed, done.lost, done.lost_workers, len(stored(store))) == (11, 1, 3, 11)
    assert (line["place"], line["outcome"]) == ("line 6", "lost")
    assert "its worker process died 3 times" in line["reason"]


def test_contradicting_golden_stops_the_sweep(
    here: Places, lines: Lines, small_specs: Any, stored: Any, tmp_path: Path
) -> None:
    """Planted fault: a worker whose numbers are not those of the store; the store's stay."""
    sweep = lines(small_specs(1))
    forged = forged_record(small_specs(1)[0])
    stale = Store(tmp_path / "store")

    def late(text: str) -> Answer:
        stale.put_sealed({spec_from(small_specs(1)[0]).digest: answer(text).record})
        return Answer(answer(text).outcome, forged, "", 0.0)

    with pytest.raises(StoreError, match="one of them is wrong"):
        run_sweep(sweep, here, task=late)
    assert len(stored(here.store)) == 1


def forged_record(spec: dict[str, Any]) -> bytes:
    """Return a sealed record of a spec that is sound, and whose first coordinate is not the golden's."""
    golden = compute_golden(spec_from(spec))
    rows = [
        GridRow(row.places, (row.integers[0] + 1, *row.integers[1:]), row.half_units)
        for row in golden.arrays["u"].rows
    ]
    arrays = golden.arrays | {"u": GridArray(tuple(rows))}
    return npz_bytes(Golden(golden.spec, arrays, golden.steps, golden.grade, 15, {}))
