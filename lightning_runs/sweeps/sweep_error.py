"""How a sweep that cannot be made is refused."""

from __future__ import annotations

__all__ = ["SweepError"]


class SweepError(ValueError):
    """A grid, a directory or a limit that does not fit; the message says what was asked and what to do."""
