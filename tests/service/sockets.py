"""Broken HTTP through real sockets: the server answers, or hangs up, and goes on."""

from __future__ import annotations

import random
import socket
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from tests.service.figures import Setting
from tests.service.http_client import UNREACHABLE, form_of
from tests.service.server_process import Folders, ServerProcess
from tests.service.spec_mutations import mutated_bytes
from tests.service.specimens import Specimen

__all__ = ["exchange", "raw_request", "through_sockets"]

SECONDS = 30.0
AT_ONCE = 24
ANNOUNCED = (503, 504, 507)
OPTIONS = (
    "--limit",
    "header-seconds=2",
    "--limit",
    "body-seconds=2",
    "--limit",
    "job-seconds=4",
    "--limit",
    "steps=400",
)
LINES = (
    b"Content-Length: -1", b"Content-Length: 99999999999999999999", b"Content-Length: 3\r\nContent-Length: 4", b"Host:",
    b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked, chunked", b"Expect: 100-continue", b"Upgrade: websocket",
    b"Connection: close, keep-alive", b"X: " + b"a" * 70_000, b"\x00: \x00", b" folded", b"A:b\nC:d", b"Host: other", b": x",
)  # fmt: skip


def through_sockets(
    setting: Setting, source: random.Random, specimens: Sequence[Specimen]
) -> tuple[Counter[str], list[str]]:
    """Send broken requests to a real server; return how they were answered, and what must not be."""
    count, outcomes, wrong = setting.size(3000, 30), Counter[str](), list[str]()
    with ServerProcess(Folders.under(setting.folder / "sockets"), OPTIONS) as server:
        pid = server.pid
        requests = [raw_request(source, specimens) for _ in range(count)]
        with ThreadPoolExecutor(
            AT_ONCE
        ) as threads:  # most of the time is spent waiting for the server to lose patience
            answered = threads.map(partial(exchange, server.host, server.port), requests)
            for number, (request, outcome) in enumerate(zip(requests, answered, strict=True)):
                outcomes[outcome] += 1
                if outcome == "nothing in time" or (outcome[:1] == "5" and int(outcome) not in ANNOUNCED):
                    wrong.append(f"through a socket: {outcome} to {request[:300]!r}")
                setting.tell(f"{number} of {count} through sockets, {len(wrong)} wrong")
        try:
            alive = server.client()("GET", "/healthz").status == 200
        except UNREACHABLE:
            alive = False
        if not alive or server.pid != pid or not server.lives():
            wrong.append("the server does not answer after broken requests through sockets")
    return outcomes, wrong


def raw_request(source: random.Random, specimens: Sequence[Specimen]) -> bytes:
    """Return the bytes of a request that is broken in some way."""
    specimen = source.choice(specimens)
    body, kind = specimen.body, "application/json"
    path = "/v1/goldens?wait=5"
    if source.random() < 0.4:
        body, headers = form_of(specimen.body, specimen.candidate)
        kind, path = headers["Content-Type"], "/v1/checks?wait=5"
    length = len(body) + source.choice((0, 0, 0, -5, 5))
    head = [f"POST {path} HTTP/1.1".encode(), b"Host: localhost", f"Content-Type: {kind}".encode()]
    head += [f"Content-Length: {length}".encode()]
    if source.random() < 0.5:
        head.insert(source.randrange(1, len(head) + 1), source.choice(LINES))
    request = b"\r\n".join(head) + b"\r\n\r\n" + body
    return (
        mutated_bytes(request, source)
        if source.random() < 0.6
        else request[: source.choice((None, None, 40, 150))]
    )


def exchange(host: str, port: int, request: bytes) -> str:
    """Send bytes, and return the status of the answer, or how it ended without one."""
    try:
        with socket.create_connection((host, port), SECONDS) as connection:
            connection.sendall(request)
            answer = b""
            while len(answer) < 12 and (more := connection.recv(4096)):
                answer += more
    except TimeoutError:
        return "nothing in time"
    except OSError:
        return "hung up"
    if not answer:
        return "hung up"
    return answer[9:12].decode("latin-1") if answer.startswith(b"HTTP/1.") else "no HTTP"
