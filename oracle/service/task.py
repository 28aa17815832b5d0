"""What a worker is asked and what becomes of it, and how the two ends of its pipe write it down."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from oracle.service.problems import Problem

__all__ = ["Advance", "Ending", "Outcome", "Task", "head", "trace_of_ours"]

Advance = Callable[[int, int], None]


@dataclass(frozen=True)
class Task:
    """What a worker is asked.

    Parameters
    ----------
    name : str
        A key of the table of works.
    fields : mapping
        JSON.
    body : bytes
        What JSON cannot hold.
    load : callable or None
        Returns the body when the worker is asked, in the slot's thread: a task that waits holds no upload in memory.
    """

    name: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    body: bytes = b""
    load: Callable[[], bytes] | None = None


class Ending(StrEnum):
    """How a task ended: with an answer, a problem, a lost worker, out of time, or stopped on demand."""

    ANSWERED = "answered"
    REFUSED = "refused"
    LOST = "lost"
    TIMED_OUT = "timed out"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Outcome:
    """What became of a task.

    Parameters
    ----------
    ending : Ending
    fields : mapping
        The answer.
    body : bytes
        Its bytes.
    problem : Problem or None
        None where it was answered.
    traceback : str
        For the log: of a fault of ours, or where the worker was when its time was up.
    """

    ending: Ending
    fields: Mapping[str, Any] = field(default_factory=dict)
    body: bytes = b""
    problem: Problem | None = None
    traceback: str = ""


def head(**fields: Any) -> bytes:
    """Return the first part of a message; bytes that JSON cannot hold come behind it."""
    return json.dumps(fields, allow_nan=False).encode()


def trace_of_ours(problem: Problem, error: BaseException) -> str:
    """Return the traceback of a fault of this program; nothing for what is announced."""
    return "".join(traceback.format_exception(error)) if problem.name == "internal-error" else ""
