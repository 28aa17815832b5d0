"""Worker processes of ours: how each behaves towards the process that started it, and a pool of such."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import wait
from threading import Thread

__all__ = ["fresh_processes", "live_with_parent"]


@contextmanager
def fresh_processes(count: int) -> Iterator[ProcessPoolExecutor]:
    """Yield a pool of processes that begin afresh: copies of this one would inherit threads that do not survive copying.

    Leaving by an exception drops the tasks that have not begun and ends those that have; and no process outlives this
    one, however it ends.
    """
    context, others = multiprocessing.get_context("spawn"), multiprocessing.active_children()
    with ProcessPoolExecutor(count, context, live_with_parent) as pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for worker in set(multiprocessing.active_children()).difference(others):
                worker.terminate()
            raise


def live_with_parent() -> None:
    """Leave Ctrl-C to the parent, and end with it however it ends, also in the middle of a computation."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
