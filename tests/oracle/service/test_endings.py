"""What each ending of a task is to who asked."""

from __future__ import annotations

import pytest

from oracle.service.endings import answered
from oracle.service.problems import ProblemError
from oracle.service.task import Ending, Outcome


@pytest.mark.parametrize(("cancelled", "name"), [(True, "cancelled"), (False, "timed-out")])
def test_task_cancelled_as_its_time_was_up_is_cancelled(cancelled: bool, name: str) -> None:
    """Who withdrew is told that, and not that the server ended it."""
    with pytest.raises(ProblemError) as caught:
        answered(Outcome(Ending.TIMED_OUT), 5, cancelled=cancelled)
    assert caught.value.problem.name == name
