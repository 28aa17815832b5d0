"""A clock for tests of races: what others do on the machine does not stretch it."""

from __future__ import annotations

from time import process_time
from typing import Protocol

__all__ = ["Clock"]

READ_BY = ("heat.perf_counter", "stopwatch.perf_counter", "stopwatch.process_time")  # in `oracle.bench`


class Patches(Protocol):
    """What sets an attribute until the end of a test, as pytest's `monkeypatch` does."""

    def setattr(self, target: str, name: object) -> None:
        """Set it."""


class Clock:
    """What this process computed, and the naps that it says it took.

    Parameters
    ----------
    patches : Patches
        With which races are made to read this clock.
    """

    def __init__(self, patches: Patches) -> None:
        self._napped = 0.0
        for place in READ_BY:
            patches.setattr(f"oracle.bench.{place}", self.now)

    def sleep(self, seconds: float) -> None:
        """Take a nap, and no time."""
        self._napped += seconds

    def now(self) -> float:
        """Return the time in seconds."""
        return process_time() + self._napped
