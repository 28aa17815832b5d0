"""A bound on how large, and how slow, the body of a request and the taking of an answer may be.

What a client claims of its body's length is believed only where it is too much; what arrives is counted.
"""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from oracle.service.answers import problem_response
from oracle.service.limits import Limits
from oracle.service.problems import Problem

__all__ = ["SlowClientError", "SlowClients"]

GRACE_SECONDS = 5.0  # before a rate is asked for
NO_BODY = frozenset({"GET", "HEAD", "OPTIONS", "DELETE"})


class SlowClientError(OSError):
    """What an application gets in place of more of a request, or of being able to send; the client is done with."""


class SlowClients:
    """ASGI middleware.

    Parameters
    ----------
    app : ASGI application
    limits : Limits
        `spec_bytes` bounds a body, `body_bytes` one of ``multipart/form-data``; `body_seconds` and
        `least_bytes_per_second` its arrival, `send_seconds` each wait for a client to take a part of an answer.
    """

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app, self._limits = app, limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(self._limits, scope, receive, send)
        if scope["method"] in NO_BODY:  # what these send beside their head is left unread
            await exchange.run(self._app, receive)
        elif await exchange.is_claimed_fair():
            await exchange.run(self._app, exchange.receive)


class _Exchange:
    """One request with its answer."""

    __slots__ = (
        "_allowed",
        "_began",
        "_ended",
        "_limits",
        "_raw_receive",
        "_raw_send",
        "_received",
        "_refused",
        "_scope",
        "_started",
        "_streams",
    )

    def __init__(self, limits: Limits, scope: Scope, receive: Receive, send: Send) -> None:
        self._limits, self._scope, self._raw_receive, self._raw_send = limits, scope, receive, send
        self._allowed = limits.spec_bytes
        self._began = self._received = 0.0
        self._ended = self._streams = False  # the body is all there; the answer comes in several parts
        self._refused = self._started = False

    async def run(self, app: ASGIApp, receive: Receive) -> None:
        """Let the application answer; a client that was given up is no fault of it."""
        try:
            await app(self._scope, receive, self.send)
        except SlowClientError:
            return

    async def is_claimed_fair(self) -> bool:
        """Tell whether the length that a client claims is allowed, and answer it where it is not."""
        claimed = 0
        for name, value in self._scope["headers"]:
            if name == b"content-length" and value.isdigit():
                claimed = int(value[:20])
            elif name == b"content-type" and value.lstrip().lower().startswith(b"multipart/form-data"):
                self._allowed = self._limits.body_bytes
        if claimed > self._allowed:
            await self._refuse(self._too_large(f"{claimed} bytes"), ends=False)
            return False
        return True

    async def receive(self) -> Message:
        """Return the next part of the body, within what is allowed of time and bytes."""
        if self._ended:
            return await self._raw_receive()
        loop = asyncio.get_running_loop()
        if not self._began:
            self._began = loop.time()
        try:
            async with asyncio.timeout_at(self._deadline()):
                message = await self._raw_receive()
        except TimeoutError as error:
            await self._refuse(self._too_slow(loop.time() - self._began), ends=True)
            raise SlowClientError("the body of the request arrives too slowly") from error
        self._received += len(message.get("body", b""))
        self._ended = not message.get("more_body", False)
        if self._received > self._allowed:
            await self._refuse(self._too_large(f"more than {self._allowed} bytes"), ends=False)
            raise SlowClientError("the body of the request is too large")
        return message

    async def send(self, message: Message) -> None:
        """Send a part of the answer; only where there are several can one of them have to wait."""
        if self._refused:  # the application may not have understood why its request ended, and try to say so
            return
        self._started = True
        self._streams = self._streams or bool(message.get("more_body", False))
        if not self._streams:
            await self._raw_send(message)
            return
        try:
            async with asyncio.timeout(self._limits.send_seconds):
                await self._raw_send(message)
        except TimeoutError as error:
            raise SlowClientError("the client does not take its answer") from error

    def _deadline(self) -> float:
        """Return until when the next part may come: the end of the whole, or of what its mean rate allows."""
        whole = self._began + self._limits.body_seconds
        rate = self._limits.least_bytes_per_second
        return min(whole, self._began + GRACE_SECONDS + self._received / rate) if rate else whole

    def _too_large(self, arrived: str) -> Problem:
        return Problem(
            "too-large",
            f"the body of the request has {arrived}; this server reads {self._allowed} here: record fewer steps, or ask "
            "who runs it for more (`oracle serve --limits`)",
        )

    def _too_slow(self, seconds: float) -> Problem:
        return Problem(
            "too-slow",
            f"{int(self._received)} bytes of the body arrived in {seconds:.0f} s; expected all of it within "
            f"{self._limits.body_seconds} s, and {self._limits.least_bytes_per_second} bytes a second: send it again",
        )

    async def _refuse(self, problem: Problem, *, ends: bool) -> None:
        """Answer with a problem, unless half an answer is out; the connection may end with it, or the body run out."""
        self._refused = True
        if self._started:
            return
        response = problem_response(problem, self._scope.get("state", {}).get("request_id", ""))
        if ends:
            response.headers["connection"] = "close"
        await response(self._scope, self._nothing, self._raw_send)

    async def _nothing(self) -> Any:
        return {"type": "http.disconnect"}
