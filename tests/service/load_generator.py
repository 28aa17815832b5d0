"""The load generator: a process of its own that asks over kept connections and times every answer to its last byte.

Reads a plan from standard input (JSON) and writes what it found to standard output (JSON).

Closed: each connection asks again as soon as it was answered.  Open: requests are due at a fixed rate, whatever the
server does, and each is timed from the instant when it was due, so that a server that stalls pays for every request
that it kept waiting.
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import httptools

if sys.platform != "win32":
    import uvloop

__all__ = ["Plan", "Run", "percentile", "run"]

SECONDS_FOR_LAST = 30.0  # answers that are owed when no more is asked
PERCENTILES = (50.0, 90.0, 95.0, 99.0, 99.9, 100.0)


@dataclass(frozen=True)
class Plan:
    """What is asked.

    Parameters
    ----------
    host, port : str, int
    requests : sequence of bytes
        Whole requests, asked in turn; each once where `once` is set.
    connections : int
    seconds : float
        After which no more is asked.
    rate : float
        Requests a second in all; 0 stands for as many as are answered.
    once : bool
        Whether to stop after each request was asked once.
    """

    host: str
    port: int
    requests: Sequence[bytes]
    connections: int = 8
    seconds: float = 10.0
    rate: float = 0.0
    once: bool = False


@dataclass
class Run:
    """What came back: seconds of each answer in order, and how often each status."""

    latencies: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    seconds: float = 0.0
    broken: int = 0

    def summary(self) -> dict[str, Any]:
        """Return figures: every latency counts, so the percentiles are exact."""
        ordered = sorted(self.latencies)
        return {
            "answers": len(ordered),
            "seconds": round(self.seconds, 3),
            "per_second": round(len(ordered) / self.seconds, 1) if self.seconds else 0.0,
            "milliseconds": {f"p{at:g}": round(1000 * percentile(ordered, at), 3) for at in PERCENTILES},
            "statuses": {str(status): count for status, count in sorted(self.statuses.items())},
            "broken_connections": self.broken,
        }


class _Connection(asyncio.Protocol):
    """One connection: a request out, its answer in, the next one."""

    def __init__(self, source: _Source) -> None:
        self._source, self._began = source, 0.0
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass
        self.ask()

    def ask(self) -> None:
        """Send what is next; wait for it where nothing is due yet; close where nothing is left."""
        assert self._transport is not None
        due = self._source.next(self)
        if due is None:
            return
        self._began, request = due
        self._transport.write(request)

    def end(self) -> None:
        """Close: nothing is left to ask."""
        if self._transport is not None:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        """Take the time: the parser has seen the last byte of an answer."""
        found, status = self._source.run, self._parser.get_status_code()
        found.latencies.append(time.perf_counter() - self._began)
        found.statuses[status] = found.statuses.get(status, 0) + 1
        self._parser = httptools.HttpResponseParser(self)
        self._began = 0.0
        self.ask()

    def connection_lost(self, error: Exception | None) -> None:
        self._source.run.broken += bool(self._began)  # an answer was owed
        if not self.closed.done():
            self.closed.set_result(None)


class _Source:
    """Hands out requests: at once, or when they are due."""

    def __init__(self, plan: Plan) -> None:
        self._plan, self.run = plan, Run()
        self._asked, self.began = 0, time.perf_counter()
        self._idle: deque[_Connection] = deque()

    def next(self, connection: _Connection) -> tuple[float, bytes] | None:
        """Return the instant from which a request counts, and the request; None where there is none now."""
        now = time.perf_counter()
        if self._over(now):
            connection.end()
            return None
        due = self.began + self._asked / self._plan.rate if self._plan.rate else now
        if due > now:
            self._idle.append(connection)
            return None
        request = self._plan.requests[self._asked % len(self._plan.requests)]
        self._asked += 1
        return due, request

    async def keep_time(self) -> None:
        """Wake idle connections when requests become due."""
        while self._plan.rate and not self._over(time.perf_counter()):
            while self._idle and self.began + self._asked / self._plan.rate <= time.perf_counter():
                self._idle.popleft().ask()
            await asyncio.sleep(0.0005)
        while self._idle:
            self._idle.popleft().end()

    def _over(self, now: float) -> bool:
        spent = self._plan.once and self._asked >= len(self._plan.requests)
        return spent or now - self.began > self._plan.seconds


def run(plan: Plan) -> Run:
    """Carry out a plan."""
    if sys.platform != "win32":
        return uvloop.run(_asked(plan))
    return asyncio.run(_asked(plan))


def percentile(ordered: Sequence[float], at: float) -> float:
    """Return the smallest value that at least `at` per cent of the values do not exceed; 0 of none."""
    if not ordered:
        return 0.0
    return ordered[max(0, -int(-at * len(ordered) // 100) - 1)]


async def _asked(plan: Plan) -> Run:
    loop, source = asyncio.get_running_loop(), _Source(plan)
    made = [
        await loop.create_connection(lambda: _Connection(source), plan.host, plan.port)
        for _ in range(plan.connections)
    ]
    await source.keep_time()
    async with asyncio.timeout(plan.seconds + SECONDS_FOR_LAST):
        await asyncio.gather(*(connection.closed for _, connection in made))
    source.run.seconds = time.perf_counter() - source.began
    return source.run


def main() -> None:
    """Read a plan, carry it out, write what came of it."""
    given = json.load(sys.stdin)
    given["requests"] = [base64.b64decode(request) for request in given["requests"]]
    json.dump(run(Plan(**given)).summary(), sys.stdout)


if __name__ == "__main__":
    main()
