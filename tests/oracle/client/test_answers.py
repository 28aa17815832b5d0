"""Answers that are not what was promised are refused by name, and problem documents read with care."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from oracle.client.answers import json_object, problem_from, require_success
from oracle.client.errors import ServerAnswerError, ServerProblemError
from oracle.client.messages import Answer, Request

ASKED = Request("GET", "http://a.example/v1/x")


def answer(body: bytes, kind: str = "application/json", status: int = 200, **headers: str) -> Answer:
    """Return an answer."""
    return Answer(ASKED, status, {"Content-Type": kind, **headers}, body)


@pytest.mark.parametrize(
    ("body", "kind", "message"),
    [
        (b"<html>\nWelcome", "text/html", r"14 bytes of text/html \('<html>'\)"),
        (b"{}", "text/html", "text/html"),
        (b'{"a": 1', "application/json", r"\('\{\"a\": 1'\)"),
        (b"[1]", "application/json", "expected a JSON object"),
        (b"", "", r"an empty body \(no media type\)"),
        (b"[" * 100_000, "application/json", "100000 bytes"),
        (b'{"a": ' + b"1" * 5000 + b"}", "application/json", "expected a JSON object"),
        (b"\xff\xfe\x1b[31m", "application/json", "expected a JSON object"),
    ],
)
def test_what_is_no_json_object_is_refused(body: bytes, kind: str, message: str) -> None:
    """A page of a proxy, a broken text, a list, nothing, and texts made to break a reader."""
    with pytest.raises(ServerAnswerError, match=message) as caught:
        json_object(answer(body, kind))
    assert "check that `oracle serve` answers at this address" in str(caught.value)
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize(
    "kind", ["application/json", "application/json; charset=utf-8", "application/problem+json"]
)
def test_json_object_is_read(kind: str) -> None:
    """By media type, with parameters and suffixes."""
    assert json_object(answer(b'{"a": 1}', kind)) == {"a": 1}


def test_refusal_without_a_document_is_told_with_its_beginning() -> None:
    """A gateway's page is shown as far as it helps."""
    with pytest.raises(
        ServerAnswerError, match=r"was answered with 404 and 15 bytes of text/plain \('no such backend'\)"
    ):
        require_success(answer(b"no such backend", "text/plain", 404))


PROBLEM = (
    b'{"type": "/problems/bad-spec", "title": "t", "status": 422, "detail": "`digits` is 3.", '
    b'"instance": "/requests/r1", "exit_code": 2}'
)


def test_problem_is_told_whole() -> None:
    """Request, status, name, detail and the request's identity."""
    with pytest.raises(ServerProblemError) as caught:
        require_success(answer(PROBLEM, "application/problem+json", 422))
    text = "`GET http://a.example/v1/x` was answered with 422 `bad-spec`: `digits` is 3 (request r1)"
    assert str(caught.value) == text
    assert str(pickle.loads(pickle.dumps(caught.value))) == text  # as it travels between processes


@pytest.mark.parametrize(
    ("document", "status", "expected"),
    [
        ({}, 503, ("about:blank", 503, 70)),
        ({}, 404, ("about:blank", 404, 2)),
        ({"type": 7, "exit_code": 0, "detail": None}, 500, ("about:blank", 500, 70)),
        ({"type": "/problems/x", "exit_code": 1}, 400, ("x", 400, 2)),
        ({"type": "https://a.example/problems/x", "exit_code": 4, "status": 507}, 0, ("x", 507, 4)),
        ({"exit_code": "2", "status": "x"}, 0, ("about:blank", 0, 2)),
    ],
)
def test_careless_problem_is_read_all_the_same(
    document: dict[str, Any], status: int, expected: tuple[Any, ...]
) -> None:
    """What is missing or odd is filled in; never with 0 or 1, which are verdicts."""
    found = problem_from(document, "GET /", status)
    assert (found.name, found.status, found.exit_code) == expected


def test_problem_cannot_steer_a_terminal() -> None:
    """Escape sequences in a document are left out."""
    found = problem_from({"detail": "a\x1b]0;owned\x07b\ud800", "title": "µ ≤ 1"}, "GET /", 400)
    assert (found.detail, found.title) == ("a]0;ownedb", "µ ≤ 1")


def test_identity_of_the_answer_stands_in_for_the_document() -> None:
    """A document without an instance is known by the header."""
    with pytest.raises(ServerProblemError, match=r"\(request h1\)"):
        require_success(answer(b'{"detail": "x"}', "application/problem+json", 400, **{"X-Request-ID": "h1"}))


@pytest.mark.parametrize(
    ("name", "detail", "told"),
    [
        (
            "beyond-limits",
            "`digits` asks for 400; ask for less, or compute it on your own machine with `oracle golden`",
            "`digits` asks for 400; ask for less, or compute it here: leave out `--server`",
        ),
        (
            "beyond-limits",
            "beyond 2 limits; ask for less, or compute it on your own machine with `oracle golden`:\n- a\n- b",
            "beyond 2 limits; ask for less, or compute it here: leave out `--server`:\n- a\n- b",
        ),
        ("beyond-limits", "too much", "too much; ask for less, or compute it here: leave out `--server`"),
        (
            "unauthorised",
            "the request has none: send `Authorization: Bearer TOKEN`",
            "the request has none: give a token in $MOMENTUM_ORACLE_TOKEN, or in a file that `--token-file` names",
        ),
        ("overloaded", "9 requests wait; ask again later", "9 requests wait; ask again later"),
        ("not-found", "there is no job `7` here", "there is no job `7` here"),
    ],
)
def test_refusal_gives_one_advice_fit_for_the_command_line(name: str, detail: str, told: str) -> None:
    """The client's advice stands in the place of the server's, or after what has none; never both."""
    document = {"type": f"/problems/{name}", "detail": detail}
    found = str(ServerProblemError(problem_from(document, "POST /v1/x", 422)))
    assert found == f"`POST /v1/x` was answered with 422 `{name}`: {told}"
