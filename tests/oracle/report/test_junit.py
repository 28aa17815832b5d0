"""JUnit XML as CI servers read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from oracle.report.comparison import Comparison, NotRun, Report
from oracle.report.junit import render_junit


def suite_of(report: Report) -> ElementTree.Element:
    """Return the one suite of a report."""
    suite = ElementTree.fromstring(render_junit(report)).find("testsuite")
    assert suite is not None
    return suite


@pytest.mark.parametrize(
    ("outcome", "element"), [("AGREES", None), ("DISAGREES", "failure"), ("UNDECIDED", "error")]
)
def test_outcome_has_its_element(report: Callable[..., Report], outcome: str, element: str | None) -> None:
    """DISAGREES fails, UNDECIDED errs, AGREES does neither."""
    case = suite_of(report(outcome)).find("testcase")
    assert case is not None
    found = [child.tag for child in case if child.tag in ("failure", "error", "skipped")]
    assert found == ([element] if element else [])


def test_counts_match_the_cases(report: Callable[..., Report]) -> None:
    """The totals that CI servers trust are those of the cases."""
    lacking = (NotRun("a", "x", "y"), NotRun("b", "x", "y", crashed=True))
    suite = suite_of(report("AGREES", "DISAGREES", "UNDECIDED", not_run=lacking))
    totals = {name: int(suite.get(name) or -1) for name in ("tests", "failures", "errors", "skipped")}
    assert totals == {"tests": 5, "failures": 1, "errors": 2, "skipped": 1}


def test_failure_states_the_finding(report: Callable[..., Report]) -> None:
    """The message is enough to start looking."""
    failure = suite_of(report("DISAGREES")).find("testcase/failure")
    assert failure is not None
    assert "first divergent step 10; at u[1]" in (failure.get("message") or "")
    assert failure.get("type") == "DISAGREES"


def test_characters_that_xml_forbids_are_replaced(comparison: Callable[..., Comparison]) -> None:
    """A reason with control characters, markup or half a surrogate still gives well-formed XML."""
    made = comparison("DISAGREES", 'null \x00 bell \x07 <b> & "quote" \ud800 ü')
    made = replace(made, candidate="a\x1bb")
    text = render_junit(Report("title \x0b", (made,))).encode("utf-8")
    failure = ElementTree.fromstring(text).find("testsuite/testcase/failure")
    assert failure is not None
    assert 'null \ufffd bell \ufffd <b> & "quote" \ufffd ü' in (failure.text or "")
