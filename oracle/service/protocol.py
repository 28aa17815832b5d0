"""HTTP/1.1 as uvicorn speaks it, with an end to everything that a client may draw out.

uvicorn waits for the rest of a request's head, and for the rest of an answer to be taken, as long as the client likes;
its parser gathers heads of any length, and requests sent ahead of their answers without number.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from oracle.service.early_answers import early_answer
from oracle.service.limits import Limits

__all__ = ["LimitedProtocol"]

SECONDS_TO_ASK = 0.05  # before a new connection counts as idle: many are taken at once, and read from later
MOST_PIPELINED = 8  # requests sent ahead of their answers
FRAMING = 16  # bytes that a chunked body may spend on each of its own, with some to spare


class RefusedError(Exception):
    """Raised inside the parser to make it stop; the connection is ended already."""


class LimitedProtocol(HttpToolsProtocol):
    """One connection.

    Parameters
    ----------
    config, server_state, app_state, _loop
        As uvicorn hands them over: ``Config(http=partial(LimitedProtocol, limits=limits))``.
    limits : Limits
        `header_seconds`, `header_bytes`, `send_seconds`, `connections`; `idle_seconds` is uvicorn's own
        ``timeout_keep_alive``.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        limits: Limits,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._limits = limits
        # uvicorn counts idle connections too, and would answer 503 to everyone; here the idle ones make room instead
        self.limit_concurrency = 2 * limits.connections + 1
        self._late: asyncio.TimerHandle | None = None  # ends a connection whose request does not get on
        self._watch: asyncio.TimerHandle | None = None  # ends one whose client does not take its answer
        self._untaken = 0  # bytes that waited for the client when last looked
        self._answers = self._answers_then = 0  # given in all, now and when last looked
        self._in_head = False
        self._head = self._fed = self._body = 0  # bytes of the message under way
        self._waiting_since = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Take a connection; where there are too many, the one that has been idle longest makes room."""
        super().connection_made(transport)
        self._waiting_since = self.loop.time()
        surplus = len(self.connections) - self._limits.connections
        if surplus > self._limits.connections:
            self._make_room()
        elif surplus > 0:
            self.loop.call_later(SECONDS_TO_ASK, self._make_room)
        self._expect_progress()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timers."""
        for timer in (self._late, self._watch):
            if timer is not None:
                timer.cancel()
        self._late = self._watch = None
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feed the parser, and keep account of what it cannot turn into requests."""
        self._fed += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._fed - self._body > self._limits.header_bytes + FRAMING * self._body:
            self._refuse(431, f"the head of the request has more than {self._limits.header_bytes} bytes")
        elif self._late is None and self.is_waiting:
            self._expect_progress()

    @property
    def is_waiting(self) -> bool:
        """Whether it is the client's turn: no request is complete enough to be worked on."""
        return self._in_head or self.cycle is None or bool(self.cycle.response_complete)

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self._in_head, self._head = True, 0

    def on_url(self, url: bytes) -> None:
        """Take a part of the address."""
        self._account(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header, or a trailer."""
        self._account(len(name) + len(value) + 4)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Start on a request whose head is there."""
        self._in_head = False
        self._progressed()
        super().on_headers_complete()
        if len(self.pipeline) > MOST_PIPELINED:
            self.transport.abort()
            raise RefusedError

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self._body += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Take note of the end of a request."""
        self._fed = self._body = 0
        self._progressed()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Go on to the next request, and see that this answer is taken."""
        self._waiting_since = self.loop.time()
        self._answers += 1
        super().on_response_complete()
        if self._watch is None and self.transport.get_write_buffer_size():
            self._watch_reader()

    def pause_writing(self) -> None:
        """Wait for the client to take what was sent, but not for ever."""
        super().pause_writing()
        if self._watch is None:
            self._watch_reader()

    def resume_writing(self) -> None:
        """Go on: the client has taken what was sent."""
        super().resume_writing()
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def timeout_keep_alive_handler(self) -> None:
        """Close an idle connection; what its client has not taken by then is watched."""
        super().timeout_keep_alive_handler()
        if self._watch is None and self.transport.get_write_buffer_size():
            self._watch_reader()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, unless that would look like the answer to an earlier request."""
        if not self.transport.is_closing():
            self._refuse(400, f"this is not HTTP/1.1 ({msg.rstrip('.')})")

    def _account(self, size: int) -> None:
        self._head += size
        if self._head > self._limits.header_bytes:
            self._refuse(431, f"the head of the request has more than {self._limits.header_bytes} bytes")
            raise RefusedError

    def _refuse(self, status: int, detail: str) -> None:
        """Answer and end the connection."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.transport.abort()
            return
        self.transport.write(early_answer(status, detail))
        self.transport.close()
        self._watch_reader()

    def _expect_progress(self) -> None:
        self._late = self.loop.call_later(self._limits.header_seconds, self._too_late)

    def _progressed(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _too_late(self) -> None:
        """End a connection on which a request began and did not get on."""
        self._late = None
        if self.transport.is_closing():
            return
        if not self.is_waiting or (self.cycle is not None and not self.cycle.response_complete):
            self._expect_progress()  # an earlier request is still worked on; it has limits of its own
        elif self._fed and (self.cycle is None or self._in_head):
            self._refuse(408, f"the head of the request did not arrive in {self._limits.header_seconds} s")
        else:
            self.transport.close()
            self._watch_reader()

    def _watch_reader(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
        self._untaken = self.transport.get_write_buffer_size()
        self._answers_then = self._answers
        self._watch = self.loop.call_later(self._limits.send_seconds, self._look_at_reader)

    def _look_at_reader(self) -> None:
        """End a connection whose client has taken next to nothing since the last look."""
        self._watch = None
        waiting = self.transport.get_write_buffer_size()
        least = self._limits.least_bytes_per_second * self._limits.send_seconds
        if waiting and self._nothing_was_added() and waiting > max(0, self._untaken - max(1, least)):
            self.transport.abort()
        elif waiting:
            self._watch_reader()

    def _nothing_was_added(self) -> bool:
        """Tell whether what waits for the client now is what waited then; otherwise its size says nothing."""
        done = self.cycle is None or self.cycle.response_complete or self.flow.write_paused
        return bool(done) and self._answers == self._answers_then

    def _make_room(self) -> None:
        """End the connections that have been idle longest, as many as are too many; those at work stay."""
        surplus = len(self.connections) - self._limits.connections
        if surplus <= 0:
            return
        idle = [one for one in self.connections if isinstance(one, LimitedProtocol) and one.is_waiting]
        for victim in sorted(idle, key=lambda one: one._waiting_since)[:surplus]:
            self.connections.discard(victim)
            victim.transport.abort()
