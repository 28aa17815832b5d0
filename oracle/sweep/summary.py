"""What a sweep did, in numbers."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Summary"]


@dataclass(frozen=True)
class Summary:
    """The end of a sweep.

    Parameters
    ----------
    asked : int
        Specs read, what is no spec among them.
    stored_before, computed, duplicates : int
        In the store already · computed and stored now · asked before in the same sweep.
    malformed, refused, violated, faults, lost : int
        Those without a golden: no spec · refused by the reference, now or in an earlier sweep · mpmath and the
        balls disagree · a fault of this program · its worker died every time.
    left : bool
        Whether some are left because the limit was reached.
    lost_workers : int or None
        How many died; None where that is not known.
    workers : int
        At the end.
    hands : str
        Who computed.
    seconds, core_seconds : float
        By the clock · processor time of the workers on what they answered.
    bytes : int
        Of the records stored now.
    """

    asked: int
    stored_before: int
    computed: int
    duplicates: int
    malformed: int
    refused: int
    violated: int
    faults: int
    lost: int
    left: bool
    lost_workers: int | None
    workers: int
    hands: str
    seconds: float
    core_seconds: float
    bytes: int

    @property
    def failed(self) -> int:
        """How many have no golden for a reason."""
        return self.malformed + self.refused + self.violated + self.faults + self.lost

    @property
    def is_complete(self) -> bool:
        """Whether every spec has its golden."""
        return not self.failed and not self.left
