"""How a worker process of ours behaves towards the process that started it, whoever that is."""

from __future__ import annotations

import multiprocessing
import os
import signal
from multiprocessing.connection import wait
from threading import Thread

__all__ = ["live_with_parent"]


def live_with_parent() -> None:
    """Leave Ctrl-C to the parent, and end with it however it ends, also in the middle of a computation."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
