"""How a sweep is refused, and how it says that its workers are gone."""

from __future__ import annotations

__all__ = ["SweepError", "WorkerLostError"]


class SweepError(Exception):
    """A sweep cannot be begun or go on: its file, its work folder or its workers are in the way."""


class WorkerLostError(Exception):
    """A task whose worker died every time it was asked."""
