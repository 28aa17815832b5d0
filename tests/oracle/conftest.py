"""A server that says what a test wrote down for it."""

from __future__ import annotations

import json
import socket
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest

VARIABLES = ("MOMENTUM_ORACLE_SERVER", "MOMENTUM_ORACLE_TOKEN", "MOMENTUM_ORACLE_ALLOW_PLAIN_HTTP")


@dataclass(frozen=True)
class Reply:
    """What the fake server says: status, headers and body; or a function that is given the handler."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    act: Callable[[BaseHTTPRequestHandler], None] | None = None


def said(content: object, status: int = 200, kind: str = "application/json", **headers: str) -> Reply:
    """Return a reply of JSON."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, json.dumps(content).encode(), {"Content-Type": kind, **named})


def problem(name: str, status: int, exit_code: int = 2, **headers: str) -> Reply:
    """Return a reply of a problem document."""
    content = {
        "type": f"/problems/{name}",
        "title": name,
        "status": status,
        "detail": f"the detail of {name}",
        "instance": "/requests/r-17",
        "exit_code": exit_code,
    }
    return said(content, status, "application/problem+json", **headers)


@dataclass(frozen=True)
class Seen:
    """A request as it arrived."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


class Fake:
    """A server on loopback with a script: replies by method and path, the last of which is repeated."""

    def __init__(self) -> None:
        self.script: dict[tuple[str, str], list[Reply]] = defaultdict(list)
        self.seen: list[Seen] = []
        self.let_go = threading.Event()  # what a slow answer waits for
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        def handle(handler: BaseHTTPRequestHandler) -> None:
            fake.answer(handler)

        for method in ("GET", "POST", "DELETE"):
            setattr(Handler, f"do_{method}", handle)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.port = int(self._server.server_address[1])
        self.url = f"http://127.0.0.1:{self.port}"

    def on(self, method: str, path: str, *replies: Reply) -> None:
        """Write replies down."""
        self.script[method, path] += replies

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Say the next reply."""
        path, _, query = handler.path.partition("?")
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        self.seen.append(Seen(handler.command, path, query, dict(handler.headers.items()), body))
        replies = self.script.get((handler.command, path)) or [Reply(404, b"nothing here")]
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        if reply.act is not None:
            handler.close_connection = True
            reply.act(handler)
            return
        handler.send_response(reply.status)
        for name, value in reply.headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(reply.body)))
        handler.end_headers()
        handler.wfile.write(reply.body)

    def asked(self, path: str) -> list[Seen]:
        """Return the requests for a path."""
        return [request for request in self.seen if request.path == path]

    def close(self) -> None:
        """Stop."""
        self.let_go.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def job(state: str, **fields: Any) -> dict[str, Any]:
    """Return a job's JSON."""
    plain = {"id": "j1", "kind": "golden", "progress": None, "result": None, "problem": None}
    return {**plain, "state": state, **fields}


@pytest.fixture(scope="session")
def replies() -> SimpleNamespace:
    """Return what replies are made with; tests cannot import this file."""
    return SimpleNamespace(Reply=Reply, said=said, problem=problem, job=job)


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the environment's server and token away."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def nobody(alone: None) -> Iterator[str]:
    """Return an address that is taken and where nobody answers; a freed one could go to another process."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


@pytest.fixture
def servers(alone: None) -> Iterator[Callable[[], Fake]]:
    """Return a maker of fake servers."""
    made: list[Fake] = []

    def make() -> Fake:
        made.append(Fake())
        return made[-1]

    yield make
    for fake in made:
        fake.close()


@pytest.fixture
def server(servers: Callable[[], Fake]) -> Fake:
    """Return a fake server."""
    return servers()
