"""What was promised is in the book, and is there again after any end of the server."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from oracle.service import job_book
from oracle.service.job import Check, Job, JobKind, JobState
from oracle.service.job_book import DamagedBookError, JobBook
from oracle.service.problems import Problem, ProblemError

KILLED_WHILE_WRITING = """
import os, sys
from pathlib import Path
from oracle.service.job import Job, JobKind
from oracle.service.job_book import JobBook
book = JobBook(Path(sys.argv[1]))
for i in range(100):
    book.add(Job(str(i), JobKind.GOLDEN, f"key {i}", {"spec": "{}"}))
os.kill(os.getpid(), 9)
"""


@pytest.fixture
def book(tmp_path: Path) -> JobBook:
    """Return a new book."""
    return JobBook(tmp_path / "jobs.sqlite3")


def job(name: str = "a", key: str = "key", **changes: Any) -> Job:
    """Return a golden's job."""
    return replace(
        Job(name, JobKind.GOLDEN, key, {"spec": "{}"}, ("me",), "sha256:0", created=1.0), **changes
    )


def check(name: str) -> Check:
    """Return a finished check."""
    return Check(
        name, "{}", "sha256:0", "sha256:1", "c", "run.npz", {"dtype": "float32"}, "AGREES", "{}", 2.0
    )


def test_job_comes_back_as_it_was_entered(book: JobBook) -> None:
    """Every field but progress, which lives in memory."""
    book.add(job())
    assert book.job("a") == job()


def test_job_with_the_key_of_one_under_way_is_not_entered(book: JobBook) -> None:
    """One computation a key."""
    book.add(job())
    assert (book.add(job("b")), book.job("b")) == ((job(), False), None)


@pytest.mark.parametrize("state", [JobState.DONE, JobState.FAILED, JobState.CANCELLED])
def test_key_is_free_when_its_job_has_ended(book: JobBook, state: JobState) -> None:
    """However it ended."""
    book.add(job())
    book.write(job(state=state))
    assert book.add(job("b")) == (job("b"), True)


def test_end_is_written_with_its_problem(book: JobBook) -> None:
    """And read back."""
    ended = job(state=JobState.FAILED, started=2.0, finished=3.0, problem=Problem("bad-spec", "why"))
    book.add(job())
    book.write(ended)
    assert book.job("a") == ended


def test_writing_a_state_leaves_the_askers(book: JobBook) -> None:
    """Who wants a job is written by itself, so that neither overtakes the other."""
    book.add(job())
    book.set_askers("a", ("you",))
    book.write(job(state=JobState.RUNNING))
    book.set_askers("a", ("you", "she"))
    found = book.job("a")
    assert found is not None
    assert (found.askers, found.state) == (("you", "she"), JobState.RUNNING)


def test_what_was_under_way_is_taken_up_in_order(book: JobBook) -> None:
    """Running ones wait again; ended ones are left."""
    for name in ("b", "a", "c"):
        book.add(job(name, name))
    book.write(job("b", "b", state=JobState.RUNNING, started=5.0))
    book.write(job("c", "c", state=JobState.DONE))
    assert book.take_up() == [job("b", "b"), job("a", "a")]


def test_book_survives_the_kill_of_its_writer(tmp_path: Path) -> None:
    """Every job that `add` returned for is there."""
    command = [sys.executable, "-c", KILLED_WHILE_WRITING, str(tmp_path / "jobs.sqlite3")]
    assert subprocess.run(command, check=False).returncode == -9
    assert [found.identifier for found in JobBook(tmp_path / "jobs.sqlite3").take_up()] == list(
        map(str, range(100))
    )


def test_newest_jobs_come_first_and_old_ended_ones_go(book: JobBook, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is under way is kept however old."""
    monkeypatch.setattr(job_book, "KEPT_JOBS", 3)
    book.add(job("waits", "waits"))
    for i in range(6):
        book.add(job(str(i), str(i)))
        book.write(job(str(i), str(i), state=JobState.DONE))
    assert [found.identifier for found in book.recent(9)] == ["5", "4", "3", "waits"]


def test_long_payload_goes_with_the_end(book: JobBook) -> None:
    """A short one stays, for the page about the job."""
    for name, text in (("short", "x"), ("long", "x" * 100_000)):
        made = job(name, name, payload={"spec": text})
        book.add(made)
        book.write(replace(made, state=JobState.DONE))
    assert [dict(found.payload) for found in book.recent(2)] == [{}, {"spec": "x"}]


def test_check_is_kept_once(book: JobBook) -> None:
    """The first stays."""
    book.keep_check(check("a"))
    book.keep_check(replace(check("a"), verdict="DISAGREES"))
    assert (book.check("a"), book.recent_checks(5)) == (check("a"), [check("a")])


def test_oldest_checks_go(book: JobBook, monkeypatch: pytest.MonkeyPatch) -> None:
    """The book is bounded."""
    monkeypatch.setattr(job_book, "KEPT_CHECKS", 2)
    for name in "abcd":
        book.keep_check(check(name))
    assert [found.identifier for found in book.recent_checks(9)] == ["d", "c"]


def test_full_disk_is_named_and_nothing_is_lost(book: JobBook) -> None:
    """The database may not grow (planted): what is there stays, and it goes on once there is room."""
    book.add(job())
    pages = book._connection.execute("PRAGMA page_count").fetchone()[0]
    book._connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(ProblemError, match=r"store-unusable.*database or disk is full"):
        book.add(job("b", "b", payload={"spec": "x" * 2**20}))
    book._connection.execute("PRAGMA max_page_count = 1000000")
    assert (book.job("a"), book.add(job("b", "b"))[1]) == (job(), True)


@pytest.mark.parametrize("content", [b"nothing of the kind" * 100, b"SQLite format 3\x00" + bytes(4096)])
def test_file_that_is_no_book_is_refused(tmp_path: Path, content: bytes) -> None:
    """It stays as it is."""
    (tmp_path / "jobs.sqlite3").write_bytes(content)
    with pytest.raises(DamagedBookError, match="holds no golden: move it away"):
        JobBook(tmp_path / "jobs.sqlite3")
    assert (tmp_path / "jobs.sqlite3").read_bytes() == content


def test_book_of_another_version_is_refused(tmp_path: Path) -> None:
    """Neither read nor changed."""
    JobBook(tmp_path / "jobs.sqlite3").close()
    with sqlite3.connect(tmp_path / "jobs.sqlite3") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(DamagedBookError, match="version 99"):
        JobBook(tmp_path / "jobs.sqlite3")


def test_book_is_readable_by_any_thread_of_the_server(book: JobBook) -> None:
    """Its one connection is handed around under a lock."""
    with ThreadPoolExecutor(8) as threads:
        entered = list(threads.map(lambda i: book.add(job(str(i), str(i % 10)))[1], range(200)))
    assert (sum(entered), len(book.recent(99))) == (10, 10)
