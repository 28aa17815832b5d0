"""What a worker process does: one task after another, each an entry of a table, until the server is gone."""

from __future__ import annotations

import faulthandler
import json
import signal
import sys
import time
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from typing import Any

from oracle.child_process import live_with_parent
from oracle.service.problems import problem_of
from oracle.service.task import Advance, Task, head, trace_of_ours

__all__ = ["WHERE", "serve_tasks"]

WHERE: int | None = getattr(signal, "SIGUSR1", None)  # Windows has none
Work = Callable[[Task, Advance], tuple[dict[str, Any], bytes]]


def serve_tasks(
    pipe: Connection, trace: Connection, works: str, arguments: Mapping[str, Any], memory_bytes: int
) -> None:
    """Do tasks until the other end is gone: what a worker process runs.

    Asked by `WHERE`, it writes to `trace` where it is, even out of a computation that does not come back to Python.
    """
    if WHERE is None:
        live_with_parent()
    else:  # this thread is to be told, and not the one that watches the parent
        signal.pthread_sigmask(signal.SIG_BLOCK, {WHERE})
        live_with_parent()
        faulthandler.register(WHERE, file=trace.fileno(), all_threads=False)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {WHERE})
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    table = _loaded(works)(**arguments)
    _limit_memory(memory_bytes)
    while True:
        try:
            asked, body = json.loads(pipe.recv_bytes()), pipe.recv_bytes()
        except (EOFError, OSError):
            return
        for message in _answer(pipe, table, Task(asked["name"], asked["fields"], body)):
            pipe.send_bytes(message)


def _answer(pipe: Connection, table: Mapping[str, Work], task: Task) -> tuple[bytes, ...]:
    """Return the messages that end a task."""
    try:
        fields, body = table[task.name](task, _throttled(pipe))
    except Exception as error:  # whatever a task raises is told; the worker goes on
        problem = problem_of(error)
        told = {
            "problem": problem.name,
            "detail": problem.detail,
            "traceback": trace_of_ours(problem, error),
        }
        leaves = isinstance(error, MemoryError) or problem.name == "internal-error"
        return (head(kind="problem", **told, leaves=leaves),)
    return (head(kind="answer", fields=fields, body=True), body)


def _throttled(pipe: Connection) -> Advance:
    """Return what tells progress, some ten times a second at most."""
    last = 0.0

    def advance(done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last > 0.1 or done == total:
            last = now
            pipe.send_bytes(head(kind="progress", done=int(done), total=int(total)))

    return advance


def _limit_memory(beyond: int) -> None:
    """Bound the address space at what it is now plus `beyond` bytes, where the system can."""
    if sys.platform != "linux":
        return
    import resource  # noqa: PLC0415 - not on every system

    with open("/proc/self/statm", encoding="ascii") as file:
        now = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + beyond, now + beyond))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _loaded(name: str) -> Callable[..., Mapping[str, Work]]:
    from importlib import import_module  # noqa: PLC0415 - in the worker alone

    module, _, function = name.partition(":")
    found: Callable[..., Mapping[str, Work]] = getattr(import_module(module), function)
    return found
