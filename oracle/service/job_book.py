"""The book of jobs and checks: an SQLite database (WAL) that outlives the server.

Everything is told to the book before it is told to anyone else, so that a server that is killed finds, started
again, every job that it had promised. A transaction survives the kill of the process; after a power cut the last
ones may be missing, and with them jobs that were promised in that moment, but never a golden (the store syncs those).
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from oracle.records.atomic_files import OWNER_ALONE
from oracle.service.book_rows import (
    CHECK_COLUMNS,
    JOB_COLUMNS,
    SCHEMA,
    DamagedBookError,
    check_of,
    check_row,
    job_of,
    job_row,
)
from oracle.service.job import Check, Job, JobState
from oracle.service.problems import ProblemError

__all__ = ["DamagedBookError", "JobBook"]

VERSION = 1
KEPT_JOBS = KEPT_CHECKS = 20_000  # finished ones, the newest
LONG_PAYLOAD = 64 * 1024


class JobBook:
    """The database; every method may be called from any thread.

    Parameters
    ----------
    path : Path
        Made if it is not there.

    Raises
    ------
    DamagedBookError
        If it is no such database.

    Notes
    -----
    Every method raises `ProblemError` ``store-unusable`` where the disk is full or in the way, and `DamagedBookError`
    where a row that it needs was altered.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        with suppress(OSError):  # SQLite says what is wrong there
            path.touch(OWNER_ALONE)  # its companions get the same permissions from SQLite
        try:
            self._connection = sqlite3.connect(
                path, isolation_level=None, check_same_thread=False, timeout=30
            )
            try:
                self._prepare()
            except BaseException:
                self._connection.close()
                raise
        except sqlite3.Error as error:
            raise DamagedBookError(
                f"the book of jobs `{path}` cannot be read ({error}). It holds no golden: move it away "
                "and start again, which forgets jobs and checks; or restore it from a copy"
            ) from error

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._connection.close()

    def add(self, job: Job) -> tuple[Job, bool]:
        """Enter a job unless one with its key is under way; return the one under way and whether it is new."""
        with self._alone() as connection:
            found = self._jobs(connection, "WHERE key = ? AND state IN ('queued', 'running')", (job.key,))
            if found:
                return found[0], False
            connection.execute(f"INSERT INTO jobs ({JOB_COLUMNS}) VALUES ({_marks(13)})", job_row(job))
            self._forget_old_jobs(connection)
            return job, True

    def write(self, job: Job) -> None:
        """Bring a job up to date, all but who wants it; a finished one is rid of a long payload."""
        with self._alone() as connection:
            try:
                (known,) = self._jobs(connection, "WHERE id = ?", (job.identifier,)) or [job]
            except DamagedBookError:
                known = job  # the row was altered; what is written now is right, all of it
            self._replace(connection, replace(job, askers=known.askers))

    def set_askers(self, identifier: str, askers: tuple[str, ...]) -> None:
        """Write down who wants a job."""
        with self._alone() as connection:
            for job in self._jobs(connection, "WHERE id = ?", (identifier,)):
                self._replace(connection, replace(job, askers=askers))

    def job(self, identifier: str) -> Job | None:
        """Return a job."""
        with self._reading() as connection:
            return next(iter(self._jobs(connection, "WHERE id = ?", (identifier,))), None)

    def recent(self, limit: int) -> list[Job]:
        """Return the newest jobs, the newest first."""
        with self._reading() as connection:
            return self._jobs(connection, "ORDER BY number DESC LIMIT ?", (limit,))

    def take_up(self) -> list[Job]:
        """Return what was under way when the last server ended, all of it queued again, in order."""
        with self._alone() as connection:
            for job in self._jobs(connection, "WHERE state = 'running'", ()):
                self._replace(connection, replace(job, state=JobState.QUEUED, started=0.0))
            self._forget_old_jobs(connection)
            return self._jobs(connection, "WHERE state = 'queued' ORDER BY number", ())

    def keep_check(self, check: Check) -> None:
        """Enter a check; one that is there already stays as it is."""
        with self._alone() as connection:
            connection.execute(
                f"INSERT OR IGNORE INTO checks ({CHECK_COLUMNS}) VALUES ({_marks(11)})", check_row(check)
            )
            connection.execute(
                "DELETE FROM checks WHERE number <= (SELECT max(number) FROM checks) - ?", (KEPT_CHECKS,)
            )

    def check(self, identifier: str) -> Check | None:
        """Return a check."""
        with self._reading() as connection:
            return next(iter(self._checks(connection, "WHERE id = ?", (identifier,))), None)

    def recent_checks(self, limit: int) -> list[Check]:
        """Return the newest checks, the newest first."""
        with self._reading() as connection:
            return self._checks(connection, "ORDER BY number DESC LIMIT ?", (limit,))

    def _prepare(self) -> None:
        connection = self._connection
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            connection.executescript(f"BEGIN IMMEDIATE; {SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version != VERSION:
            raise sqlite3.DatabaseError(f"it says version {version}; this program reads version {VERSION}")
        complaint = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if complaint != "ok":
            raise sqlite3.DatabaseError(complaint)
        self._jobs(
            connection, "WHERE state IN ('queued', 'running')", ()
        )  # a server that starts goes on with these

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._errors_named():
            yield self._connection

    @contextmanager
    def _alone(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._errors_named():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _errors_named(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise ProblemError(
                "store-unusable",
                f"the book of jobs cannot be used ({error}): free some space on the server's disk and ask again; "
                "nothing that was stored is lost",
                {"Retry-After": "10"},
            ) from error

    def _replace(self, connection: sqlite3.Connection, job: Job) -> None:
        """Put a job in the place of the one with its identifier."""
        row = job_row(job)
        if job.state.is_final and len(row[JOB_COLUMNS.split(", ").index("payload")]) > LONG_PAYLOAD:
            row = job_row(replace(job, payload={}))
        connection.execute(
            f"UPDATE jobs SET ({JOB_COLUMNS}) = ({_marks(13)}) WHERE id = ?", (*row, job.identifier)
        )

    def _forget_old_jobs(self, connection: sqlite3.Connection) -> None:
        connection.execute(
            "DELETE FROM jobs WHERE state NOT IN ('queued', 'running') AND number <= "
            "(SELECT max(number) FROM jobs) - ?",
            (KEPT_JOBS,),
        )

    def _jobs(self, connection: sqlite3.Connection, clause: str, values: tuple[Any, ...]) -> list[Job]:
        return [job_of(row) for row in connection.execute(f"SELECT {JOB_COLUMNS} FROM jobs {clause}", values)]

    def _checks(self, connection: sqlite3.Connection, clause: str, values: tuple[Any, ...]) -> list[Check]:
        return [
            check_of(row)
            for row in connection.execute(f"SELECT {CHECK_COLUMNS} FROM checks {clause}", values)
        ]


def _marks(count: int) -> str:
    return ", ".join("?" * count)
