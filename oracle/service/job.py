"""A job: one computation that was asked over the network, and where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from oracle.service.problems import Problem, document

__all__ = ["Check", "Job", "JobKind", "JobState", "job_json", "timestamp"]


class JobKind(StrEnum):
    """What is computed."""

    GOLDEN = "golden"
    CHECK = "check"
    CLAIMS = "claims"


class JobState(StrEnum):
    """Where a job stands; the last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen."""
        return self in (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


@dataclass(frozen=True)
class Job:
    """One job.

    Parameters
    ----------
    identifier : str
        32 hexadecimal digits, drawn.
    kind : JobKind
    key : str
        What it computes: of two jobs with one key only one is under way at a time.
    payload : mapping
        What computing it takes, JSON.
    askers : tuple of str
        Names of the tokens that asked; the empty name stands for an open server.
    spec_digest : str
        Empty for the claims.
    state : JobState
    created, started, finished : float
        Seconds since 1970 by the wall clock, for people alone; 0 where it has not come to that.
    done, total : int
        Progress; `total` is 0 while nothing is known.
    passes : int
        Over the same work, this one included; see `advanced`.
    result : str
        Address of what was computed, or empty.
    problem : Problem or None
        Why it failed.
    """

    identifier: str
    kind: JobKind
    key: str
    payload: Mapping[str, Any]
    askers: tuple[str, ...] = ("",)
    spec_digest: str = ""
    state: JobState = JobState.QUEUED
    created: float = 0.0
    started: float = 0.0
    finished: float = 0.0
    done: int = 0
    total: int = 0
    passes: int = 1
    result: str = ""
    problem: Problem | None = None

    def begun(self, now: float) -> Job:
        """Return the job as a worker begins on it, or on the next of its tasks; it started with the first."""
        return replace(self, state=JobState.RUNNING, started=self.started or now, done=0, total=0, passes=1)

    def advanced(self, done: int, total: int) -> Job:
        """Return the job further on.  Where less is done than before, work starts over: another pass has begun."""
        return replace(self, done=done, total=total, passes=self.passes + (done < self.done))


@dataclass(frozen=True)
class Check:
    """A candidate that was judged.

    Parameters
    ----------
    identifier : str
        64 hexadecimal digits: the SHA-256 of spec, candidate and declaration.
    spec, spec_digest : str
        Canonical text and its digest.
    golden : str
        Digest of the golden it was held against.
    candidate, name : str
        SHA-256 of the uploaded file, and what it was called.
    declaration : mapping
    verdict : str
    comparison : str
        The JSON of `oracle check --json`.
    created : float
    """

    identifier: str
    spec: str
    spec_digest: str
    golden: str
    candidate: str
    name: str
    declaration: Mapping[str, str] = field(default_factory=dict)
    verdict: str = ""
    comparison: str = "{}"
    created: float = 0.0


def job_json(job: Job) -> dict[str, Any]:
    """Return the JSON that those who ask are given."""
    return {
        "id": job.identifier,
        "kind": str(job.kind),
        "state": str(job.state),
        "spec_digest": job.spec_digest or None,
        "progress": _progress_json(job) if job.total and not job.state.is_final else None,
        "created": timestamp(job.created),
        "started": timestamp(job.started),
        "finished": timestamp(job.finished),
        "result": job.result or None,
        "problem": None if job.problem is None else document(job.problem, f"/v1/jobs/{job.identifier}"),
    }


def _progress_json(job: Job) -> dict[str, int]:
    return {"done": job.done, "total": job.total, "pass": job.passes}


def timestamp(seconds: float) -> str | None:
    """Return UTC in ISO 8601, None for 0."""
    if not seconds:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
