"""Places for requests that wait for their answer: no more than leave connections to the others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from oracle.service.problems import ProblemError

__all__ = ["WaitingRoom"]


class WaitingRoom:
    """So many places, shared by all that takes long; used from the event loop alone.

    Parameters
    ----------
    places : int
    """

    def __init__(self, places: int) -> None:
        self.places, self.taken = places, 0

    @property
    def is_full(self) -> bool:
        """Whether no place is left."""
        return self.taken >= self.places

    @contextmanager
    def place(self) -> Iterator[None]:
        """Take a place for as long as the block goes on.

        Raises
        ------
        ProblemError
            ``overloaded``, if there is none.
        """
        if self.is_full:
            raise ProblemError(
                "overloaded",
                f"{self.taken} requests wait for their answers, as many as this server lets wait; ask again later",
                {"Retry-After": "2"},
            )
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1
