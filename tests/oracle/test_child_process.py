"""Pools of worker processes end with whoever opened them, whichever way that is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from oracle.child_process import fresh_processes
from tests.processes import ends

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
# a parent that names its pool's one worker, has it sleep, and waits itself
PARENT = """
import os, time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from oracle.child_process import fresh_processes

if __name__ == "__main__":
    with {pool} as pool:
        worker = pool.submit(os.getpid).result()
        pool.submit(time.sleep, 600)
        print(worker, flush=True)
        time.sleep(600)
"""

TASK = """
import os, pathlib, time
name = pathlib.Path("{begun}.part")
name.write_text(str(os.getpid()))
name.rename("{begun}")
time.sleep(20)
pathlib.Path("{ended}").touch()
"""


@pytest.mark.parametrize(
    ("pool", "seconds", "expected"),
    [
        ("fresh_processes(1)", 60.0, True),
        ("ProcessPoolExecutor(1, get_context('spawn'))", 1.0, False),
    ],
    ids=["ours", "planted fault: a plain pool"],
)
def test_worker_ends_with_a_parent_that_is_killed(
    tmp_path: Path, pool: str, seconds: float, expected: bool
) -> None:
    """In the middle of a task; that of a plain pool goes on."""
    script = tmp_path / "parent.py"
    script.write_text(PARENT.format(pool=pool))
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        parent.kill()
    ended = ends(worker, seconds)
    if not ended:
        os.kill(worker, signal.SIGKILL)
    assert ended is expected


def test_exception_ends_the_task_under_way_and_drops_the_others(tmp_path: Path) -> None:
    """Neither comes to its end, and none is waited for."""
    begun, ended, dropped = (tmp_path / name for name in ("begun", "ended", "dropped"))
    with pytest.raises(KeyboardInterrupt), fresh_processes(1) as pool:  # noqa: PT012 - what a user leaves is a block
        pool.submit(exec, TASK.format(begun=begun, ended=ended))
        pool.submit(dropped.touch)
        while not begun.exists():
            time.sleep(0.01)
        raise KeyboardInterrupt
    assert ends(int(begun.read_text()))
    assert (ended.exists(), dropped.exists()) == (False, False)
