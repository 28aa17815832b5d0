"""A wall clock that does not go back."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["SteadyClock"]


class SteadyClock:
    """The wall clock, and beside it the time of the first look plus what a clock that nobody sets has measured since.

    Parameters
    ----------
    wall, monotonic : callable
        The two clocks, seconds.
    """

    def __init__(
        self, wall: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._wall, self._monotonic = wall, monotonic
        self._offset = wall() - monotonic()

    def now(self) -> float:
        """Return the later of the two, seconds since 1970: for what must not come back, as an expired token."""
        return max(self._wall(), self._offset + self._monotonic())

    def least(self) -> float:
        """Return the earlier of the two, seconds since 1970: for what must not go too soon, as an old file."""
        return min(self._wall(), self._offset + self._monotonic())
