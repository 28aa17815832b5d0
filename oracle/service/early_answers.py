"""Answers that are given before there is a request for the application to answer."""

from __future__ import annotations

import json

from oracle.service.problems import Problem, document

__all__ = ["early_answer"]

NAMES = {400: "malformed-request", 408: "too-slow", 431: "too-large"}
REASONS = {400: b"Bad Request", 408: b"Request Timeout", 431: b"Request Header Fields Too Large"}


def early_answer(status: int, detail: str) -> bytes:
    """Return a whole response of HTTP/1.1 that holds a problem document and ends the connection."""
    content = document(Problem(NAMES[status], detail)) | {"status": status}
    body = json.dumps(content).encode()
    return b"\r\n".join(
        [
            b"HTTP/1.1 %d %s" % (status, REASONS[status]),
            b"content-type: application/problem+json",
            b"content-length: %d" % len(body),
            b"connection: close",
            b"",
            body,
        ]
    )
