"""Answers read: JSON where JSON was promised, problem documents as errors, anything else refused by name."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from oracle.client.errors import ServerAnswerError, ServerProblem, ServerProblemError
from oracle.client.messages import Answer

__all__ = ["json_object", "printable", "problem_from", "require_success"]

EXIT_CODES = (2, 3, 4, 70)  # those that a problem may carry
FAULT, MISUSE = 70, 2
SHOWN = 80
UNPRINTABLE = re.compile(r"[^\n\t\x20-\x7e\u00a0-\ud7ff\ue000-\ufffd\U00010000-\U0010fffd]")


def require_success(answer: Answer) -> Answer:
    """Return the answer where the server said yes.

    Raises
    ------
    ServerProblemError
        With the problem document, where one came.
    ServerAnswerError
        If the status is no success, and no document says why.
    """
    if 200 <= answer.status < 300:
        return answer
    if answer.media_type == "application/problem+json":
        identity = answer.headers.get("X-Request-ID", "")
        found = problem_from(json_object(answer), str(answer.request), answer.status, identity)
        raise ServerProblemError(_counted(found, answer.attempts))
    raise ServerAnswerError(
        f"`{answer.request}` was answered with {answer.status} and {_looks_like(answer)}; expected an answer of `oracle "
        "serve`: check the address, and what stands between here and the server"
    )


def json_object(answer: Answer) -> dict[str, Any]:
    """Return the JSON object in an answer.

    Raises
    ------
    ServerAnswerError
        If there is none.
    """
    if answer.media_type.partition("/")[2].rpartition("+")[2] == "json":
        try:
            found = json.loads(answer.body)
        except (ValueError, RecursionError):
            found = None
        if isinstance(found, dict):
            return found
    raise ServerAnswerError(
        f"`{answer.request}` was answered with {_looks_like(answer)}; expected a JSON object: check that `oracle serve` "
        "answers at this address"
    )


def problem_from(
    document: Mapping[str, Any], request: str, status: int = 0, identity: str = ""
) -> ServerProblem:
    """Return the problem that a document states; what it leaves out is filled in from the answer.

    Parameters
    ----------
    document : mapping
        As in RFC 9457.
    request : str
        Which it answers.
    status : int
        Of the answer; 0 for a document inside another answer.
    identity : str
        Of the request, where the document names none.
    """
    named = _plain(document.get("type")).rpartition("/")[2]
    instance = _plain(document.get("instance")).rpartition("/")[2]
    said = document.get("status")
    known = status or (said if isinstance(said, int) else 0)
    code = document.get("exit_code")
    return ServerProblem(
        request=request,
        name=named or "about:blank",
        status=known,
        title=_plain(document.get("title")),
        detail=_plain(document.get("detail")),
        exit_code=code if code in EXIT_CODES else FAULT if known >= 500 else MISUSE,
        request_id=instance or _plain(identity),
    )


def _counted(problem: ServerProblem, attempts: int) -> ServerProblem:
    return replace(problem, attempts=attempts)


def printable(told: Any) -> Any:
    """Return a value of JSON, what could steer a terminal left out of every text in it."""
    match told:
        case str():
            return UNPRINTABLE.sub("", told)
        case list():
            return [printable(entry) for entry in told]
        case dict():
            return {printable(name): printable(entry) for name, entry in told.items()}
    return told


def _plain(value: object) -> str:
    """Return a text with what could steer a terminal left out; anything but a text is none."""
    return UNPRINTABLE.sub("", value) if isinstance(value, str) else ""


def _looks_like(answer: Answer) -> str:
    """Return what an unexpected body is, in a few words."""
    start = _plain(answer.body[:SHOWN].decode("utf-8", "replace")).split("\n")[0]
    kind = answer.media_type or "no media type"
    return f"{len(answer.body)} bytes of {kind} ({start!r})" if start else f"an empty body ({kind})"
