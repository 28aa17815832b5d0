"""A report has one outcome, and it is never better than its worst part."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from oracle.report.comparison import NotRun, Report

CRASHED = NotRun("mine", "ValueError: no", "repair it", crashed=True)
MISSING = NotRun("mine", "needs `torch`", "pip install torch")


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ((), "UNDECIDED"),
        (("AGREES", "AGREES"), "AGREES"),
        (("AGREES", "UNDECIDED"), "UNDECIDED"),
        (("UNDECIDED", "DISAGREES", "AGREES"), "DISAGREES"),
    ],
)
def test_outcome_is_the_worst(
    report: Callable[..., Report], outcomes: tuple[str, ...], expected: str
) -> None:
    """DISAGREES outweighs UNDECIDED, which outweighs AGREES; nothing compared is undecided."""
    assert report(*outcomes).outcome == expected


def test_outcome_is_undecided_when_a_candidate_crashed(report: Callable[..., Report]) -> None:
    """A candidate that fell over has not passed."""
    assert report("AGREES", not_run=(CRASHED,)).outcome == "UNDECIDED"


def test_outcome_ignores_what_is_not_installed(report: Callable[..., Report]) -> None:
    """A candidate that is not installed was not asked."""
    assert report("AGREES", not_run=(MISSING,)).outcome == "AGREES"
