"""A job under way, in memory: what its book does not say."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from oracle.service.job import Job
from oracle.service.pool import Ticket

__all__ = ["LiveJob"]


@dataclass(eq=False)
class LiveJob:
    """A job under way, and who is to be woken when it changes."""

    job: Job
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    ticket: Ticket | None = None
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)
    gone: asyncio.Event = field(default_factory=asyncio.Event)  # its end is in the book, and its key free
    began: float = 0.0

    def become(self, job: Job) -> None:
        """Take a new state, and wake who waits."""
        self.job = job
        self.changed.set()
        self.changed = asyncio.Event()
