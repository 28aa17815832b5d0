"""Statements about formulas in every form of the report."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from oracle.report.comparison import Report
from oracle.report.facts import headline
from oracle.report.html import render_html
from oracle.report.json_report import render_json
from oracle.report.junit import render_junit
from oracle.report.theory import Series, TheoryRow, TheorySection, worst
from oracle.report.theory_plots import section_svg
from oracle.verdict import Outcome


def section(outcome: Outcome = Outcome.AGREES) -> TheorySection:
    """Return a section of one statement."""
    row = TheoryRow("a <flow>", "a problem", "order 2", "2.001 ± 0.003", outcome)
    ladder = Series("a <flow>", (0.1, 0.05, 0.025), (1e-2, 2.5e-3, 0.0))
    return TheorySection(
        "flow-orders", "Orders", "How.", (row,), (ladder,), (Series("limit", (0.0, 1.0), (2.0, -1.0)),)
    )


@pytest.fixture
def stated(report: Callable[..., Report]) -> Report:
    """Return a report that agrees, with one statement."""
    return replace(report("AGREES"), theory=(section(),))


def test_page_shows_every_statement_escaped(stated: Report) -> None:
    """Subject, expectation and measurement, and no markup of theirs."""
    page = render_html(stated)
    assert "a &lt;flow&gt;" in page
    assert "2.001 ± 0.003" in page
    assert "<flow>" not in page
    assert "and 1 statements of the theory,\nin" in page
    assert ",," not in page


def test_picture_leaves_out_what_a_log_axis_cannot_hold() -> None:
    """An error of zero is no point; the others are drawn, with both panels."""
    svg = section_svg(section(), "x")
    assert svg.startswith("<svg")
    assert "the slope is the order" in svg
    assert "coordinate by coordinate" in svg
    assert section_svg(replace(section(), ladders=(), coordinates=()), "x") == ""


def test_json_lists_the_statements(stated: Report) -> None:
    """A program reads the verdict of each."""
    (found,) = json.loads(render_json(stated))["theory"]
    assert (found["section"], found["verdict"]) == ("flow-orders", "AGREES")
    assert found["statements"][0]["found"] == "2.001 ± 0.003"


@pytest.mark.parametrize(("outcome", "tag"), [(Outcome.DISAGREES, "failure"), (Outcome.UNDECIDED, "error")])
def test_a_statement_that_fails_fails_everywhere(stated: Report, outcome: Outcome, tag: str) -> None:
    """The report's outcome, its sentence and the JUnit case say so."""
    failed = replace(stated, theory=(section(outcome),))
    assert failed.outcome is outcome
    assert "of 1 statements of the theory" in headline(failed)
    root = ElementTree.fromstring(render_junit(failed).split("\n", 1)[1])
    (case,) = [case for case in root.iter("testcase") if "flow-orders" in case.get("classname", "")]
    complaint = case.find(tag)
    assert complaint is not None
    assert "expected order 2, found 2.001 ± 0.003" in "".join(complaint.itertext()) + complaint.get(
        "message", ""
    )


def test_worst_of_none_is_undecided() -> None:
    """Nothing measured decides nothing."""
    assert worst([]) is Outcome.UNDECIDED
    assert worst([Outcome.AGREES, Outcome.UNDECIDED, Outcome.DISAGREES]) is Outcome.DISAGREES
