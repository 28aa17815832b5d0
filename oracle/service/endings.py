"""Every ending of a task but an answer, as the exception that it is to who asked."""

from __future__ import annotations

from oracle.service.problems import ProblemError
from oracle.service.task import Ending, Outcome

__all__ = ["CANCELLED", "ServerEndsError", "answered"]

CANCELLED = "it was cancelled by who asked for it"


class ServerEndsError(Exception):
    """The server is ending: the job stays in the book as it is."""


def answered(outcome: Outcome, seconds: float, cancelled: bool = False, closing: bool = False) -> Outcome:
    """Return an outcome that is an answer; raise what any other is."""
    if outcome.ending is Ending.ANSWERED:
        return outcome
    if outcome.problem is not None and not cancelled:
        raise ProblemError(outcome.problem.name, outcome.problem.detail)
    if outcome.ending is Ending.TIMED_OUT and not cancelled:
        raise ProblemError("timed-out", f"it was ended after {seconds:g} s, which is what this server allows")
    if closing and not cancelled:
        raise ServerEndsError
    raise ProblemError("cancelled", CANCELLED)
