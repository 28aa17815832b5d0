"""Every ending of a task but an answer, as the exception that it is to who asked."""

from __future__ import annotations

from dataclasses import dataclass

from oracle.service.job import Job
from oracle.service.limits import option_of
from oracle.service.problems import ProblemError
from oracle.service.task import Ending, Outcome

__all__ = ["CANCELLED", "Granted", "ServerEndsError", "answered"]

CANCELLED = "it was cancelled by who asked for it"


class ServerEndsError(Exception):
    """The server is ending: the job stays in the book as it is."""


@dataclass(frozen=True)
class Granted:
    """The time that a task was given.

    Parameters
    ----------
    seconds : float
    option : str
        Of ``oracle serve``, that grants more; empty where none does.
    """

    seconds: float
    option: str = option_of("job_seconds")


def answered(
    outcome: Outcome,
    granted: Granted,
    job: Job | None = None,
    *,
    cancelled: bool = False,
    closing: bool = False,
) -> Outcome:
    """Return an outcome that is an answer; raise what any other is.

    Parameters
    ----------
    outcome : Outcome
    granted : Granted
    job : Job or None
        Whose task it was, as it stood at the end.
    cancelled, closing : bool
        Whether who asked withdrew, and whether the server is ending.

    Raises
    ------
    ProblemError
        What became of the task.
    ServerEndsError
        If it goes on at the next start.
    """
    if outcome.ending is Ending.ANSWERED:
        return outcome
    if outcome.problem is not None and not cancelled:
        raise ProblemError(outcome.problem.name, outcome.problem.detail)
    if outcome.ending is Ending.TIMED_OUT and not cancelled:
        raise ProblemError("timed-out", _out_of_time(granted, job))
    if closing and not cancelled:
        raise ServerEndsError
    raise ProblemError("cancelled", CANCELLED)


def _out_of_time(granted: Granted, job: Job | None) -> str:
    """Return what was granted, who grants more, and how far the task came where that is known."""
    said = f"it was ended after {granted.seconds:g} s, which is what this server allows"
    if granted.option:
        said += f" (its owner raises that with `oracle serve {granted.option}`)"
    if job is None or not job.total:
        return said
    again = f" in pass {job.passes}" if job.passes > 1 else ""
    return f"{said}; it had come to {job.done:,} of {job.total:,}{again}"
