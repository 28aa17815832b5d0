"""Who computes: this process, worker processes of this machine, or a Dask cluster; all behind one interface."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass

from oracle.sweep.lanes import Lanes
from oracle.sweep.serial import SerialExecutor
from oracle.sweep.sweep_error import WorkerLostError

__all__ = ["Hands", "processes", "serial"]


@dataclass(frozen=True)
class Hands:
    """An executor, and what a coordinator must know of it.

    Parameters
    ----------
    name : str
        For people.
    executor : Executor
    width : callable
        Returns how many tasks run at once; it may change.
    lost : callable
        Returns how many workers died so far; None where that is not known.
    losses : tuple of exception types
        What the future of a task raises whose worker died again and again.
    """

    name: str
    executor: Executor
    width: Callable[[], int]
    lost: Callable[[], int | None]
    losses: tuple[type[BaseException], ...] = (WorkerLostError,)


def serial() -> Hands:
    """Return the hands of this process alone."""
    return Hands("serial", SerialExecutor(), lambda: 1, lambda: 0)


@contextmanager
def processes(count: int) -> Iterator[Hands]:
    """Yield worker processes of this machine; leaving by an exception ends them at once."""
    lanes = Lanes(count)
    try:
        yield Hands("process pool", lanes, lambda: count, lambda: lanes.lost)
    except BaseException:
        lanes.shutdown(wait=False)
        raise
    lanes.shutdown()
