"""Requests are sent again where that can help, answers are bounded, and the token stays with its server."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from oracle.client.address import ServerAddress
from oracle.client.client import Client
from oracle.client.errors import ServerAnswerError, ServerProblemError, ServerUnreachableError
from oracle.client.messages import Answer, Request
from oracle.client.redirects import redirected

JOB = "/v1/jobs/j1"
DONE = {"id": "j1", "kind": "golden", "state": "running", "progress": None, "result": None, "problem": None}


def reset(handler: BaseHTTPRequestHandler) -> None:
    """Break the connection with a reset."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def cut_short(handler: BaseHTTPRequestHandler) -> None:
    """Promise more than is sent."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 999\r\n\r\n{")


def cut_chunk(handler: BaseHTTPRequestHandler) -> None:
    """Leave in the middle of a chunked body."""
    handler.wfile.write(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"
    )


@pytest.mark.parametrize("fault", [reset, cut_short, cut_chunk], ids=lambda fault: fault.__name__)
def test_broken_answer_is_asked_for_again(
    server: Any, client: Client, replies: Any, fault: Callable[[BaseHTTPRequestHandler], None]
) -> None:
    """A connection reset and a body cut short cost one more attempt each, and nothing else."""
    server.on("GET", JOB, replies.Reply(act=fault), replies.Reply(act=fault), replies.said(DONE))
    assert client.job("j1").state == "running"
    assert len(server.seen) == 3


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_busy_server_is_asked_again(server: Any, client: Client, replies: Any, status: int) -> None:
    """429, 502, 503 and 504 are passing conditions."""
    server.on("GET", JOB, replies.Reply(status, b"busy"), replies.said(DONE))
    assert client.job("j1").state == "running"


def test_post_is_repeated_with_the_same_body_and_identity(
    server: Any, client: Client, replies: Any, told: Any
) -> None:
    """A POST is idempotent by digest: the second attempt is the first one again."""
    server.on("POST", "/v1/goldens", replies.Reply(act=reset), replies.said(told))
    client.golden(told["spec"])
    first, second = server.seen
    assert first.body == second.body
    assert first.headers["X-Request-ID"] == second.headers["X-Request-ID"]


def test_retry_after_is_respected_within_reason(
    server: Any, client: Client, replies: Any, pauses: list[float]
) -> None:
    """Seven seconds are waited for, a day is not, and nonsense counts as nothing."""
    waits = ("7", "86400", "soon", "Wed, 21 Oct 2015 07:28:00 GMT")
    busy = [replies.problem("overloaded", 503, Retry_After=text) for text in waits]
    server.on("GET", JOB, *busy, replies.said(DONE))
    client.job("j1")
    assert pauses[:2] == [7.0, 60.0]
    assert all(0 < pause < 10 for pause in pauses[2:])


def test_pauses_grow(server: Any, client: Client, replies: Any, pauses: list[float]) -> None:
    """Without a word from the server the pauses double, from the second on, with a little chance added."""
    server.on("GET", JOB, replies.Reply(503))
    with pytest.raises(ServerAnswerError):
        client.job("j1")
    assert pauses[0] == 0
    assert [round(pause - 0.1, 1) for pause in pauses[1:]] == pytest.approx([0.4, 0.8, 1.6, 3.2], abs=0.11)


def test_busy_server_is_named_at_last(server: Any, client: Client, replies: Any) -> None:
    """After six attempts the server's own problem is what is told, with their number."""
    server.on("GET", JOB, replies.problem("overloaded", 503))
    with pytest.raises(
        ServerProblemError, match=r"503 `overloaded`, asked 6 times: the detail of overloaded; ask again"
    ):
        client.job("j1")
    assert len(server.seen) == 6


@pytest.mark.parametrize(("name", "status"), [("bad-spec", 422), ("internal-error", 500), ("timed-out", 504)])
def test_answer_about_the_request_is_not_asked_again(
    server: Any, client: Client, replies: Any, name: str, status: int
) -> None:
    """What the oracle itself refuses stays refused; a computation that took too long would take as long again."""
    server.on("GET", JOB, replies.problem(name, status))
    with pytest.raises(ServerProblemError, match=f"{status} `{name}`: the detail"):
        client.job("j1")
    assert len(server.seen) == 1


def test_silent_server_is_given_up(server: Any, replies: Any, pauses: list[float]) -> None:
    """An answer that does not begin in time is asked for again, then given up by name."""
    server.on("GET", JOB, replies.Reply(act=lambda _: server.let_go.wait(60)))
    with Client(server.url, timeout=0.05, retries=1) as client:
        client._transport.sleep = pauses.append
        with pytest.raises(
            ServerUnreachableError, match=r"was tried 2 times, at last TimeoutError: timed out"
        ):
            client.job("j1")


def test_unreachable_server_says_what_was_tried(nobody: str, pauses: list[float]) -> None:
    """Address, request, attempts, reason and what to do."""
    with Client(nobody, retries=2) as client:
        client._transport.sleep = pauses.append
        with pytest.raises(ServerUnreachableError) as caught:
            client.jobs()
    text = str(caught.value)
    parts = (nobody, "/v1/jobs", "tried 3 times", "ConnectionRefusedError", "`oracle serve`")
    assert all(part in text for part in parts)
    assert "0x" not in text


@pytest.mark.parametrize("told", [True, False], ids=["announced", "found out"])
def test_answer_beyond_the_limit_is_refused(server: Any, replies: Any, told: bool) -> None:
    """A body larger than allowed is not read to its end, whether its length is announced or not."""
    length = b"Content-Length: 100000000\r\n" if told else b"Connection: close\r\n"
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + length + b"\r\n"
    server.on("GET", JOB, replies.Reply(act=lambda handler: handler.wfile.write(head + b" " * 5000)))
    with (
        Client(server.url, most_bytes=1000) as client,
        pytest.raises(ServerAnswerError, match="at most 1000 are read"),
    ):
        client.job("j1")
    assert len(server.seen) == 1


def test_packed_answer_is_refused(server: Any, client: Client, replies: Any) -> None:
    """A body that would unpack to who knows what is not unpacked."""
    server.on("GET", JOB, replies.Reply(200, b"x", {"Content-Encoding": "gzip"}))
    with pytest.raises(ServerAnswerError, match="packed by `gzip`"):
        client.job("j1")


def test_redirect_on_the_same_server_is_followed(server: Any, replies: Any) -> None:
    """The token goes along where scheme, host and port stay."""
    server.on("GET", JOB, replies.Reply(302, headers={"Location": "/v1/jobs/new"}))
    server.on("GET", "/v1/jobs/new", replies.said(DONE))
    with Client(server.url, "abc.DEF") as client:
        client.job("j1")
    assert server.seen[1].headers["Authorization"] == "Bearer abc.DEF"


def test_redirect_elsewhere_does_not_carry_the_token(servers: Any, replies: Any) -> None:
    """Another port is another server, even on the same host."""
    first, second = servers(), servers()
    first.on("GET", JOB, replies.Reply(307, headers={"Location": f"{second.url}{JOB}"}))
    second.on("GET", JOB, replies.said(DONE))
    with Client(first.url, "abc.DEF") as client:
        assert client.job("j1").state == "running"
    assert first.seen[0].headers["Authorization"] == "Bearer abc.DEF"
    assert "Authorization" not in second.seen[0].headers
    assert "abc.DEF" not in str(second.seen)


def test_what_is_posted_is_not_redirected_elsewhere(servers: Any, replies: Any, told: Any) -> None:
    """Specs and candidates go to the server that was named, and to no other."""
    first, second = servers(), servers()
    first.on("POST", "/v1/goldens", replies.Reply(307, headers={"Location": f"{second.url}/v1/goldens"}))
    with Client(first.url) as client, pytest.raises(ServerAnswerError, match="is not sent elsewhere"):
        client.golden(told["spec"])
    assert not second.seen


@pytest.mark.parametrize("place", ["", "ftp://127.0.0.1/x", "http://127.0.0.1:port/"])
def test_redirect_to_nowhere_is_refused(server: Any, client: Client, replies: Any, place: str) -> None:
    """A redirect without a usable place is told as what it is."""
    server.on("GET", JOB, replies.Reply(302, headers={"Location": place}))
    with pytest.raises(ServerAnswerError, match="expected an address of the same server"):
        client.job("j1")


def test_circle_of_redirects_ends(server: Any, client: Client, replies: Any) -> None:
    """A server that sends us round is left."""
    server.on("GET", JOB, replies.Reply(302, headers={"Location": JOB}))
    with pytest.raises(ServerAnswerError, match="more than 5 times"):
        client.job("j1")
    assert len(server.seen) == 6


def test_redirect_out_of_tls_is_refused() -> None:
    """From https to http nobody is led, token or not."""
    request = Request("GET", ServerAddress("https://a.example").at("v1", "jobs"))
    answer = Answer(request, 302, {"Location": "http://a.example/v1/jobs"}, b"")
    with pytest.raises(ServerAnswerError, match="as safe as the one before"):
        redirected(request, answer)
