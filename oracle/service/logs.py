"""Structured logs on standard error: one JSON object a line, or lines for people where it is a terminal.

No header, no body and no query is ever logged, so neither is a token.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from contextlib import suppress
from typing import Any, TextIO, cast

import structlog

__all__ = ["FORMATS", "logger", "take_over"]

FORMATS = ("json", "text")


def logger(form: str = "", stream: TextIO | None = None) -> Any:
    """Return a logger that is bound to nothing global.

    Parameters
    ----------
    form : str
        ``json`` or ``text``; empty means text on a terminal and JSON elsewhere.
    stream : file, optional
        Standard error by default.
    """
    out = stream or sys.stderr
    as_text = form == "text" or (not form and out.isatty())
    last: Any = (
        structlog.dev.ConsoleRenderer(colors=out.isatty()) if as_text else structlog.processors.JSONRenderer()
    )
    return structlog.wrap_logger(
        structlog.WriteLogger(cast(TextIO, _Patient(out))),
        processors=[
            _with_exception,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            last,
        ],
        wrapper_class=structlog.BoundLogger,
        cache_logger_on_first_use=True,
    )


def take_over(log: Any, *names: str) -> None:
    """Have what libraries tell Python's own loggers of these names written as everything else is."""
    for name in names:
        theirs = logging.getLogger(name)
        theirs.handlers, theirs.propagate = [_Forwarded(log)], False
        theirs.setLevel(logging.WARNING)


class _Forwarded(logging.Handler):
    """A handler of Python's that hands on to a structlog logger."""

    def __init__(self, log: Any) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        tell = self._log.error if record.levelno >= logging.ERROR else self._log.warning
        tell(record.name, said=record.getMessage(), exc_info=record.exc_info)


class _Patient:
    """A stream that a full disk or a reader who went away does not turn into a failing request."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        """Write what can be written."""
        with suppress(OSError, ValueError):
            self._stream.write(text)

    def flush(self) -> None:
        """Flush what can be flushed."""
        with suppress(OSError, ValueError):
            self._stream.flush()


def _with_exception(_: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Have `log.exception` tell the traceback, which structlog's plain logger leaves out."""
    if method == "exception":
        event.setdefault("exc_info", True)
    return event
