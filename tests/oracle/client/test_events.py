"""Server-sent events are read whatever the cuts between the pieces."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from oracle.client import events as module
from oracle.client.events import Event, EventError, events

STREAM = (
    b': a comment\r\nevent: progress\ndata: {"a":\r\ndata:  1}\rid: 7\n\n\nevent: nothing\n\ndata\ndata:\xc2\xb5\n\n'
    b"event: end\ndata: unfinished"
)
EXPECTED = [Event("progress", '{"a":\n 1}'), Event("message", "\nµ")]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_events_do_not_depend_on_the_cuts(size: int) -> None:
    """Three kinds of line ends, comments, several lines of data, names left out, an unfinished end."""
    pieces = [STREAM[i : i + size] for i in range(0, len(STREAM), size)]
    assert list(events(pieces)) == EXPECTED


def test_event_is_told_as_soon_as_it_is_whole() -> None:
    """The blank line is enough; the next piece is not waited for."""

    def pieces() -> Iterator[bytes]:
        yield b"data: 1\n\n"
        raise AssertionError("the next piece was waited for")

    assert next(events(pieces())) == Event("message", "1")


@pytest.mark.parametrize("stream", [[b"data: " + b"x" * 50] * 3, [b"data: xxxx\n"] * 30, [b"data: \xff\n"]])
def test_endless_or_broken_streams_are_refused(stream: list[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """A line without an end, an event without one, and what is no text."""
    monkeypatch.setattr(module, "LONGEST", 100)
    with pytest.raises(EventError, match=r"longer than 100 bytes|not UTF-8"):
        list(events(stream))
