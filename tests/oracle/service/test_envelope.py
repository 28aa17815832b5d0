"""What surrounds every request: its id, its log line, its count, and who is not let in."""

from __future__ import annotations

import http.client
import json
from pathlib import Path
from typing import Any

import pytest


def raw(server: Any, method: str, path: str, headers: dict[str, str]) -> tuple[int, bytes]:
    """Send a request with these headers and no other."""
    url = server.client.base_url
    connection = http.client.HTTPConnection(url.host, url.port, timeout=60)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


@pytest.mark.parametrize("given", ["a", "3f1c.7d:52_a0-B9", "x" * 64])
def test_sane_request_id_comes_back(server: Any, given: str) -> None:
    """In the answer and in the log."""
    found = server.client.get("/healthz", headers={"X-Request-ID": given})
    assert found.headers["x-request-id"] == given
    assert server.logged(given)["path"] == "/healthz"


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", "a\tb", "<script>", "é".encode().decode("latin-1")])
def test_other_request_id_is_replaced(server: Any, given: str) -> None:
    """By one of ours; each request has its own."""
    sent = {"X-Request-ID": given.encode("latin-1")}
    first, second = (server.client.get("/healthz", headers=sent).headers["x-request-id"] for _ in range(2))
    assert (len(first), len(second), first == second) == (16, 16, False)


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200), ("127.0.0.1:80", 200), ("LocalHost:1", 200), ("[::1]", 200), ("[::1]:8765", 200),
        ("evil.example", 403), ("127.0.0.1.evil.example", 403), ("evil.example:8765", 403), ("", 403), ("::1", 403),
        ("[::1", 200), ("[::2]", 403), ("localhost.", 403), ("user@127.0.0.1", 403),
    ],
)  # fmt: skip
def test_host_is_one_of_loopback(server: Any, host: str, status: int) -> None:
    """A page whose site's name was made to point here gives itself away."""
    assert raw(server, "GET", "/healthz", {"Host": host})[0] == status


def test_request_without_a_host_is_not_let_in(server: Any) -> None:
    """Nobody's name is not ours."""
    assert raw(server, "GET", "/healthz", {})[0] in {400, 403}


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://127.0.0.1:8765", 415), ("https://127.0.0.1:8765", 415), ("http://127.0.0.1", 403), ("null", 403),
        ("http://evil.example", 403), ("http://evil.example:8765", 403), ("http://[", 403), ("", 403),
        ("http://127.0.0.1:8765@evil.example", 403), ("127.0.0.1:8765", 403),
    ],
)  # fmt: skip
def test_other_sites_pages_change_nothing(server: Any, origin: str, status: int) -> None:
    """415 is the route's own answer to an empty body: that request was let in."""
    sent = {"Host": "127.0.0.1:8765", "Origin": origin, "Content-Length": "0"}
    assert raw(server, "POST", "/v1/goldens", sent)[0] == status


def test_refusal_of_another_sites_page_names_both_and_what_to_do(server: Any) -> None:
    """What came, cut where it is long, and what was expected; a proxy that rewrites `Host` is the likely cause."""
    origin = f"https://oracle.example.org/{'x' * 500}"
    sent = {"Host": "127.0.0.1:8765", "Origin": origin, "Content-Length": "0"}
    detail = json.loads(raw(server, "POST", "/v1/goldens", sent)[1])["detail"]
    assert f"its `Origin` is `{origin[:100]}`, expected" in detail
    assert "`Host` `127.0.0.1:8765`" in detail
    assert "reverse proxy" in detail
    assert "`--allow-host`" in detail


def test_looking_is_allowed_from_anywhere(server: Any) -> None:
    """A link on another site leads here; what it shows, that site cannot read."""
    sent = {"Host": "127.0.0.1", "Origin": "http://evil.example"}
    assert raw(server, "GET", "/healthz", sent)[0] == 200
    assert "access-control-allow-origin" not in server.client.get("/healthz", headers=sent).headers


def test_names_of_its_own_are_let_in(start: Any, tmp_path: Path) -> None:
    """However they are spelt; a server open to the network but bound to loopback is as careful as any."""
    with start(tmp_path, allowed_hosts=("Oracle.Example:443",), open_to_network=True) as named:
        assert raw(named, "GET", "/healthz", {"Host": "oracle.example"})[0] == 200
        assert raw(named, "GET", "/healthz", {"Host": "other.example"})[0] == 403
    with start(tmp_path, open_to_network=True) as loopback:
        assert raw(loopback, "GET", "/healthz", {"Host": "evil.example"})[0] == 403


def test_requests_are_counted_by_route(server: Any) -> None:
    """Not by address, which anyone makes up; HEAD counts for its route too."""
    server.client.head("/v1/jobs")
    server.client.get("/made/up/address")
    server.client.request("PROPFIND", "/v1/jobs")

    def counted() -> bool:
        text = server.client.get("/metrics").text
        wanted = (
            'oracle_requests_total{method="HEAD",route="/v1/jobs",status="200"}',
            'oracle_requests_total{method="GET",route="unknown",status="404"}',
            'oracle_requests_total{method="other",route="/v1/jobs",status="405"}',
        )
        return all(line in text for line in wanted) and "made/up" not in text

    server.until(counted)


def test_answers_forbid_guessing_and_framing(server: Any) -> None:
    """On every answer, refusals too."""
    for path in ("/healthz", "/nope"):
        found = server.client.get(path).headers
        assert (found["x-content-type-options"], found["x-frame-options"]) == ("nosniff", "SAMEORIGIN")


def test_log_has_a_line_a_request_without_its_query(server: Any) -> None:
    """Method, path, status and time."""
    server.client.get(
        "/healthz?secret=swordfish", headers={"X-Request-ID": "logged-1", "Cookie": "a=swordfish"}
    )
    line = server.logged("logged-1")
    assert (line["method"], line["path"], line["status"]) == ("GET", "/healthz", 200)
    assert "swordfish" not in server.stream.getvalue()
