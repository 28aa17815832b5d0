"""Where a job stands, as its worker tells it and as those who ask are told."""

from __future__ import annotations

import pytest

pytest.importorskip("fastapi", reason="the service needs its extra: `pip install 'momentum-oracle[service]'`")

from oracle.service.job import Job, JobKind, JobState, job_json

JOB = Job("0" * 32, JobKind.CHECK, "check:1", {})


def test_less_done_than_before_is_another_pass() -> None:
    """Also where the new pass has another length; the same figure twice is none."""
    job, told = JOB.begun(5.0), []
    for done, total in ((0, 9), (9, 9), (9, 9), (1, 9), (4, 20), (3, 9)):
        job = job.advanced(done, total)
        told.append(job_json(job)["progress"])
    assert told == [
        {"done": done, "total": total, "pass": number}
        for done, total, number in ((0, 9, 1), (9, 9, 1), (9, 9, 1), (1, 9, 2), (4, 20, 2), (3, 9, 3))
    ]


def test_next_task_begins_anew_within_the_same_job() -> None:
    """Its progress is its own; the job started with the first."""
    job = JOB.begun(5.0).advanced(9, 9).advanced(1, 9).begun(8.0)
    assert (job.state, job.started, job_json(job)["progress"]) == (JobState.RUNNING, 5.0, None)
    assert job_json(job.advanced(1, 2))["progress"] == {"done": 1, "total": 2, "pass": 1}
