"""The application without a socket: the same routes, jobs and worker processes, asked by function calls."""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any

from starlette.types import ASGIApp, Message

from oracle.service.app import application
from oracle.service.logs import logger
from oracle.service.settings import ServiceSettings
from tests.service.http_client import Answer

__all__ = ["InProcess"]

SECONDS = 120.0


class InProcess:
    """An application with its event loop in a thread of its own; a context that starts and ends both.

    Parameters
    ----------
    settings : ServiceSettings

    Raises
    ------
    Exception
        On entering, whatever keeps the application from starting.
    """

    def __init__(self, settings: ServiceSettings) -> None:
        self._settings = settings
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._app: ASGIApp | None = None
        self._stopping: asyncio.Event | None = None
        self._lifespan: Future[None] | None = None
        self._started = threading.Event()
        self._refusal = ""
        self._log = io.StringIO()

    def __enter__(self) -> InProcess:
        self._thread.start()
        try:
            self._app = self.run(self._made())
            self._lifespan = asyncio.run_coroutine_threadsafe(self._live(), self._loop)
            self._await_start()
        except BaseException:
            self._end_loop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        try:
            if self._stopping is not None and self._lifespan is not None:
                self._loop.call_soon_threadsafe(self._stopping.set)
                self._lifespan.result(60)
        finally:
            self._end_loop()

    def __call__(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Ask, from any thread but the loop's, and return the answer."""
        answer: Answer = self.run(self.ask(method, path, body, headers))
        return answer

    @property
    def log(self) -> str:
        """What it has logged, a JSON object a line."""
        return self._log.getvalue()

    def run(self, coroutine: Any, seconds: float | None = SECONDS) -> Any:
        """Have the loop run a coroutine, and return what it returns."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(seconds)

    async def ask(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Ask, in the loop."""
        assert self._app is not None
        sent = [{"type": "http.request", "body": body, "more_body": False}]
        told: list[Message] = []

        async def receive() -> Message:
            if sent:
                return sent.pop()
            await asyncio.Event().wait()  # the client stays
            raise AssertionError

        async def send(message: Message) -> None:
            told.append(message)

        await self._app(_scope(method, path, len(body), headers or {}), receive, send)
        return _answer(told)

    async def _made(self) -> ASGIApp:
        return application(self._settings, logger("json", self._log))

    async def _live(self) -> None:
        """Speak the lifespan protocol: start, wait to be stopped, end."""
        assert self._app is not None
        self._stopping = asyncio.Event()
        pending = ["lifespan.startup", "lifespan.shutdown"]

        async def receive() -> Message:
            kind = pending.pop(0)
            if kind == "lifespan.shutdown":
                assert self._stopping is not None
                await self._stopping.wait()
            return {"type": kind}

        async def send(message: Message) -> None:
            self._refusal = message.get("message", "") if message["type"].endswith("failed") else ""
            self._started.set()

        await self._app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, receive, send)

    def _await_start(self) -> None:
        assert self._lifespan is not None
        while not self._started.wait(0.05):
            if self._lifespan.done():
                self._lifespan.result()
                break
        if self._refusal:
            raise RuntimeError(self._refusal)

    def _end_loop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        if not self._thread.is_alive():
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
            self._loop.close()


def _scope(method: str, path: str, length: int, headers: Mapping[str, str]) -> dict[str, Any]:
    address, _, query = path.partition("?")
    named = {"host": "localhost", "content-length": str(length)} | {k.lower(): v for k, v in headers.items()}
    return {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": address, "raw_path": address.encode("utf-8", "surrogatepass"), "root_path": "",
        "query_string": query.encode("utf-8", "surrogatepass"), "client": ("127.0.0.1", 1), "server": ("localhost", 80),
        "headers": [(k.encode("latin-1", "replace"), v.encode("latin-1", "replace")) for k, v in named.items()],
    }  # fmt: skip


def _answer(told: list[Message]) -> Answer:
    head = told[0]
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in head["headers"]}
    return Answer(head["status"], headers, b"".join(message.get("body", b"") for message in told[1:]))
