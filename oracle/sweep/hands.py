"""Who computes: this process, worker processes of this machine, or a Dask cluster; all behind one interface."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass

from oracle.sweep.lanes import Lanes
from oracle.sweep.serial import SerialExecutor
from oracle.sweep.sweep_error import SweepError, WorkerLostError

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
    missed : str
        Who it is that is gone when nothing answers any more, in words.
    """

    name: str
    executor: Executor
    width: Callable[[], int]
    lost: Callable[[], int | None]
    losses: tuple[type[BaseException], ...] = (WorkerLostError,)
    missed: str = "the workers"

    def gone(self, error: BaseException, left: str) -> SweepError:
        """Return how it is told that nobody computes any more: the cause where it has words, and what is left."""
        cause = f" ({type(error).__name__}: {error})" if str(error) else ""
        return SweepError(
            f"{self.missed} are gone{cause}: {left}. See that they run, and ask again to go on."
        )


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
