"""Jobs: what a server works on, how far it is, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from oracle.client.errors import ServerAnswerError

__all__ = ["FINISHED", "STATES", "Job", "job_from"]

STATES = ("queued", "running", "done", "failed", "cancelled")
FINISHED = ("done", "failed", "cancelled")


@dataclass(frozen=True)
class Job:
    """One job as the server told it.

    Parameters
    ----------
    id : str
    kind : str
        ``golden``, ``check`` or ``claims``.
    state : str
        One of `STATES`.
    progress : tuple of int or None
        Done, and all there is to do.
    result : str or None
        Path of what came of it.
    problem : mapping or None
        The document that says why it failed.
    told : mapping
        Everything that the server said of it.
    """

    id: str
    kind: str
    state: str
    progress: tuple[int, int] | None
    result: str | None
    problem: Mapping[str, Any] | None
    told: Mapping[str, Any]

    @property
    def finished(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state in FINISHED


def job_from(told: Mapping[str, Any], request: str) -> Job:
    """Return the job that a JSON object states.

    Parameters
    ----------
    told : mapping
    request : str
        Which it answers.

    Raises
    ------
    ServerAnswerError
        If it states none.
    """
    identity, state = told.get("id"), told.get("state")
    result, problem = told.get("result"), told.get("problem")
    fits = isinstance(identity, str) and identity != "" and state in STATES
    fits = fits and isinstance(result, str | None) and isinstance(problem, dict | None)
    if not fits or (state == "done" and not result):
        raise ServerAnswerError(
            f"`{request}` was answered with an object of {', '.join(list(told)[:8]) or 'no fields'}; expected a job with "
            f"`id`, a `state` among {', '.join(STATES)}, and where it is done its `result`"
        )
    progress = _progress(told.get("progress"))
    return Job(str(identity), str(told.get("kind", "")), str(state), progress, result, problem, told)


def _progress(told: Any) -> tuple[int, int] | None:
    """Return done and total; an odd figure is no reason to lose a result."""
    if isinstance(told, dict) and type(told.get("done")) is int and type(told.get("total")) is int:
        return told["done"], told["total"]
    return None
