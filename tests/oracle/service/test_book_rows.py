"""The rows of the book: what comes back is what was entered, and a row that was altered is refused."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from oracle.service.book_rows import (
    CHECK_COLUMNS,
    JOB_COLUMNS,
    DamagedBookError,
    check_of,
    check_row,
    job_of,
    job_row,
)
from oracle.service.job import Check, Job, JobKind, JobState
from oracle.service.job_book import JobBook
from oracle.service.problems import Problem

JOB = Job(
    "a" * 32, JobKind.CHECK, "check:1", {"spec": "{}"}, ("ci", ""), "sha256:0", JobState.FAILED, 1.5, 2.0, 2.25,
    result="/v1/checks/1", problem=Problem("bad-spec", "no"),
)  # fmt: skip
CHECK = Check(
    "c" * 64,
    "{}",
    "sha256:0",
    "sha256:1",
    "d" * 64,
    "run.npz",
    {"dtype": "float32"},
    "DISAGREES",
    '{"a":1}',
    3.0,
)


def test_rows_come_back_as_they_were() -> None:
    """Job and check survive the way to the database and back, whole seconds too."""
    whole = Job("b" * 32, JobKind.GOLDEN, "k", {}, created=7)
    assert [job_of(job_row(job)) for job in (JOB, whole)] == [JOB, whole]
    assert check_of(check_row(CHECK)) == CHECK


@pytest.mark.parametrize("place", range(len(JOB_COLUMNS.split(", "))))
def test_altered_job_is_refused(place: int) -> None:
    """No column of a job can change unnoticed."""
    row = list(job_row(JOB))
    row[place] = row[place] + 1 if isinstance(row[place], float) else f"{row[place]} "
    with pytest.raises(
        DamagedBookError, match=r"the job `.*` in the book of jobs was altered or damaged: .*Restore"
    ):
        job_of(tuple(row))


@pytest.mark.parametrize("place", range(len(CHECK_COLUMNS.split(", "))))
def test_altered_check_is_refused(place: int) -> None:
    """No column of a check can change unnoticed."""
    row = list(check_row(CHECK))
    row[place] = row[place] + 1 if isinstance(row[place], float) else f"{row[place]} "
    with pytest.raises(DamagedBookError, match=r"the check `.*` in the book of jobs was altered or damaged"):
        check_of(tuple(row))


def test_flipped_verdict_is_not_told(tmp_path: Path) -> None:
    """A verdict that was changed in the database, as well-formed as it may be, is a damaged record."""
    book = JobBook(tmp_path / "jobs.sqlite3")
    book.keep_check(CHECK)
    with closing(sqlite3.connect(tmp_path / "jobs.sqlite3", isolation_level=None)) as connection:
        connection.execute("UPDATE checks SET verdict = 'AGREES'")
    with pytest.raises(DamagedBookError, match="nothing of it is told"):
        book.check(CHECK.identifier)
    book.close()


def test_server_does_not_go_on_with_a_job_that_was_altered(tmp_path: Path) -> None:
    """What would be computed is not what was asked, so the start says what to do."""
    book = JobBook(tmp_path / "jobs.sqlite3")
    book.add(Job("a" * 32, JobKind.GOLDEN, "k", {"spec": '{"digits":20}'}))
    book.close()
    with closing(sqlite3.connect(tmp_path / "jobs.sqlite3", isolation_level=None)) as connection:
        connection.execute("""UPDATE jobs SET payload = '{"spec":"{\\"digits\\":21}"}'""")
    with pytest.raises(DamagedBookError, match="move it away"):
        JobBook(tmp_path / "jobs.sqlite3")


def test_end_of_a_job_mends_its_altered_row(tmp_path: Path) -> None:
    """The server that computed it knows what is right."""
    book = JobBook(tmp_path / "jobs.sqlite3")
    book.add(Job("a" * 32, JobKind.GOLDEN, "k", {"spec": "{}"}))
    with closing(sqlite3.connect(tmp_path / "jobs.sqlite3", isolation_level=None)) as connection:
        connection.execute("UPDATE jobs SET key = 'other'")
    ended = Job(
        "a" * 32, JobKind.GOLDEN, "k", {"spec": "{}"}, state=JobState.DONE, result="/v1/goldens/sha256:0"
    )
    book.write(ended)
    assert book.job("a" * 32) == ended
    book.close()
