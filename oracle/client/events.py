"""Server-sent events, read from the pieces in which they arrive (HTML Standard, section 9.2.6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

__all__ = ["Event", "EventError", "events"]

LONGEST = 1 << 20  # bytes of one line, and of the data of one event


class EventError(ValueError):
    """A stream is none of events, or holds one that is too long."""


@dataclass(frozen=True)
class Event:
    """One event: its name, ``message`` where it has none, and its data."""

    name: str
    data: str


def events(pieces: Iterable[bytes]) -> Iterator[Event]:
    """Yield each event as soon as the blank line after it has come; an unfinished last one is dropped.

    Parameters
    ----------
    pieces : iterable of bytes
        Cut anywhere.

    Raises
    ------
    EventError
        If a line or an event is longer than `LONGEST`, or is not UTF-8.
    """
    name, data = "", list[str]()
    for line in _lines(pieces):
        if not line:
            if data:
                yield Event(name or "message", "\n".join(data))
            name, data = "", []
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            name = value
        elif field == "data":
            data.append(value)
            _bounded(sum(map(len, data)))


def _lines(pieces: Iterable[bytes]) -> Iterator[str]:
    """Yield whole lines, whichever of the three line ends they have."""
    rest = b""
    for piece in pieces:
        rest += piece
        held = rest.endswith(b"\r")  # the other half of its line end may be on its way
        whole = rest[:-1] if held else rest
        parts = whole.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        rest = parts.pop() + (b"\r" if held else b"")
        _bounded(len(rest))
        for part in parts:
            yield _text(part)


def _text(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise EventError(f"a line of events is not UTF-8 (byte {error.start})") from error


def _bounded(length: int) -> None:
    if length > LONGEST:
        raise EventError(f"an event is longer than {LONGEST} bytes")
