"""The rows of the book: jobs and checks as texts and numbers, each with a seal over what must not change unnoticed.

SQLite finds a torn page, not a changed letter in a text: without the seals a flipped bit could turn one verdict into
another, or have a job compute another spec than the one that was asked.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any, TypeVar

from oracle.records.record_errors import DamagedRecordError
from oracle.service.job import Check, Job, JobKind, JobState
from oracle.service.problems import KINDS, Problem

__all__ = [
    "CHECK_COLUMNS", "JOB_COLUMNS", "SCHEMA", "DamagedBookError", "check_of", "check_row", "job_of", "job_row",
]  # fmt: skip

SCHEMA = """
CREATE TABLE jobs (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, key TEXT NOT NULL, payload TEXT NOT NULL,
  askers TEXT NOT NULL, spec_digest TEXT NOT NULL, state TEXT NOT NULL, created REAL NOT NULL, started REAL NOT NULL,
  finished REAL NOT NULL, result TEXT NOT NULL, problem TEXT, seal TEXT NOT NULL
);
CREATE UNIQUE INDEX under_way ON jobs (key) WHERE state IN ('queued', 'running');
CREATE TABLE checks (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, spec TEXT NOT NULL, spec_digest TEXT NOT NULL,
  golden TEXT NOT NULL, candidate TEXT NOT NULL, name TEXT NOT NULL, declaration TEXT NOT NULL,
  verdict TEXT NOT NULL, comparison TEXT NOT NULL, created REAL NOT NULL, seal TEXT NOT NULL
);
"""
JOB_COLUMNS = (
    "id, kind, key, payload, askers, spec_digest, state, created, started, finished, result, problem, seal"
)
CHECK_COLUMNS = (
    "id, spec, spec_digest, golden, candidate, name, declaration, verdict, comparison, created, seal"
)
Row = tuple[Any, ...]
Found = TypeVar("Found")


class DamagedBookError(DamagedRecordError):
    """The book, or a row of it, cannot be read; the message says what to do."""


def job_row(job: Job) -> Row:
    """Return the row of a job, in the order of `JOB_COLUMNS`."""
    row = (
        job.identifier, str(job.kind), job.key, _text(dict(job.payload)), _text(job.askers), job.spec_digest,
        str(job.state), float(job.created), float(job.started), float(job.finished), job.result, _problem_text(job.problem),
    )  # fmt: skip
    return (*row, _seal(row))


def job_of(row: Row) -> Job:
    """Return the job of a row.

    Raises
    ------
    DamagedBookError
        If the row is not one that `job_row` made.
    """
    return _read("job", row, _job)


def check_row(check: Check) -> Row:
    """Return the row of a check, in the order of `CHECK_COLUMNS`."""
    row = (
        check.identifier, check.spec, check.spec_digest, check.golden, check.candidate, check.name,
        _text(dict(check.declaration)), check.verdict, check.comparison, float(check.created),
    )  # fmt: skip
    return (*row, _seal(row))


def check_of(row: Row) -> Check:
    """Return the check of a row.

    Raises
    ------
    DamagedBookError
        If the row is not one that `check_row` made.
    """
    return _read("check", row, _check)


def _read(what: str, row: Row, read: Callable[[Row], Found]) -> Found:
    """Return what a row says once its seal is found whole."""
    try:
        if row[-1] == _seal(row[:-1]):
            return read(row)
    except (ValueError, TypeError, KeyError):
        pass
    raise DamagedBookError(
        f"the {what} `{str(row[0])[:64]}` in the book of jobs was altered or damaged: nothing of it is told. "
        "Restore the book (`jobs.sqlite3`) from a copy; or stop the server and move it away, which forgets jobs and checks, "
        "never a golden"
    )


def _job(row: Row) -> Job:
    identifier, kind, key, payload, askers, spec_digest, state, *times, result, problem, _ = row
    created, started, finished = times
    told = None if problem is None else Problem(*json.loads(problem))
    if told is not None and told.name not in KINDS:
        raise ValueError(told.name)
    return Job(
        identifier, JobKind(kind), key, json.loads(payload), tuple(json.loads(askers)), spec_digest, JobState(state),
        created, started, finished, result=result, problem=told,
    )  # fmt: skip


def _check(row: Row) -> Check:
    identifier, spec, spec_digest, golden, candidate, name, declaration, verdict, comparison, created, _ = row
    return Check(
        identifier, spec, spec_digest, golden, candidate, name, json.loads(declaration), verdict, comparison, created
    )  # fmt: skip


def _text(content: Any) -> str:
    return json.dumps(content, separators=(",", ":"))


def _problem_text(problem: Problem | None) -> str | None:
    return None if problem is None else _text([problem.name, problem.detail])


def _seal(columns: Row) -> str:
    return hashlib.sha256(_text(columns).encode()).hexdigest()
