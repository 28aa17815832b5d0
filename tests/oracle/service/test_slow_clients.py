"""Bodies are counted and timed whatever a client claims of them; answers are not waited for without end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

import pytest

from oracle.service.limits import Limits
from oracle.service.slow_clients import SlowClientError, SlowClients

LIMITS = Limits(spec_bytes=100, body_bytes=1000, body_seconds=60, send_seconds=1)
MULTIPART = b"multipart/form-data; boundary=x"

Message = MutableMapping[str, Any]


class Client:
    """One request, its body in parts, and what is sent back."""

    def __init__(
        self,
        *parts: bytes,
        method: str = "POST",
        then: Callable[[], Awaitable[Any]] | None = None,
        headers: Mapping[str, bytes] | None = None,
    ) -> None:
        self.parts, self.then, self.sent, self.asked = list(parts), then, list[Message](), 0
        named = [(name.replace("_", "-").encode(), value) for name, value in (headers or {}).items()]
        self.scope = {"type": "http", "method": method, "headers": named, "state": {"request_id": "r1"}}

    async def receive(self) -> Message:
        """Return the next part; after the last, whatever comes then."""
        self.asked += 1
        if self.parts:
            part = self.parts.pop(0)
            return {"type": "http.request", "body": part, "more_body": bool(self.parts or self.then)}
        if self.then is not None:
            await self.then()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Take a part of the answer."""
        self.sent.append(message)

    def ask(self, application: Any, limits: Limits = LIMITS) -> None:
        """Put the request to an application behind the middleware."""
        asyncio.run(SlowClients(application, limits)(self.scope, self.receive, self.send))

    @property
    def statuses(self) -> list[int]:
        """The statuses of all answers; more than one is a fault."""
        return [message["status"] for message in self.sent if message["type"] == "http.response.start"]

    @property
    def problem(self) -> Message:
        """The problem document that was sent."""
        found: Message = json.loads(b"".join(message.get("body", b"") for message in self.sent))
        return found


async def forever() -> None:
    """Wait for what does not come."""
    await asyncio.Event().wait()


async def counts(scope: Any, receive: Any, send: Any) -> None:
    """Answer with the number of bytes of the body."""
    size, more = 0, True
    while more:
        message = await receive()
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(size).encode()})


async def stubborn(scope: Any, receive: Any, send: Any) -> None:
    """Answer whatever happens, as a framework does that turns every failure into an answer of its own."""
    try:
        await counts(scope, receive, send)
    except Exception:
        await send({"type": "http.response.start", "status": 400, "headers": []})
        await send({"type": "http.response.body", "body": b"an error of my own"})


@pytest.mark.parametrize(
    ("headers", "parts", "answer"),
    [
        ({}, (b"x" * 100,), b"100"),
        ({}, (b"x" * 50, b"x" * 50), b"100"),
        ({"content_length": b"100"}, (b"x" * 100,), b"100"),
        ({"content_type": MULTIPART}, (b"x" * 600, b"x" * 400), b"1000"),
        ({"content_type": b" MULTIPART/Form-Data"}, (b"x" * 1000,), b"1000"),
        ({"content_length": b"nonsense"}, (b"x",), b"1"),
        ({}, (b"",), b"0"),
    ],
)
def test_body_within_the_limits_arrives_whole(
    headers: dict[str, bytes], parts: tuple[bytes, ...], answer: bytes
) -> None:
    """A spec of exactly the bytes allowed, a form of exactly the bytes allowed."""
    client = Client(*parts, headers=headers)
    client.ask(counts)
    assert (client.statuses, client.sent[-1]["body"]) == ([200], answer)


@pytest.mark.parametrize("application", [counts, stubborn])
@pytest.mark.parametrize(
    ("headers", "parts", "asked"),
    [
        ({"content_length": b"101"}, (b"x" * 101,), 0),
        ({"content_length": b"9" * 500}, (b"x",), 0),
        ({"content_length": b"1001", "content_type": MULTIPART}, (b"x" * 1001,), 0),
        ({"content_length": b"5"}, (b"x" * 101,), 1),
        ({"transfer_encoding": b"chunked"}, (b"x" * 60, b"x" * 60, b"x" * 60), 2),
        ({"content_type": MULTIPART}, (b"x" * 600, b"x" * 401), 2),
        ({"content_type": b"application/json; multipart/form-data"}, (b"x" * 101,), 1),
    ],
)
def test_body_beyond_the_limits_is_too_large(
    application: Any, headers: dict[str, bytes], parts: tuple[bytes, ...], asked: int
) -> None:
    """413, once, as a problem, whatever was claimed and whatever the application makes of it; no more is read."""
    client = Client(*parts, headers=headers)
    client.ask(application)
    assert client.statuses == [413]
    assert client.problem["type"] == "/problems/too-large"
    assert client.problem["instance"] == "/requests/r1"
    assert client.asked == asked


@pytest.mark.parametrize("application", [counts, stubborn])
def test_body_that_does_not_come_is_too_slow(application: Any) -> None:
    """408, once, and the connection ends."""
    client = Client(b"x", then=forever)
    client.ask(application, Limits(body_seconds=1))
    assert client.statuses == [408]
    assert client.problem["type"] == "/problems/too-slow"
    assert (b"connection", b"close") in client.sent[0]["headers"]


@pytest.mark.parametrize(("rate", "statuses"), [(10**9, [408]), (0, [200])])
def test_mean_rate_is_asked_for(monkeypatch: pytest.MonkeyPatch, rate: int, statuses: list[int]) -> None:
    """After the grace a body below the rate is ended, long before `body_seconds`; a rate of 0 asks for nothing."""
    monkeypatch.setattr("oracle.service.slow_clients.GRACE_SECONDS", 0.2)
    client = Client(b"x", then=lambda: asyncio.sleep(0.6))
    client.ask(counts, Limits(least_bytes_per_second=rate))
    assert client.statuses == statuses


def test_answer_that_has_begun_is_not_followed_by_another() -> None:
    """An application that answers while it reads is stopped; half of its answer is out, and no second one."""

    async def hasty(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await counts(scope, receive, send)

    client = Client(b"x" * 101)
    client.ask(hasty)
    assert client.statuses == [200]
    assert len(client.sent) == 1


def test_waiting_for_a_client_to_go_is_not_timed() -> None:
    """Once the body is there, an application may listen for the disconnection as long as it likes."""

    async def listens(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})

    client = Client(b"x", method="POST")
    whole = client.receive

    async def late() -> Message:
        if client.asked:
            await asyncio.sleep(1.2)
        return await whole()

    client.receive = late  # type: ignore[method-assign] # the second answer of this one comes late
    client.ask(listens, Limits(body_seconds=1))
    assert client.statuses == [200]


def test_part_that_is_not_taken_ends_the_application() -> None:
    """After `send_seconds` a stream is stopped, by an error that says why; nothing else is sent."""
    stopped: list[BaseException] = []

    async def streams(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        try:
            await send({"type": "http.response.body", "body": b"x", "more_body": True})
        except SlowClientError as error:
            stopped.append(error)
            raise

    client = Client(method="GET")

    async def stuck(message: Message) -> None:
        client.sent.append(message)
        if message["type"] == "http.response.body":
            await forever()

    client.send = stuck  # type: ignore[method-assign] # this client takes nothing
    client.ask(streams)
    assert "does not take its answer" in str(stopped[0])


def test_fault_of_the_application_is_left_to_whoever_is_outside() -> None:
    """Only what is about the client is dealt with here."""

    async def faulty(scope: Any, receive: Any, send: Any) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Client(b"x").ask(faulty)


def test_lifespan_passes() -> None:
    """What is no request is none of its business."""
    seen: list[str] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["type"])

    client = Client()
    client.scope = {"type": "lifespan"}
    client.ask(application)
    assert seen == ["lifespan"]
