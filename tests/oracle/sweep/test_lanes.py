"""Worker processes side by side: results, deaths, ends.  Tasks are Python text, so that any process can run them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import wait
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from oracle.sweep import lanes
from oracle.sweep.lanes import Lanes
from oracle.sweep.sweep_error import SweepError, WorkerLostError
from tests.processes import ends

Born = Callable[[], list[BaseProcess]]

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
# appends a byte to a file, and dies as long as there are few
DIES_FIRST = (
    "import os; open({path!r}, 'ab').write(b'x'); os.path.getsize({path!r}) < {times} and os._exit(9)"
)
# the first time, dies as soon as the beginning of a long message is in the pipe
HALF_SENT = """
def half(pipe, data):
    import os
    os.write(pipe.fileno(), data[:50000])
    len(data) > 50000 and os._exit(9)
if os.path.getsize({path!r}) < 2:
    from multiprocessing.connection import Connection
    Connection._send = half
"""
STARTS_TWO_AND_TELLS = """
import os, time
from oracle.sweep.lanes import Lanes
if __name__ == "__main__":
    lanes = Lanes(2)
    print(*{lanes.submit(os.getpid).result() for _ in range(1)}, flush=True)
    lanes.submit(time.sleep, 600)
    time.sleep(600)
"""


@pytest.fixture
def two(born: Born) -> Iterator[Lanes]:
    """Return an executor of two workers; no process may be left of it."""
    with Lanes(2) as opened:
        yield opened
    assert not born()


def wait_for(path: Path) -> None:
    """Wait until a file is there and not empty."""
    end = time.monotonic() + 60
    while not (path.exists() and path.stat().st_size) and time.monotonic() < end:
        time.sleep(0.01)
    assert path.exists()


def test_results_and_exceptions_come_back(two: Lanes) -> None:
    """From other processes than this."""
    futures = [two.submit(pow, 2, power) for power in range(20)]
    failing = two.submit(int, "x")
    assert [future.result() for future in futures] == [2**power for power in range(20)]
    assert isinstance(failing.exception(), ValueError)
    assert two.submit(os.getpid).result() != os.getpid()


def test_call_that_does_not_pickle_is_refused_and_the_worker_goes_on(two: Lanes) -> None:
    """The fault is the submitter's."""
    assert two.submit(lambda: 1).exception() is not None
    assert (two.submit(pow, 2, 3).result(), two.lost) == (8, 0)


def test_task_whose_worker_dies_twice_is_asked_a_third_time(two: Lanes, tmp_path: Path) -> None:
    """It succeeds then, and two workers were lost."""
    path = tmp_path / "count"
    future = two.submit(exec, DIES_FIRST.format(path=str(path), times=3))
    assert (future.result(), path.read_bytes(), two.lost) == (None, b"xxx", 2)


def test_task_that_kills_three_workers_is_given_up_and_costs_no_other_task(
    two: Lanes, tmp_path: Path
) -> None:
    """Planted fault: a killer among forty tasks; each of those is done, and once."""
    path = tmp_path / "done"
    text = f"open({str(path)!r}, 'ab').write(b'x')"
    futures = [two.submit(exec, text) for _ in range(20)]
    killer = two.submit(os._exit, 9)
    futures += [two.submit(exec, text) for _ in range(20)]
    with pytest.raises(WorkerLostError, match="its worker process died 3 times in a row"):
        killer.result()
    assert [future.result() for future in futures] == [None] * 40
    assert (path.read_bytes(), two.lost) == (b"x" * 40, 3)


def test_worker_killed_from_outside_costs_its_task_a_second_go(two: Lanes, tmp_path: Path) -> None:
    """SIGKILL by pid in the middle of a task."""
    pid, gate = tmp_path / "pid", tmp_path / "gate"
    text = (
        f"import os, time; open({str(pid)!r}, 'w').write(str(os.getpid()))\n"
        f"while not os.path.exists({str(gate)!r}): time.sleep(0.01)"
    )
    future = two.submit(exec, text)
    wait_for(pid)
    os.kill(int(pid.read_text()), signal.SIGKILL)
    gate.touch()
    assert (future.result(60), two.lost) == (None, 1)


def test_worker_killed_while_it_sends_a_long_result_is_noticed(two: Lanes, tmp_path: Path) -> None:
    """The half of a message that arrived is no reason to wait for the rest."""
    path = tmp_path / "count"
    text = DIES_FIRST.format(path=str(path), times=0) + HALF_SENT.format(path=str(path))
    long = f"(exec({text!r}), bytes(1 << 20))[1]"
    assert (two.submit(eval, long).result(60), two.lost) == (bytes(1 << 20), 1)


def test_interrupt_is_left_to_the_parent(two: Lanes) -> None:
    """A worker goes on after SIGINT."""
    text = "__import__('os').kill(__import__('os').getpid(), 2) or 5"
    assert (two.submit(eval, text).result(), two.lost) == (5, 0)


def test_shutdown_without_waiting_ends_what_runs_and_cancels_what_waits(born: Born) -> None:
    """The first two were begun, or just being begun; the others never are."""
    opened = Lanes(2)
    futures = [opened.submit(time.sleep, 600) for _ in range(6)]
    opened.shutdown(wait=False)
    wait(futures, timeout=60)
    assert all(future.cancelled() or future.exception() is not None for future in futures)
    assert sum(future.cancelled() for future in futures) >= 4
    assert not born()
    with pytest.raises(RuntimeError, match="was shut down"):
        opened.submit(pow, 2, 3)


def test_workers_that_cannot_start_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted fault: processes that end before they are ready; no task is blamed."""
    monkeypatch.setattr(lanes, "_serve", os.abort)
    with Lanes(1) as opened, pytest.raises(SweepError, match="no worker process can be started: 3 ended"):
        opened.submit(pow, 2, 3).result(60)


def test_workers_end_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    """SIGKILL of the coordinator in the middle of tasks leaves no process behind."""
    script = tmp_path / "parent.py"
    script.write_text(STARTS_TWO_AND_TELLS)
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        parent.kill()
    assert ends(worker)
