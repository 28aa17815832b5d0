"""What each ending of a task is to who asked."""

from __future__ import annotations

import pytest

from oracle.service.endings import Granted, answered
from oracle.service.job import Job, JobKind
from oracle.service.problems import ProblemError
from oracle.service.task import Ending, Outcome


@pytest.mark.parametrize(("cancelled", "name"), [(True, "cancelled"), (False, "timed-out")])
def test_task_cancelled_as_its_time_was_up_is_cancelled(cancelled: bool, name: str) -> None:
    """Who withdrew is told that, and not that the server ended it."""
    with pytest.raises(ProblemError) as caught:
        answered(Outcome(Ending.TIMED_OUT), Granted(5), cancelled=cancelled)
    assert caught.value.problem.name == name


def told(granted: Granted, job: Job | None = None) -> str:
    """Return what is told of a task whose time was up."""
    with pytest.raises(ProblemError) as caught:
        answered(Outcome(Ending.TIMED_OUT), granted, job)
    return caught.value.problem.detail


def test_time_limit_names_the_option_that_raises_it() -> None:
    """Where there is one: the ledger of claims has none."""
    said = "it was ended after 600 s, which is what this server allows"
    assert told(Granted(600)) == f"{said} (its owner raises that with `oracle serve --limit job-seconds=…`)"
    assert told(Granted(600, option="")) == said


@pytest.mark.parametrize(
    ("progress", "words"),
    [
        ((31_200, 60_000, 1), "; it had come to 31,200 of 60,000"),
        ((5, 60_000, 3), "; it had come to 5 of 60,000 in pass 3"),
        ((0, 0, 1), "allows"),
    ],
)
def test_time_limit_says_how_far_the_job_came(progress: tuple[int, int, int], words: str) -> None:
    """Where that is known."""
    done, total, passes = progress
    job = Job("7", JobKind.GOLDEN, "golden:7", {}, done=done, total=total, passes=passes)
    assert told(Granted(600, option=""), job).endswith(words)
