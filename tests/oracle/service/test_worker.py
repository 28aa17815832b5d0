"""A slot outlives whatever becomes of its worker, and says how each task ended."""

from __future__ import annotations

import os
import re
import signal
import threading
from collections.abc import Callable, Iterator
from multiprocessing import forkserver
from pathlib import Path
from typing import Any

import pytest

from oracle.service import worker
from oracle.service.task import Ending, Outcome, Task
from oracle.service.worker import WorkerSlot
from tests.processes import runs

MEBIBYTE = 2**20
ROOM = 512 * MEBIBYTE
LONG = 60.0
Until = Callable[[Callable[[], Any]], Any]


def ignore(done: int, total: int) -> None:
    """Say nothing."""


@pytest.fixture
def slot(planted: None) -> Iterator[WorkerSlot]:
    """Return a slot for the planted works."""
    found = WorkerSlot("planted_tasks:works", {}, ROOM)
    yield found
    found.close()


def asked(slot: WorkerSlot, name: str, body: bytes = b"", seconds: float = LONG, **fields: Any) -> Outcome:
    """Have one task done."""
    return slot.run(Task(name, fields, body), ignore, seconds)


def begun(slot: WorkerSlot, task: Task, seconds: float = LONG) -> tuple[threading.Thread, list[Outcome]]:
    """Have a task done in a thread, and return that and where its outcome will be."""
    found: list[Outcome] = []
    thread = threading.Thread(target=lambda: found.append(slot.run(task, ignore, seconds)))
    thread.start()
    return thread, found


def sleeping(folder: Path) -> Task:
    """Return a task that begins and does not end."""
    return Task("sleep", {"begun": str(folder / "begun"), "until": str(folder / "never")})


def begun_by(folder: Path, until: Until) -> int:
    """Return the process that does `sleeping`, once it has begun."""
    return int(until(lambda: (folder / "begun").exists() and (folder / "begun").read_text()))


def timed_out(slot: WorkerSlot, task: Task, sign: Path, until: Until) -> Outcome:
    """Let a task's time be up once it has begun: before that there is nothing to tell."""
    thread, found = begun(slot, task)
    until(sign.exists)
    slot._expire(task)
    thread.join(LONG)
    return found[0]


def test_answer_comes_back_with_its_bytes(slot: WorkerSlot) -> None:
    """Fields and a body of 64 MiB there and back."""
    body = os.urandom(MEBIBYTE) * 64
    found = asked(slot, "echo", body, one="Größe")
    assert (found.ending, found.fields["one"], found.body) == (Ending.ANSWERED, "Größe", body)


def test_refusal_is_told_and_the_worker_stays(slot: WorkerSlot) -> None:
    """What a package announces ends the task alone."""
    pid = asked(slot, "echo").fields["pid"]
    found = asked(slot, "refuse")
    assert found.problem is not None
    assert (found.ending, found.problem.name, found.problem.detail) == (Ending.REFUSED, "bad-spec", "planted")
    assert (found.traceback, asked(slot, "echo").fields["pid"]) == ("", pid)


def test_fault_is_told_without_its_words_but_with_a_traceback_for_the_log(slot: WorkerSlot) -> None:
    """An exception that nobody announces."""
    found = asked(slot, "fault")
    assert found.problem is not None
    assert (found.problem.name, "division by zero" in found.problem.detail) == ("internal-error", False)
    assert "ZeroDivisionError: integer division or modulo by zero" in found.traceback


def test_killed_worker_costs_its_task_alone(slot: WorkerSlot, tmp_path: Path) -> None:
    """SIGKILL in the middle; the next task has another worker."""
    (tmp_path / "lives").write_text("1")
    found = asked(slot, "die", file=str(tmp_path / "lives"))
    assert found.problem is not None
    assert (found.ending, found.problem.name) == (Ending.LOST, "worker-lost")
    assert "SIGKILL" in found.problem.detail
    assert asked(slot, "echo").ending is Ending.ANSWERED


def test_worker_killed_while_it_answers_is_lost(slot: WorkerSlot) -> None:
    """Half a message is no answer: more than any pipe holds is on its way when it dies."""
    pid = asked(slot, "echo").fields["pid"]
    pipe = slot._pipe
    assert pipe is not None
    receive, received = pipe.recv_bytes, []

    def killing() -> bytes:
        received.append(1)
        if len(received) == 2:  # the head was read, the body has begun
            os.kill(pid, signal.SIGKILL)
        return receive()

    vars(pipe)["recv_bytes"] = killing
    assert (asked(slot, "large", bytes=50_000_000).ending, len(received)) == (Ending.LOST, 2)


def test_worker_killed_while_idle_is_replaced(slot: WorkerSlot, until: Until) -> None:
    """Between two tasks."""
    pid = asked(slot, "echo").fields["pid"]
    os.kill(pid, signal.SIGKILL)
    until(lambda: not runs(pid))
    endings = [asked(slot, "echo").ending for _ in range(2)]
    assert endings[-1] is Ending.ANSWERED


def test_fresh_worker_has_imported_what_a_report_takes(planted: None) -> None:
    """The process that forks it has, once: a report's time does not go into that."""
    server: Any = forkserver
    server.ensure_running()
    os.kill(server._forkserver._forkserver_pid, signal.SIGKILL)
    slot = WorkerSlot("planted_tasks:works", {}, ROOM)
    names = ("matplotlib.figure", "matplotlib.backends.backend_svg", "oracle.report.html", "not.imported")
    found = [asked(slot, "has", module=name).fields["has"] for name in names]
    slot.close()
    assert found == [True, True, True, False]


def test_too_much_memory_is_refused_and_the_next_task_done(slot: WorkerSlot) -> None:
    """A MemoryError of a fresh worker is the task's own."""
    found = asked(slot, "grow", bytes=2 * ROOM)
    assert found.problem is not None
    assert (found.ending, found.problem.name) == (Ending.REFUSED, "worker-lost")
    assert "more memory than this server allows" in found.problem.detail
    assert asked(slot, "echo").ending is Ending.ANSWERED


def test_worker_with_a_fault_is_replaced_and_the_task_done_by_a_fresh_one(slot: WorkerSlot) -> None:
    """The fault may be what the tasks before left behind; that of a fresh worker is the task's own, and it goes too."""
    pid = asked(slot, "echo").fields["pid"]
    first, again = asked(slot, "fault"), asked(slot, "fault")
    assert (first.ending, again.ending) == (Ending.LOST, Ending.REFUSED)
    assert "ZeroDivisionError" in again.traceback
    assert asked(slot, "echo").fields["pid"] != pid


def test_memory_that_an_earlier_task_kept_is_not_held_against_the_next(slot: WorkerSlot) -> None:
    """It is lost, hence tried again, and a fresh worker has room."""
    asked(slot, "keep", bytes=ROOM // 2)
    first = asked(slot, "grow", bytes=ROOM // 2)
    again = asked(slot, "grow", bytes=ROOM // 4)
    assert (first.ending, again.ending) == (Ending.LOST, Ending.ANSWERED)


def test_task_that_takes_too_long_is_ended_and_tells_where_it_was(
    slot: WorkerSlot, tmp_path: Path, until: Until
) -> None:
    """And its process with it; nothing is told of one that was stopped on demand."""
    found = timed_out(slot, sleeping(tmp_path), tmp_path / "begun", until)
    assert (found.ending, asked(slot, "echo").ending) == (Ending.TIMED_OUT, Ending.ANSWERED)
    assert re.search(r'planted_tasks\.py", line \d+ in _sleep\n', found.traceback)
    assert "in serve_tasks" in found.traceback


def test_place_is_told_out_of_a_computation_that_does_not_come_back_to_python(
    slot: WorkerSlot, tmp_path: Path, until: Until
) -> None:
    """A power of ten that takes minutes, in one operation; Python's own signal handlers would wait for its end."""
    task = Task("power", {"exponent": 10**9, "begun": str(tmp_path / "begun")})
    found = timed_out(slot, task, tmp_path / "begun", until)
    assert (found.ending, asked(slot, "echo").ending) == (Ending.TIMED_OUT, Ending.ANSWERED)
    assert "in _power" in found.traceback


def test_worker_that_is_late_to_tell_is_waited_for(slot: WorkerSlot, tmp_path: Path, until: Until) -> None:
    """Where others keep the processors busy it does not come to it at once."""
    task = sleeping(tmp_path)
    thread, found = begun(slot, task)
    pid = begun_by(tmp_path, until)
    os.kill(pid, signal.SIGSTOP)
    threading.Timer(0.7, os.kill, (pid, signal.SIGCONT)).start()
    slot._expire(task)
    thread.join(LONG)
    assert (found[0].ending, "in _sleep" in found[0].traceback) == (Ending.TIMED_OUT, True)


def test_time_limit_holds_for_a_worker_that_does_not_even_listen(slot: WorkerSlot) -> None:
    """Stopped (SIGSTOP) before a body that no buffer takes is sent: sending alone would wait for ever."""
    os.kill(asked(slot, "echo").fields["pid"], signal.SIGSTOP)
    found = asked(slot, "echo", bytes(32 * MEBIBYTE), seconds=0.5)
    assert (found.ending, found.traceback) == (Ending.TIMED_OUT, "")
    assert asked(slot, "echo").ending is Ending.ANSWERED


def test_stop_ends_the_task_under_way(slot: WorkerSlot, tmp_path: Path, until: Until) -> None:
    """From another thread; its process is gone."""
    task = sleeping(tmp_path)
    thread, found = begun(slot, task)
    pid = begun_by(tmp_path, until)
    slot.stop(task)
    thread.join(LONG)
    assert (found[0].ending, runs(pid)) == (Ending.STOPPED, False)


def test_stop_before_the_task_began_holds(slot: WorkerSlot) -> None:
    """The thread has yet to come to it: it must not be done all the same."""
    task = Task("echo")
    slot.stop(task)
    assert slot.run(task, ignore, LONG).ending is Ending.STOPPED


def test_stop_of_a_finished_task_leaves_the_next_alone(slot: WorkerSlot) -> None:
    """The same worker answers on."""
    task = Task("echo")
    pid = slot.run(task, ignore, LONG).fields["pid"]
    slot.stop(task)
    assert asked(slot, "echo").fields["pid"] == pid


def test_closed_slot_does_nothing_more(slot: WorkerSlot, tmp_path: Path, until: Until) -> None:
    """Neither the task under way nor another."""
    thread, found = begun(slot, sleeping(tmp_path))
    until((tmp_path / "begun").exists)
    slot.close()
    thread.join(LONG)
    assert (found[0].ending, asked(slot, "echo").ending) == (Ending.STOPPED, Ending.STOPPED)


def test_body_is_loaded_in_time_and_its_failure_is_the_tasks(slot: WorkerSlot) -> None:
    """A task may bring its body only when a worker takes it."""

    def gone() -> bytes:
        raise FileNotFoundError("planted")

    loaded = slot.run(Task("echo", load=lambda: b"later"), ignore, LONG)
    failed = slot.run(Task("echo", load=gone), ignore, LONG)
    assert (loaded.body, failed.ending) == (b"later", Ending.REFUSED)
    assert failed.problem is not None
    assert (failed.problem.name, "planted" in failed.traceback) == ("internal-error", True)


@pytest.mark.parametrize("how", ["its time is up", "closed"])
def test_start_that_is_never_answered_ends(
    slot: WorkerSlot, monkeypatch: pytest.MonkeyPatch, until: Until, how: str
) -> None:
    """The process that forks workers is stopped (SIGSTOP): it is killed, and another takes its place."""
    monkeypatch.setattr(worker, "SECONDS_TO_START", 0.5)
    server: Any = forkserver
    os.kill(server._forkserver._forkserver_pid, signal.SIGSTOP)
    thread, found = begun(slot, Task("echo"), 0.5 if how != "closed" else LONG)
    if how == "closed":
        until(lambda: slot._starting)
        slot.close()
    thread.join(LONG)
    assert found[0].ending is (Ending.STOPPED if how == "closed" else Ending.TIMED_OUT)
    with_another = WorkerSlot("planted_tasks:works", {}, ROOM)
    assert asked(with_another, "echo").ending is Ending.ANSWERED
    with_another.close()


def test_slot_outlives_the_server_that_forks_its_workers(
    slot: WorkerSlot, tmp_path: Path, until: Until
) -> None:
    """Killed in the middle of a task: that is lost, its process ends too, and the next task is done."""
    thread, found = begun(slot, sleeping(tmp_path))
    pid = begun_by(tmp_path, until)
    server: Any = forkserver
    os.kill(server._forkserver._forkserver_pid, signal.SIGKILL)
    thread.join(LONG)
    assert (found[0].ending, asked(slot, "echo").ending) == (Ending.LOST, Ending.ANSWERED)
    until(lambda: not runs(pid))


def test_worker_that_cannot_be_started_is_a_loss(slot: WorkerSlot, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file handles are left (planted): the thread goes on."""

    def full() -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(slot._context, "Pipe", full)
    assert asked(slot, "echo").ending is Ending.LOST


def test_lost_workers_leave_no_open_files_behind(slot: WorkerSlot, tmp_path: Path) -> None:
    """Pipes and sentinels are closed."""
    (tmp_path / "lives").write_text("100")
    open_files = []
    for _ in range(6):
        asked(slot, "die", file=str(tmp_path / "lives"))
        open_files.append(len(os.listdir("/proc/self/fd")))
    assert open_files[-1] <= open_files[1]


def test_progress_is_told(slot: WorkerSlot) -> None:
    """The end of it always, the rest now and then."""
    told: list[tuple[int, int]] = []
    slot.run(Task("count", {"to": 1000}), lambda done, total: told.append((done, total)), LONG)
    assert (told[-1], told == sorted(told), len(told) < 1000) == ((1000, 1000), True, True)
