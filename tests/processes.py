"""Processes of this machine, watched through /proc: who descends from whom, who is still there, and an end to one."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

__all__ = ["Kin", "descendants", "ends", "kill", "lives", "runs", "workers_of"]

PROCESSES = Path("/proc")
SECONDS = 60.0  # for what takes a moment, on a machine that has much else to do
Kin = tuple[int, str]
"""A process by its id and the instant of its start, which together are never used twice."""


def runs(pid: int) -> bool:
    """Tell whether there is a process of that id that is no zombie."""
    return bool(_began(pid))


def ends(pid: int, seconds: float = SECONDS) -> bool:
    """Wait for the end of a process, so long at most, and tell whether it came."""
    deadline = time.monotonic() + seconds
    while runs(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not runs(pid)


def descendants(pid: int) -> list[Kin]:
    """Return the children of a process, theirs, and so on, as /proc has them."""
    found: list[Kin] = []
    pending = [pid]
    while pending:
        children = _children(pending.pop())
        pending += children
        found += [(child, began) for child in children if (began := _began(child))]
    return found


def workers_of(pid: int) -> list[Kin]:
    """Return the workers of a server: what its fork server has forked."""
    return [kin for child in _children(pid) for kin in descendants(child)]


def lives(kin: Kin) -> bool:
    """Tell whether a process is still there and no zombie."""
    return _began(kin[0]) == kin[1]


def kill(kin: Kin) -> None:
    """End a process with SIGKILL, if it is still the one that was meant."""
    if lives(kin):
        os.kill(kin[0], signal.SIGKILL)


def _children(pid: int) -> list[int]:
    found: list[int] = []
    with suppress(OSError):  # the process has just ended
        for thread in os.listdir(PROCESSES / str(pid) / "task"):
            with suppress(OSError):  # this thread has
                found += map(int, (PROCESSES / str(pid) / "task" / thread / "children").read_text().split())
    return found


def _began(pid: int) -> str:
    """Return the start time of a process in clock ticks; empty if it is gone or a zombie."""
    try:
        fields = (PROCESSES / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in "ZX" else fields[19]
