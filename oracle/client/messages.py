"""What is asked over HTTP, and what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Answer", "Request"]


@dataclass(frozen=True)
class Request:
    """What is asked: a method, a full address, and perhaps a body."""

    method: str
    url: str
    body: bytes | None = None
    content_type: str = ""
    accept: str = "application/json"

    def __str__(self) -> str:
        return f"{self.method} {self.url}"


@dataclass(frozen=True)
class Answer:
    """What came back.

    Parameters
    ----------
    request : Request
        As it was answered, after redirects.
    status : int
    headers : mapping
        Names in any case.
    body : bytes
    attempts : int
    """

    request: Request
    status: int
    headers: Mapping[str, str]
    body: bytes
    attempts: int = 1

    @property
    def media_type(self) -> str:
        """Of the body, in lower case, without parameters."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()
