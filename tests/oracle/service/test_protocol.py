"""Clients that draw things out are ended, over real sockets, and do not keep others from being served."""

from __future__ import annotations

import asyncio
import json
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from typing import Any

import pytest
import uvicorn

from oracle.service.limits import Limits
from oracle.service.protocol import LimitedProtocol
from oracle.service.slow_clients import SlowClients

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
PATIENCE = 20  # seconds after which a test fails that waits for a socket
HURRIED = {"header_seconds": 1, "body_seconds": 2, "send_seconds": 1, "idle_seconds": 2}
MEBIBYTE = 2**20


class Application:
    """An ASGI application with an answer of each kind, which remembers what it saw."""

    def __init__(self) -> None:
        self.bodies: list[int] = []
        self.at_work = threading.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        answer = b"ok"
        if scope["path"] == "/echo":
            answer = str(await self.received(receive)).encode()
        if scope["path"] == "/slow":
            self.at_work.set()
            await asyncio.sleep(1.5)
        if scope["path"] == "/big":
            answer = bytes(32 * MEBIBYTE)
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [(b"content-length", b"%d" % len(answer))],
            }
        )
        await send({"type": "http.response.body", "body": answer})

    async def received(self, receive: Any) -> int:
        """Return how many bytes a body has."""
        size, more = 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ConnectionAbortedError
            size += len(message.get("body", b""))
            more = message.get("more_body", False)
        self.bodies.append(size)
        return size


class Streaming(Application):
    """Sends without end; remembers that it was made to stop."""

    def __init__(self) -> None:
        super().__init__()
        self.ended = threading.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        try:
            while True:
                await send({"type": "http.response.body", "body": bytes(2**16), "more_body": True})
                await asyncio.sleep(0)
        finally:
            self.ended.set()


class Server:
    """uvicorn on an ephemeral port of loopback, in a thread."""

    def __init__(self, limits: Limits, application: Any, loop: str) -> None:
        self.application = application
        config = uvicorn.Config(
            SlowClients(application, limits),
            http=partial(LimitedProtocol, limits=limits),  # type: ignore[arg-type] # it is called as the class is
            ws="none", lifespan="off", log_config=None, access_log=False, loop=loop,
            timeout_keep_alive=limits.idle_seconds, backlog=2048,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.address = self._socket.getsockname()
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],))

    def start(self) -> None:
        """Start, and wait until requests are taken."""
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)

    def stop(self) -> None:
        """Stop, and see that it does."""
        self._server.force_exit = self._server.should_exit = True
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()

    @property
    def connections(self) -> int:
        """How many connections it holds."""
        return len(self._server.server_state.connections)

    def connect(self) -> socket.socket:
        """Return a connection."""
        return socket.create_connection(self.address, timeout=PATIENCE)

    def settles(self, connections: int) -> bool:
        """Tell whether it comes to hold no more connections than these."""
        end = time.monotonic() + PATIENCE
        while self.connections > connections and time.monotonic() < end:
            time.sleep(0.05)
        return self.connections <= connections


Start = Callable[..., Server]


@pytest.fixture(params=["uvloop", "asyncio"])
def start(request: pytest.FixtureRequest) -> Iterator[Start]:
    """Return what starts a server with limits; it is stopped after the test."""
    with ExitStack() as stack:

        def started(application: Any = None, **limits: int) -> Server:
            server = Server(Limits(**HURRIED | limits), application or Application(), request.param)
            server.start()
            stack.callback(server.stop)
            return server

        yield started


def everything(connection: socket.socket) -> bytes:
    """Return what arrives until the server ends the connection."""
    parts = []
    with suppress(ConnectionError):
        while part := connection.recv(2**16):
            parts.append(part)
    return b"".join(parts)


def next_answer(connection: socket.socket) -> bytes:
    """Return the next answer on a connection that stays: the application says `ok`."""
    answer = b""
    while not answer.endswith(b"ok"):
        part = connection.recv(1)
        assert part, answer
        answer += part
    return answer


def status(answer: bytes) -> int:
    """Return the status of the first answer, 0 where there is none."""
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else 0


def problem(answer: bytes) -> dict[str, Any]:
    """Return the problem document of an answer."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"application/problem+json" in head
    found: dict[str, Any] = json.loads(body)
    return found


def asked(server: Server, request: bytes) -> bytes:
    """Return the answer to a request that ends the connection."""
    with server.connect() as connection:
        connection.sendall(request.replace(b"Host: x\r\n", b"Host: x\r\nConnection: close\r\n"))
        return everything(connection)


@contextmanager
def served_meanwhile(server: Server) -> Iterator[None]:
    """See that others are served before and after."""
    assert status(asked(server, GET)) == 200
    yield
    assert status(asked(server, GET)) == 200


def test_request_is_answered_as_ever(start: Start) -> None:
    """Two on one connection, one in pieces, one with a body in chunks."""
    server = start(header_seconds=10)
    with server.connect() as connection:
        connection.sendall(GET)
        assert status(next_answer(connection)) == 200
        for piece in (b"GET ", b"/ HTT", b"P/1.1\r\nHo", b"st: x\r", b"\n\r", b"\n"):
            connection.sendall(piece)
            time.sleep(0.02)
        assert status(next_answer(connection)) == 200
    chunked = b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    assert asked(server, chunked).endswith(b"5")


@pytest.mark.parametrize("begun", [b"GET /", GET[:-2], b"\r\n\r\n\r\n", b"POST / HTTP/1.1\r\nX: "])
def test_head_that_does_not_come_is_ended(start: Start, begun: bytes) -> None:
    """After `header_seconds`, though a byte comes now and then; the client is told."""
    server = start()
    with served_meanwhile(server), server.connect() as connection:
        connection.sendall(begun)
        with suppress(ConnectionError):
            for _ in range(8):
                time.sleep(0.25)
                connection.sendall(b"\r\n" if begun == b"\r\n\r\n\r\n" else b"a")
        answer = everything(connection)
    assert status(answer) in (408, 0)  # 0: the answer may be lost where the client went on sending
    assert server.settles(0)


def test_slow_head_is_told_why(start: Start) -> None:
    """A client that sends a part and waits has 408 as a problem document."""
    with start().connect() as connection:
        connection.sendall(GET[:-2])
        assert problem(everything(connection))["type"] == "/problems/too-slow"


def test_silent_connection_is_ended(start: Start) -> None:
    """One that never says a word, and one that has had its answer."""
    server = start(idle_seconds=1)
    with server.connect() as silent, server.connect() as served:
        served.sendall(GET)
        assert status(everything(served)) == 200
        assert everything(silent) == b""
    assert server.settles(0)


def test_blank_lines_do_not_keep_a_connection(start: Start) -> None:
    """After an answer, a client that sends blank lines now and then is idle all the same."""
    server = start(idle_seconds=1)
    with server.connect() as connection:
        connection.sendall(GET)
        with suppress(ConnectionError):
            for _ in range(10):
                time.sleep(0.3)
                connection.sendall(b"\r\n")
        assert server.settles(0)


@pytest.mark.parametrize(
    "begun",
    [
        b"GET / HTTP/1.1\r\nX: ",
        b"GET /",
        b"GET / HTTP/1.1\r\n",
        b"POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ",
    ],
    ids=["one header", "address", "many headers", "trailer"],
)
def test_endless_head_is_ended(start: Start, begun: bytes) -> None:
    """Of 100 MB only a little is taken, whether it is one header, the address, many headers or a trailer."""
    server = start(header_seconds=30, body_seconds=30)
    block = (b"a: " + b"b" * 61 + b"\r\n") * 1024 if begun.endswith(b"1.1\r\n") else b"a" * 2**16
    sent = 0
    with served_meanwhile(server), server.connect() as connection:
        connection.sendall(begun)
        with suppress(ConnectionError):
            while sent < 100 * MEBIBYTE:
                connection.sendall(block)
                sent += len(block)
        assert status(everything(connection)) in (431, 0)
    assert sent < 20 * MEBIBYTE


@pytest.mark.parametrize(("size", "expected"), [(60_000, 200), (66_000, 431)])
def test_head_is_bounded_to_the_byte_though_it_comes_at_once(start: Start, size: int, expected: int) -> None:
    """64 KiB by default, in one piece or many."""
    server = start(header_seconds=30)
    for parts in (1, 50):
        text = (
            GET[:-2] + b"".join(b"X%d: %s\r\n" % (i, b"a" * (size // parts)) for i in range(parts)) + b"\r\n"
        )
        answer = asked(server, text)
        assert status(answer) == expected
        if expected == 431:
            assert problem(answer)["type"] == "/problems/too-large"


def test_slow_body_is_ended(start: Start) -> None:
    """A byte now and then: 408 once `body_seconds` have passed."""
    server = start(body_seconds=1)
    with served_meanwhile(server), server.connect() as connection:
        connection.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(3):
            connection.sendall(b"x")
            time.sleep(0.2)
        answer = everything(connection)
    assert problem(answer)["type"] == "/problems/too-slow"
    assert server.settles(0)
    assert server.application.bodies == []


def test_body_that_goes_on_after_the_answer_is_ended(start: Start) -> None:
    """An application that answers without reading does not leave a line open for a client to drip on."""
    server = start()
    with server.connect() as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n")
        assert status(next_answer(connection)) == 200
        with suppress(ConnectionError):
            for _ in range(10):
                time.sleep(0.3)
                connection.sendall(b"x")
        assert server.settles(0)


@pytest.mark.parametrize("path", [b"/big", b"/"])
def test_client_that_takes_no_answer_is_ended(start: Start, path: bytes) -> None:
    """32 MB in one piece, or as many small answers as the buffers hold: the connection does not outlast `send_seconds`."""
    server = start()
    with served_meanwhile(server), server.connect() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(0.5)
        with suppress(TimeoutError, ConnectionError):
            for _ in range(1 if path == b"/big" else 100_000):
                connection.sendall(b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % path)
        assert server.settles(0)


def test_stream_that_is_not_taken_is_ended(start: Start) -> None:
    """The application is told, so that it stops too."""
    application = Streaming()
    server = start(application)
    with server.connect() as connection:
        connection.sendall(GET)
        assert application.ended.wait(PATIENCE)
        assert server.settles(0)


def test_slow_reader_that_keeps_reading_gets_everything(start: Start) -> None:
    """32 MiB over 7 s, more than twice `send_seconds`: slow is not stuck."""
    server = start(least_bytes_per_second=1, send_seconds=3)
    with server.connect() as connection:
        connection.sendall(b"GET /big HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        received = 0
        while part := connection.recv(MEBIBYTE):
            received += len(part)
            time.sleep(7 * len(part) / (32 * MEBIBYTE))
    assert received > 32 * MEBIBYTE


def test_slow_answer_is_waited_for(start: Start) -> None:
    """An application that takes longer than the limits of the client's side is not cut short, pipelined or not."""
    server = start(idle_seconds=1)
    with server.connect() as connection:
        connection.sendall(GET.replace(b"/ ", b"/slow ") + GET[:5])
        assert status(next_answer(connection)) == 200


def test_hundreds_of_idle_connections_keep_nobody_out(start: Start) -> None:
    """The longest idle make room; those at work stay."""
    server = start(connections=64, header_seconds=60, idle_seconds=60)
    with ExitStack() as stack:
        busy = stack.enter_context(server.connect())
        busy.sendall(GET.replace(b"/ ", b"/slow "))
        assert server.application.at_work.wait(PATIENCE)
        idle = [stack.enter_context(server.connect()) for _ in range(300)]
        assert server.settles(64)
        assert status(asked(server, GET)) == 200
        assert status(next_answer(busy)) == 200
        assert len(idle) == 300


def test_requests_sent_ahead_of_their_answers_are_bounded(start: Start) -> None:
    """Eight may wait; a flood of them, each a few bytes that cost kilobytes, ends its connection."""
    server = start()
    with server.connect() as connection:
        connection.sendall(GET * 6 + GET.replace(b"Host", b"Connection: close\r\nHost"))
        assert everything(connection).count(b"HTTP/1.1 200") == 7
    with served_meanwhile(server), server.connect() as connection, suppress(ConnectionError):
        for _ in range(100):
            connection.sendall(GET.replace(b"/ ", b"/slow ") * 1000)
        pytest.fail("a hundred thousand requests were taken")


@pytest.mark.parametrize("framing", ["length", "chunks"])
def test_body_that_is_too_large_is_told_so_while_it_is_sent(start: Start, framing: str) -> None:
    """A client that sends 8 MB without listening, then listens, reads 413, not a connection that was torn down."""
    server = start(spec_bytes=MEBIBYTE, header_seconds=10)
    length = b"Content-Length: %d" % (8 * MEBIBYTE) if framing == "length" else b"Transfer-Encoding: chunked"
    body = (
        bytes(8 * MEBIBYTE)
        if framing == "length"
        else b"100000\r\n%s\r\n" % bytes(MEBIBYTE) * 8 + b"0\r\n\r\n"
    )
    with server.connect() as connection:
        connection.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\n" + length + b"\r\n\r\n" + body)
        connection.shutdown(socket.SHUT_WR)
        assert problem(everything(connection))["type"] == "/problems/too-large"
    assert server.application.bodies == []


@pytest.mark.parametrize("upgrade", [b"websocket", b"h2c"])
def test_wish_for_another_protocol_is_passed_over(start: Start, upgrade: bytes) -> None:
    """The request is answered as it stands, and its connection ends like any other."""
    server = start()
    with server.connect() as connection:
        connection.sendall(GET[:-2] + b"Connection: Upgrade\r\nUpgrade: " + upgrade + b"\r\n\r\n")
        assert status(next_answer(connection)) == 200
        with suppress(ConnectionError):
            for _ in range(10):
                connection.sendall(b"x" * 1000)
                time.sleep(0.3)
        assert server.settles(0)


GARBAGE = {
    "TLS": bytes.fromhex("16030100c8010000c40303"),
    "zero bytes": bytes(200),
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "colon missing": b"GET / HTTP/1.1\r\nHost x\r\n\r\n",
    "two lengths": b"POST /echo HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "length and chunks": b"POST /echo HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "negative length": b"POST /echo HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    "length of 10^30": b"POST /echo HTTP/1.1\r\nContent-Length: 1%s\r\n\r\n" % (b"0" * 30),
    "bad chunk": b"POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "chunk of 2^70": b"POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + b"f" * 20 + b"\r\n",
    "bytes in the address": b"GET /\xff\xfe HTTP/1.1\r\n\r\n",
    "zero byte in a header": b"GET / HTTP/1.1\r\nX: a\0b\r\n\r\n",
    "folded header": b"GET / HTTP/1.1\r\nX: a\r\n b\r\n\r\n",
    "tunnel": b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n",
}


@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE)
def test_garbage_is_refused_and_serves_nobody(start: Start, garbage: bytes) -> None:
    """First on a connection, it has 400 or nothing; behind a good request, that one is answered and no other."""
    server = start()
    with served_meanwhile(server):
        for before in (b"", GET):
            with server.connect() as connection:
                connection.sendall(before + garbage)
                answer = everything(connection)
            assert answer.count(b"HTTP/1.1 200") <= (1 if before else 0) + (garbage.startswith(b"PRI"))
    assert server.application.bodies == []
    assert server.settles(0)


def test_thousands_of_random_requests_leave_the_server_whole(start: Start) -> None:
    """2000 mutated, cut and joined requests on a few connections at a time; then everyone is served, and no one stays."""
    server, drawn = start(), random.Random("requests")
    seeds = [GET, b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", *GARBAGE.values()]
    for _ in range(400):
        text = bytearray(b"".join(drawn.choice(seeds) for _ in range(5)))
        for _ in range(drawn.randrange(4)):
            text[drawn.randrange(len(text))] = drawn.randrange(256)
        with server.connect() as connection, suppress(ConnectionError):
            connection.sendall(bytes(text[: drawn.randrange(1, len(text) + 1)]))
    assert status(asked(server, GET)) == 200
    assert server.settles(0)
