"""Jobs over HTTP: told in order, to their end, and cancelled by who asked for them."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from itertools import count
from pathlib import Path
from typing import Any

import pytest

FRESH = count(200)
ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00")


@pytest.fixture
def held(server: Any) -> Any:
    """Return a job that goes on until it is let go."""
    server.plant("hold-golden")
    job = server.post(server.spec(next(FRESH)), 0).json()
    yield server.until(lambda: found if (found := server.job(job["id"]))["state"] == "running" else None)
    server.mend("hold-golden")
    server.ended(job["id"])


def events_of(server: Any, identifier: str) -> list[tuple[str, dict[str, Any]]]:
    """Return the events of a job, up to the end of the stream."""
    found, name = [], ""
    with server.client.stream("GET", f"/v1/jobs/{identifier}/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        for line in stream.iter_lines():
            field, _, value = line.partition(": ")
            name = value if field == "event" else name
            if field == "data":
                found.append((name, json.loads(value)))
    return found


def test_job_under_way_is_told_with_its_progress(server: Any, held: dict[str, Any]) -> None:
    """Its times are UTC; there is no result yet."""
    found = server.until(lambda: job if (job := server.job(held["id"]))["progress"] else None)
    assert (found["kind"], found["state"], found["result"], found["problem"]) == (
        "golden",
        "running",
        None,
        None,
    )
    assert found["progress"]["total"] == 1000
    assert ISO.fullmatch(found["created"])
    assert (ISO.fullmatch(found["started"]) is not None, found["finished"]) == (True, None)


def test_events_come_in_order_and_end(server: Any, held: dict[str, Any]) -> None:
    """Progress never goes back; the last event, and only that, is the end."""
    threading.Timer(0.5, server.mend, ("hold-golden",)).start()
    found = events_of(server, held["id"])
    assert [name for name, _ in found] == ["progress"] * (len(found) - 1) + ["end"]
    done = [
        job["progress"]["done"]
        for _, job in found[:-1]
        if job["progress"] and job["progress"]["total"] == 1000
    ]
    assert (done == sorted(done), found[-1][1]["state"]) == (True, "done")
    assert server.job(held["id"]) == found[-1][1]


def test_events_of_a_finished_job_are_its_end(server: Any) -> None:
    """Also long after."""
    server.post(server.spec(next(FRESH)))
    job = server.client.get("/v1/jobs", params={"limit": 1}).json()["jobs"][0]
    assert events_of(server, job["id"]) == [("end", job)]


def test_many_listeners_all_hear_the_end(server: Any, held: dict[str, Any]) -> None:
    """Some of whom begin while it ends."""
    with ThreadPoolExecutor(8) as threads:
        listening = [threads.submit(events_of, server, held["id"]) for _ in range(4)]
        server.mend("hold-golden")
        listening += [threads.submit(events_of, server, held["id"]) for _ in range(12)]
    assert {heard.result()[-1][0] for heard in listening} == {"end"}


def test_listener_who_leaves_leaves_nothing_behind(server: Any, held: dict[str, Any]) -> None:
    """The job goes on."""
    with server.client.stream("GET", f"/v1/jobs/{held['id']}/events") as stream:
        next(stream.iter_lines())
    assert server.job(held["id"])["state"] == "running"


def test_cancelled_job_ends_and_its_worker_with_it(server: Any, held: dict[str, Any]) -> None:
    """200 with the job; once more is too late."""
    found, late = (server.client.delete(f"/v1/jobs/{held['id']}") for _ in range(2))
    assert (found.status_code, found.json()["state"]) == (200, "cancelled")
    assert found.json()["problem"]["type"] == "/problems/cancelled"
    assert (late.status_code, late.json()["type"]) == (409, "/problems/job-finished")


def test_waiting_job_is_cancelled_without_having_begun(server: Any) -> None:
    """All workers have something to do; the third never starts."""
    server.plant("hold-golden")
    jobs = [server.post(server.long_spec(next(FRESH)), 0).json()["id"] for _ in range(3)]
    begun = server.until(lambda: server.begun("golden"))
    found = server.client.delete(f"/v1/jobs/{jobs[-1]}").json()
    server.mend("hold-golden")
    ended = [server.ended(identifier)["state"] for identifier in jobs]
    assert (found["state"], found["started"], ended) == ("cancelled", None, ["done", "done", "cancelled"])
    assert server.begun("golden") <= begun + 2


def test_small_golden_comes_while_long_ones_keep_their_workers_busy(start: Any, tmp_path: Path) -> None:
    """One worker for long tasks; what it computes takes seconds anywhere, and is under way still."""
    wanted = {"kind": "iterates", "steps": [0, 100_000]}
    with start(tmp_path, workers=1) as server:
        long = server.post(server.spec(3, want=wanted), 0).json()
        server.until(lambda: server.job(long["id"])["state"] == "running")
        assert server.post(server.spec(5)).status_code == 200
        assert server.client.delete(f"/v1/jobs/{long['id']}").json()["state"] == "cancelled"


def golden_for(server: Any, check: dict[str, Any]) -> dict[str, Any] | None:
    """Return the job under way that computes what a check is to be held against."""
    wanted = {"kind": "golden", "state": "running", "spec_digest": check["spec_digest"]}
    jobs = server.client.get("/v1/jobs").json()["jobs"]
    return next((job for job in jobs if wanted.items() <= job.items()), None)


def test_check_that_waits_for_its_golden_is_cancelled_with_it(server: Any) -> None:
    """Nobody else wants the golden."""
    server.plant("hold-golden")
    start = next(FRESH)
    check = server.check(server.spec(start), server.candidate(start), wait=0).json()
    golden = server.until(lambda: golden_for(server, check))
    cancelled = server.client.delete(f"/v1/jobs/{check['id']}").json()
    server.mend("hold-golden")
    assert (cancelled["state"], server.ended(golden["id"])["state"]) == ("cancelled", "cancelled")


def test_golden_that_another_wants_outlives_the_check_that_asked_first(server: Any) -> None:
    """A shared job ends when nobody is left."""
    server.plant("hold-golden")
    start = next(FRESH)
    check = server.check(server.spec(start), server.candidate(start), wait=0).json()
    begun = server.until(lambda: golden_for(server, check))
    golden = server.post(server.spec(start), 0).json()
    assert golden["id"] == begun["id"]
    server.client.delete(f"/v1/jobs/{check['id']}")
    server.mend("hold-golden")
    assert server.ended(golden["id"])["state"] == "done"


def test_failed_job_carries_its_problem(server: Any) -> None:
    """The document that the request would have had."""
    server.plant("raise-golden", "oracle.records.record_errors:DamagedRecordError")
    job = server.post(server.spec(next(FRESH)), 0).json()
    found = server.ended(job["id"])
    server.mend("raise-golden")
    assert (found["state"], found["result"]) == ("failed", None)
    assert (found["problem"]["type"], found["problem"]["exit_code"]) == ("/problems/damaged-record", 4)
    assert found["problem"]["instance"] == f"/v1/jobs/{job['id']}"


def test_job_that_ended_cannot_be_cancelled_and_is_told_how_it_ended(server: Any) -> None:
    """Done, failed or cancelled, in a sentence."""
    done, failed, cancelled = (server.spec(next(FRESH)) for _ in range(3))
    jobs = {server.post(done, wait=0).json()["id"]: "is done already"}
    server.ended(next(iter(jobs)))
    server.plant("raise-golden", "reference.iterates:CertificateViolationError")
    jobs[identifier := server.post(failed, wait=0).json()["id"]] = "has failed already"
    server.ended(identifier)
    server.mend("raise-golden")
    server.plant("hold-golden")
    jobs[identifier := server.post(cancelled, wait=0).json()["id"]] = "was cancelled already"
    server.client.delete(f"/v1/jobs/{identifier}")
    server.mend("hold-golden")
    server.ended(identifier)
    for job, words in jobs.items():
        answer = server.client.delete(f"/v1/jobs/{job}")
        assert (answer.status_code, answer.json()["detail"]) == (409, f"the job `{job}` {words}")


def test_newest_jobs_come_first(server: Any) -> None:
    """As many as are asked for."""
    for _ in range(3):
        server.post(server.spec(next(FRESH)))
    created = [job["created"] for job in server.client.get("/v1/jobs", params={"limit": 3}).json()["jobs"]]
    assert (created, len(created)) == (sorted(created, reverse=True), 3)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/v1/jobs/xyz", "`identifier` in the address is 'xyz': it is no job's `id`: that is 32 hexadecimal"),
        ("/v1/jobs?limit=0", "`limit` in the query is '0': expected a whole number from 1 to 1000"),
        ("/v1/jobs?limit=99999", "`limit` in the query is '99999': expected a whole number from 1 to 1000"),
        ("/v1/jobs?limit=1.5", "`limit` in the query is '1.5': expected a whole number from 1 to 1000"),
        ("/v1/jobs?limit=%1b" + "9" * 500, "`limit` in the query is '\\x1b" + "9" * 75 + ": "),
    ],
)
def test_malformed_question_is_refused(server: Any, path: str, words: str) -> None:
    """With the part that is wrong, what arrived and what was expected."""
    found = server.client.get(path)
    assert (found.status_code, found.json()["type"]) == (400, "/problems/malformed-request")
    assert found.json()["detail"].startswith(words)


def test_waiting_requests_leave_connections_to_others(start: Callable[..., Any], tmp_path: Path) -> None:
    """A quarter of the connections may wait; the next is answered with its job before any of them."""
    with start(tmp_path, limits={"connections": 8}) as server, ThreadPoolExecutor(3) as threads:
        server.plant("hold-golden")
        job = server.post(server.spec(1), 0).json()["id"]
        waiting = [threads.submit(server.post, server.spec(1), 60) for _ in range(2)]
        server.until(lambda: server.service.waiting.taken == 2)
        refused = threads.submit(server.post, server.spec(1), 60)
        first, _ = wait([*waiting, refused], return_when=FIRST_COMPLETED)
        server.mend("hold-golden")
        told = refused.result()
        assert (first, told.status_code, told.headers["retry-after"]) == ({refused}, 202, "1")
        assert told.json()["id"] == job
        assert [each.result().status_code for each in waiting] == [200, 200]
        assert server.service.waiting.taken == 0


def test_streams_of_events_leave_connections_to_others(start: Callable[..., Any], tmp_path: Path) -> None:
    """Half of them are kept free; a stream whose client has gone makes room for another."""
    with start(tmp_path, limits={"connections": 4}) as server:
        server.plant("hold-golden")
        job = server.post(server.spec(1), 0).json()["id"]
        address = f"/v1/jobs/{job}/events"
        with server.client.stream("GET", address) as one, server.client.stream("GET", address) as other:
            lines = [one.iter_lines(), other.iter_lines()]  # kept: one that is dropped closes its stream
            assert [bool(next(told)) for told in lines] == [True, True]
            refused = server.client.get(address)
            healthy = server.client.get("/healthz").status_code
        assert (refused.status_code, refused.json()["type"]) == (503, "/problems/overloaded")
        assert (refused.headers["retry-after"], healthy) == ("1", 200)
        server.until(lambda: server.service.streams == 0)
        server.mend("hold-golden")
        assert events_of(server, job)[-1][0] == "end"
