"""A comparison told by its JSON is told in the same words as the comparison itself."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest

from oracle.report.check_text import check_lines
from oracle.report.comparison import Comparison, Report
from oracle.report.facts import decisive_finding, explanation_lines, facts_of, finding_text
from oracle.report.json_report import comparison_json
from oracle.report.junit import render_account, render_junit
from oracle.report.told import told_from

OUTCOMES = ("AGREES", "DISAGREES", "UNDECIDED")


def through_json(comparison: Comparison) -> dict[str, Any]:
    """Return the JSON of a comparison as it arrives elsewhere."""
    arrived: dict[str, Any] = json.loads(json.dumps(comparison_json(comparison), allow_nan=False))
    return arrived


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_words_survive_the_way(comparison: Callable[..., Comparison], outcome: str) -> None:
    """Title, findings, explanation, figures and golden are those of the comparison."""
    made = comparison(outcome)
    told = told_from(through_json(made))
    assert told.title == made.title
    assert [finding_text(found) for found in told.verdict.findings] == [
        finding_text(found) for found in made.verdict.findings
    ]
    assert decisive_finding(told) == decisive_finding(made)
    assert explanation_lines(told.verdict) == explanation_lines(made.verdict)
    assert told.facts == facts_of(made)
    assert (told.golden, told.grade) == (made.golden.digest, made.golden.grade)


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_text_says_what_decided(comparison: Callable[..., Comparison], outcome: str) -> None:
    """The first line is the verdict, the last the golden, and the decisive finding stands between."""
    made = comparison(outcome)
    lines = check_lines(told_from(through_json(made)))
    assert lines[0] == f"{outcome}: {made.title}"
    assert lines[-1] == f"  golden {made.golden.digest} ({made.golden.grade})"
    finding = decisive_finding(made)
    assert finding is None or f"  {finding_text(finding)}" in lines


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_junit_case_is_that_of_the_report(comparison: Callable[..., Comparison], outcome: str) -> None:
    """CI is told the same by either way."""
    made = comparison(outcome)
    ours = ElementTree.fromstring(render_account("t", told_from(through_json(made)), {"server": "s"}))
    theirs = ElementTree.fromstring(render_junit(Report("t", (made,))))
    assert ElementTree.tostring(ours[0][1]) == ElementTree.tostring(theirs[0][1])


def test_infinite_figures_come_back_as_figures(comparison: Callable[..., Comparison]) -> None:
    """JSON has no infinity and no NaN; as text they arrive, and are numbers again."""
    arrived = through_json(comparison("DISAGREES"))
    arrived["findings"][0]["excess"] = "inf"
    arrived["largest_local_error"] = {"in_bounds": "nan", "step": 3}
    told = told_from(arrived)
    assert told.verdict.findings[0].excess == math.inf
    assert told.facts.local_ratio is not None
    assert math.isnan(told.facts.local_ratio)


@pytest.mark.parametrize(
    "change", [{"findings": 7}, {"verdict": "FINE"}, {"seconds": None}, {"findings": [{"step": 1}]}]
)
def test_what_is_no_comparison_is_refused(
    comparison: Callable[..., Comparison], change: dict[str, Any]
) -> None:
    """A JSON that lacks what the words are made of is a ValueError, whatever is wrong with it."""
    arrived = through_json(comparison("DISAGREES"))
    told_from({**arrived, "new field": 1})  # of a later version
    with pytest.raises(ValueError, match=r"cannot be read|is not a valid Outcome"):
        told_from({**arrived, **change})
