"""Who is let in: everyone as long as no token was ever made and only this machine can ask, then holders of tokens alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request

from oracle.service.gate import COOKIE, MOST_SESSIONS, Gate
from oracle.service.problems import ProblemError
from oracle.service.tokens import Scope, TokenFile


def asking(**headers: str) -> Request:
    """Return a request with these headers."""
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "GET", "path": "/", "headers": raw, "state": {}})


@pytest.fixture
def tokens(tmp_path: Path) -> TokenFile:
    """Return a file of tokens that is not there yet."""
    return TokenFile(tmp_path / "tokens.json")


def refusal(gate: Gate, request: Request, scope: Scope) -> str:
    """Return the name of the problem that a request meets."""
    with pytest.raises(ProblemError) as caught:
        gate.admit(request, scope)
    return caught.value.problem.name


def test_open_server_lets_everyone_in_without_a_name(tokens: TokenFile) -> None:
    """On loopback alone."""
    assert (Gate(tokens, True).admit(asking(), Scope.COMPUTE), Gate(tokens, True).is_open) == ("", True)
    assert refusal(Gate(tokens, False), asking(), Scope.READ) == "unauthorised"


def test_first_token_closes_a_running_server_and_its_revocation_does_not_open_it(tokens: TokenFile) -> None:
    """No restart is needed."""
    gate = Gate(tokens, True)
    tokens.create("a", ("read",))
    closed = refusal(gate, asking(), Scope.READ)
    tokens.revoke("a")
    assert (closed, refusal(gate, asking(), Scope.READ), gate.is_open) == (
        "unauthorised",
        "unauthorised",
        False,
    )


@pytest.mark.parametrize(("given", "words"), [
    ({}, "the request has none: send"), ({"Authorization": " "}, "the request has none: send"),
    ({"Authorization": "Bearer"}, "the request has none: send"), ({"Authorization": "bearer x"}, "none that it knows"),
    ({"Authorization": "Basic swordfish"}, "the request's `Authorization` is none of the kind `Bearer`: send"),
    ({"Authorization": "swordfish"}, "the request's `Authorization` is none of the kind `Bearer`: send"),
])  # fmt: skip
def test_who_is_not_known_is_told_why(tokens: TokenFile, given: dict[str, str], words: str) -> None:
    """No header, one of another kind, or one that nobody has; what was sent is not told back."""
    with pytest.raises(ProblemError) as caught:
        Gate(tokens, False).admit(asking(**given), Scope.READ)
    assert (words in str(caught.value), "swordfish" in str(caught.value)) == (True, False)


@pytest.mark.parametrize("form", ["Bearer {}", "bearer {}", "BEARER  {} "])
def test_token_is_known_by_its_secret(tokens: TokenFile, form: str) -> None:
    """However the scheme is spelt; the request then carries its name."""
    _, secret = tokens.create("ci", ("check",))
    request = asking(Authorization=form.format(secret))
    assert (Gate(tokens, True).admit(request, Scope.CHECK), request.state.asker) == ("ci", "ci")


@pytest.mark.parametrize(
    "form", ["", "Bearer", "Bearer ", "Basic {}", "{}", "Bearer {}x", "Bearer x{}", "Bearer ü"]
)
def test_anything_else_is_not(tokens: TokenFile, form: str) -> None:
    """401."""
    _, secret = tokens.create("ci", ("check",))
    assert (
        refusal(Gate(tokens, True), asking(Authorization=form.format(secret)), Scope.READ) == "unauthorised"
    )


def test_scope_is_asked_for_and_reading_comes_with_any(tokens: TokenFile) -> None:
    """403 names what the token has and what is wanted."""
    _, secret = tokens.create("ci", ("check",))
    gate, request = Gate(tokens, True), asking(Authorization=f"Bearer {secret}")
    assert gate.admit(request, Scope.READ) == "ci"
    with pytest.raises(ProblemError, match="has the scopes check; this takes `compute`"):
        gate.admit(request, Scope.COMPUTE)


def test_session_stands_for_its_token_as_long_as_that_is_valid(tokens: TokenFile) -> None:
    """Ended by its holder, or by revoking the token."""
    _, secret = tokens.create("ci", ("read",))
    gate = Gate(tokens, True)
    cookies: list[Any] = [gate.begin_session(secret) for _ in range(2)]
    requests = [asking(Cookie=f"{COOKIE}={cookie}") for cookie in cookies]
    assert [gate.admit(request, Scope.READ) for request in requests] == ["ci", "ci"]
    gate.end_session(requests[0])
    assert (refusal(gate, requests[0], Scope.READ), secret in cookies) == ("unauthorised", False)
    tokens.revoke("ci")
    assert refusal(gate, requests[1], Scope.READ) == "unauthorised"


def test_session_ends_by_itself(tokens: TokenFile) -> None:
    """After the time that the server grants, however often it is used; and is forgotten."""
    _, secret = tokens.create("ci", ("read",))
    now = [100.0]
    gate = Gate(tokens, True, 60, lambda: now[0])
    request = asking(Cookie=f"{COOKIE}={gate.begin_session(secret)}")
    now[0] = 159.9
    assert gate.admit(request, Scope.READ) == "ci"
    now[0] = 160.0
    assert refusal(gate, request, Scope.READ) == "unauthorised"
    later = gate.begin_session(secret)
    now[0] = 120.0  # were the first remembered, it would be valid now
    assert refusal(gate, request, Scope.READ) == "unauthorised"
    assert gate.admit(asking(Cookie=f"{COOKIE}={later}"), Scope.READ) == "ci"


def test_sessions_are_bounded_and_none_begins_without_a_token(tokens: TokenFile) -> None:
    """The oldest goes."""
    _, secret = tokens.create("ci", ("read",))
    gate = Gate(tokens, True)
    first = gate.begin_session(secret)
    for _ in range(MOST_SESSIONS):
        gate.begin_session(secret)
    assert refusal(gate, asking(Cookie=f"{COOKIE}={first}"), Scope.READ) == "unauthorised"
    assert gate.begin_session("wrong") is None
