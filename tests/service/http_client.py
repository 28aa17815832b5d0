"""A plain HTTP client for the harness: one connection, kept alive, nothing retried, nothing hidden."""

from __future__ import annotations

import http.client
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

__all__ = ["JSON", "UNREACHABLE", "Answer", "Ask", "HttpClient", "form_of"]

UNREACHABLE = (OSError, http.client.HTTPException)
"""What is raised when the server goes away in the middle."""
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Answer:
    """What a server answered.

    Parameters
    ----------
    status : int
    headers : mapping
        Names in lower case.
    body : bytes
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> Any:
        """Return the body as JSON."""
        return json.loads(self.body)

    @property
    def problem(self) -> str:
        """Name of the problem document; empty where the answer is none."""
        if not self.headers.get("content-type", "").startswith("application/problem+json"):
            return ""
        return str(self.json()["type"]).removeprefix("/problems/")


class Ask(Protocol):
    """Whatever asks a server: method, path, body and headers."""

    def __call__(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Return the answer."""


class HttpClient:
    """A connection to a server on loopback; made anew after it broke. A context that closes it.

    Parameters
    ----------
    host, port : str, int
    seconds : float
        How long an answer is waited for.
    """

    def __init__(self, host: str, port: int, seconds: float = 60.0) -> None:
        self._connection = http.client.HTTPConnection(host, port, timeout=seconds)

    def __enter__(self) -> HttpClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __call__(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Ask, and return the answer.

        Raises
        ------
        OSError, http.client.HTTPException
            If there is none: `UNREACHABLE`.
        """
        try:
            self._connection.request(method, path, body or None, dict(headers or {}))
            answer = self._connection.getresponse()
            content = answer.read()
        except UNREACHABLE:
            self._connection.close()
            raise
        told = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, told, content)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def form_of(
    spec: bytes, candidate: bytes, fields: Mapping[str, str] | None = None, name: str = "run.npz"
) -> tuple[bytes, dict[str, str]]:
    """Return the body and the headers of a check; `fields` are parts besides spec and candidate."""
    boundary = secrets.token_hex(12)
    parts = [("spec", "spec.json", spec), ("candidate", name, candidate)]
    body = b"".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{part}"; filename="{file}"\r\n\r\n'.encode()
        + content
        + b"\r\n"
        for part, file, content in parts
    )
    for field_name, value in (fields or {}).items():
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{field_name}"\r\n\r\n'
        body += head.encode("utf-8", "surrogatepass") + value.encode("utf-8", "surrogatepass") + b"\r\n"
    body += f"--{boundary}--\r\n".encode()
    return body, {"Content-Type": f"multipart/form-data; boundary={boundary}"}
