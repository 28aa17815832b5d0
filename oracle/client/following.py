"""A job followed to its end: by the server's events as long as they come, else by asking again and again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import count

from urllib3.exceptions import HTTPError

from oracle.client.errors import ServerAnswerError
from oracle.client.events import events
from oracle.client.jobs import Job, job_from
from oracle.client.messages import Request
from oracle.client.transport import Transport

__all__ = ["watched"]

FIRST_PAUSE, GROWTH, LONGEST_PAUSE = 0.1, 1.5, 3.0  # seconds between two questions
GROWS = 20  # pauses; the next would be longer than the longest
TOLD = ("progress", "end")  # the events that hold a job
BROKEN = (HTTPError, ServerAnswerError, ValueError, OSError)


def watched(transport: Transport, address: str, ask: Callable[[], Job]) -> Iterator[Job]:
    """Yield a job each time something is told of it; the last one is finished.

    Parameters
    ----------
    transport : Transport
    address : str
        Of the job.
    ask : callable
        Returns the job as it stands.

    Raises
    ------
    ClientError
        What `ask` raises.
    """
    last = None
    for job in _told(transport, address):
        yield job
        last = job
    if last is None or not last.finished:
        yield from _asked(transport, ask)


def _told(transport: Transport, address: str) -> Iterator[Job]:
    """Yield jobs from the stream of events; whatever breaks it ends it, for asking tells what is wrong."""
    request = Request("GET", address + "/events", accept="text/event-stream")
    try:
        with transport.stream(request) as (status, media_type, pieces):
            if status != 200 or media_type.strip().lower() != "text/event-stream":
                return
            for event in events(pieces):
                if event.name not in TOLD:
                    continue
                job = job_from(json.loads(event.data), str(request))
                yield job
                if job.finished:
                    return
    except BROKEN:
        return


def _asked(transport: Transport, ask: Callable[[], Job]) -> Iterator[Job]:
    """Yield the job as it stands, with growing pauses, until it is finished."""
    for turn in count():
        job = ask()
        yield job
        if job.finished:
            return
        transport.sleep(min(FIRST_PAUSE * GROWTH ** min(turn, GROWS), LONGEST_PAUSE))
