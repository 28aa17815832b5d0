"""Runs of the suite made by hand: every figure that a report must show is known beforehand."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from oracle.diagnosis.diagnosis import Diagnosis
from oracle.localisation import Localisation
from oracle.records.candidate import Declaration
from oracle.report.conformance import Conformance, ConformanceRow, NotAsked, Status, summary_line, sure_of
from oracle.report.conformance_badge import render_conformance_badge
from oracle.report.conformance_complaints import complaints
from oracle.report.conformance_files import write_conformance
from oracle.report.conformance_html import render_conformance_html
from oracle.report.conformance_json import SCHEMA, render_conformance_json
from oracle.report.conformance_junit import render_conformance_junit
from oracle.report.conformance_plots import ratios_svg
from oracle.report.conformance_text import cell, conformance_lines
from oracle.verdict import Curves, Finding, Outcome, Verdict

DIGEST = "sha256:" + "ab" * 32
HALVED = Diagnosis(
    ("loss_halved",), "the candidate works with <half> the loss", "look for a factor 1/2", "explains all 8 numbers",
    0.5, "loss_doubled", 4e9, "the steps look like η = 0.1",
)  # fmt: skip


def verdict(outcome: Outcome, excess: float, diagnosis: Diagnosis | None = None) -> Verdict:
    """Return a verdict whose largest ratio is `excess`, at step 3, u[1]."""
    finding = Finding("local replay", outcome, "as it is", 3, "u", 1, "0.5", "0.25", 1e-9, excess)
    curves = Curves(
        np.array([0, 3]), {"u": np.array([0, 1e-9])}, {"u": np.ones(2)}, None, np.array([1, 2, 3]),
        np.array([0.1, 0.2, excess]), np.full(3, 1e-9), np.full(3, 1e-9),
    )  # fmt: skip
    place = Localisation(3, "u", 1, (3,), (), "at step 3 alone, in u[1]", "the error is made at step 3")
    return Verdict(
        outcome, (finding,), Declaration("buffer"), curves, 0.1, place if diagnosis else None, diagnosis
    )


def row(problem: str, status: Status = Status.AGREES, excess: float = 0.5, **fields: Any) -> ConformanceRow:
    """Return a row of 3 × 4, 16 steps."""
    known: dict[str, Any] = {
        "theme": "sizes", "why": f"why <{problem}>", "method": "heavy_ball", "model": "diagonal", "dtype": "float64",
        "size": (3, 4, 16), "declaration": Declaration("buffer"), "golden": DIGEST, "seconds": 0.25,
    } | fields  # fmt: skip
    if status in {Status.AGREES, Status.DISAGREES, Status.UNDECIDED} and "verdict" not in known:
        known["verdict"] = verdict(Outcome(status), excess, fields.get("diagnosis") or None)
    known.pop("diagnosis", None)
    return ConformanceRow(problem, status=status, **known)


def wrong(problem: str, **fields: Any) -> ConformanceRow:
    """Return a row that disagrees by 3000 bounds, with a diagnosis."""
    known: dict[str, Any] = {"reason": "missed", "remedy": HALVED.remedy} | fields
    return row(problem, Status.DISAGREES, 3000.0, diagnosis=HALVED, **known)


@pytest.fixture
def good() -> Conformance:
    """Return a run of three problems that all agree, two of them nearest at 0.7 and 0.9996."""
    rows = (row("one"), row("two", excess=0.7), row("one", excess=0.9996, dtype="float32"))
    return Conformance("<mine>", "1.0", DIGEST, 3, rows, provenance={"python": "CPython 3.11"}, seconds=2.5)


@pytest.fixture
def bad(good: Conformance) -> Conformance:
    """Return a run in which two disagree alike, one crashed, one is undecided and one was not asked."""
    rows = (
        *good.rows, wrong("three", size=(9, 9, 9)), wrong("four"),
        row("five", Status.CRASHED, reason="KeyError: <u>", remedy="repair it"),
        row("six", Status.UNDECIDED, 2.0, reason="past the horizon", remedy="record more"),
    )  # fmt: skip
    skipped = (NotAsked("seven", "float64", "does not run nesterov"),)
    return replace(good, rows=rows, not_asked=skipped, suite_size=10, left_out=2)


def test_summary_can_be_quoted(good: Conformance) -> None:
    """Version, target, counts, arithmetic, the largest error never rounded up to its bound, and the suite."""
    assert summary_line(good) == (
        "momentum-oracle conformance 1.0: <mine> 3/3 AGREE, float64, float32, buffer form, largest error 0.9996 of its "
        "bound, suite sha256:abababababab…"
    )


def test_summary_hides_nothing(bad: Conformance) -> None:
    """What disagrees, is undecided, crashed, and how much of the suite was not asked."""
    text = summary_line(bad)
    assert "3/7 AGREE, 2 DISAGREE, 1 UNDECIDED, 1 crashed (3 of the suite's 10 not asked)" in text


def test_declared_arithmetic_is_part_of_the_summary(good: Conformance) -> None:
    """Sums, operands and state where they are not the dtype."""
    mixed = Declaration("velocity", "float32", operands="tfloat32", state="bfloat16")
    found = replace(good, rows=(row("one", dtype="bfloat16", declaration=mixed),))
    assert "bfloat16 (sums in float32" not in summary_line(found)
    assert "bfloat16 (operands in tfloat32, kept in bfloat16), velocity form" in summary_line(found)


@pytest.mark.parametrize(
    ("statuses", "outcome", "sentence"),
    [
        ((Status.AGREES, Status.AGREES), Outcome.AGREES, "All 2 runs agree with the mathematics"),
        (
            (Status.AGREES, Status.DISAGREES),
            Outcome.DISAGREES,
            "1 of 2 runs is not what the mathematics says.",
        ),
        (
            (Status.CRASHED, Status.DISAGREES),
            Outcome.DISAGREES,
            "1 of 2 runs is not what the mathematics says.",
        ),
        (
            (Status.AGREES, Status.CRASHED),
            Outcome.UNDECIDED,
            "1 of 2 runs gave nothing to judge; the rest agree.",
        ),
        ((Status.UNUSABLE, Status.UNUSABLE), Outcome.UNDECIDED, "2 of 2 runs gave nothing to judge."),
        (
            (Status.AGREES, Status.UNDECIDED),
            Outcome.UNDECIDED,
            "1 of 2 runs could not be decided; the rest agree.",
        ),
        ((), Outcome.UNDECIDED, "Nothing was asked, so nothing is decided."),
    ],
)
def test_outcome_and_sentence(good: Conformance, statuses: Any, outcome: Outcome, sentence: str) -> None:
    """A disagreement rules; what gave nothing to judge is no pass; nothing asked is none either."""
    found = replace(good, rows=tuple(row(str(i), status) for i, status in enumerate(statuses)))
    assert found.outcome is outcome
    assert sure_of(found).startswith(sentence)


def test_failures_alike_are_one_complaint(bad: Conformance) -> None:
    """Two that the same fault explains, the smaller case first; then the undecided and the crashed one."""
    found = complaints(bad)
    assert [(entry.status, [r.problem for r in entry.rows]) for entry in found] == [
        (Status.DISAGREES, ["four", "three"]), (Status.UNDECIDED, ["six"]), (Status.CRASHED, ["five"]),
    ]  # fmt: skip
    assert (found[0].what, found[0].remedy) == (HALVED.sentence, HALVED.remedy)
    assert "the next best, loss_doubled, misses by 4e+09 bounds" in found[0].sure


def test_terminal_says_what_is_wrong_and_what_to_do(bad: Conformance) -> None:
    """Table, diagnosis, place, remedy, the command that shows it again, and what was not asked."""
    text = "\n".join(conformance_lines(bad))
    for part in (
        "one      heavy_ball  diagonal  3 × 4, 16     AGREES 0.5      AGREES 0.9996",
        "DISAGREES in 2 runs (four, three)",
        "the candidate works with <half> the loss",
        "four, float64: first at step 3, u[1], 0.5 for 0.25, 3e+03 times the bound; wrong at step 3 alone, in u[1]",
        "what to do: look for a factor 1/2",
        "see it again: oracle conformance <mine> --only four --dtype float64",
        "CRASHED in 1 run (five)",
        "not asked: 1 run, <mine> does not run nesterov",
        "not asked: 2 runs that your options leave out",
    ):
        assert part in text, part


def test_cells_of_a_table() -> None:
    """The ratio of what agrees, the step of what does not, a dash for what was not asked."""
    rows = (row("a"), wrong("b"), row("c", Status.CRASHED), None)
    assert [cell(entry) for entry in rows] == ["AGREES 0.5", "DISAGREES at 3", "CRASHED", "–"]


def test_json_holds_every_row(bad: Conformance) -> None:
    """Diagnosis, localisation, findings, suite; an infinite ratio as text, since JSON has none."""
    content = json.loads(render_conformance_json(bad))
    assert (content["schema"], content["verdict"], len(content["rows"])) == (SCHEMA, "DISAGREES", 7)
    assert content["summary"] == summary_line(bad)
    assert content["rows"][3]["diagnosis"]["names"] == ["loss_halved"]
    assert content["rows"][3]["localisation"]["made_here"] == [3]
    assert content["suite"] == {"version": "1.0", "digest": DIGEST, "size": 10}
    endless = replace(bad, rows=(row("one", Status.DISAGREES, float("inf")),))
    assert json.loads(render_conformance_json(endless))["rows"][0]["largest_error_in_bounds"] == "inf"


def test_junit_counts_failures_errors_and_skips(bad: Conformance) -> None:
    """DISAGREES fails, undecided and crashed are errors, what was not asked is skipped; valid XML."""
    suite = ElementTree.fromstring(render_conformance_junit(bad)).find("testsuite")
    assert suite is not None
    assert {k: suite.get(k) for k in ("tests", "failures", "errors", "skipped")} == {
        "tests": "8", "failures": "2", "errors": "2", "skipped": "1",
    }  # fmt: skip
    failure = suite.find("testcase[@name='four float64']/failure")
    assert failure is not None
    assert "what to do: look for a factor 1/2" in str(failure.text)


def test_junit_replaces_what_xml_forbids(bad: Conformance) -> None:
    """A NUL in a candidate's message."""
    found = replace(bad, rows=(row("one", Status.CRASHED, reason="broken \x00 here"),))
    ElementTree.fromstring(render_conformance_junit(found))


def test_page_shows_everything_escaped(bad: Conformance) -> None:
    """Headline, quotable line, complaints, table, evidence, curves, suite; no markup of theirs."""
    page = render_conformance_html(bad)
    for text in (
        "2 of 7 runs are not what the mathematics says.",
        "&lt;mine&gt; 3/7 AGREE",
        "works with &lt;half&gt; the loss",
        "look for a factor 1/2",
        "why &lt;one&gt;",
        "KeyError: &lt;u&gt;",
        "the error is made at step 3",
        "--only four --dtype float64",
        "Largest error of every problem",
        "Error against bound over the steps",
        DIGEST,
    ):
        assert text in page, text
    for markup in ("<mine>", "<half>", "<u>", "<one>"):
        assert markup not in page


def test_page_needs_nothing_else(bad: Conformance) -> None:
    """No script, no image, no style sheet and no font from anywhere."""
    page = render_conformance_html(bad)
    assert not any(part in page for part in ("<script", "<img", "<link", "@import", "src="))


def test_page_of_a_run_that_agrees(good: Conformance) -> None:
    """No complaints and no evidence section."""
    page = render_conformance_html(good)
    assert "All 3 runs agree" in page
    assert "What is wrong" not in page


def test_plot_marks_every_problem(bad: Conformance) -> None:
    """Names, dtypes and the bound; the same bytes every time; nothing to draw gives nothing."""
    svg = ratios_svg(bad, "r")
    for text in (">one<", ">six<", ">float32<", "rounding bound"):
        assert text in svg
    assert svg == ratios_svg(bad, "r")
    assert not ratios_svg(replace(bad, rows=(row("one", Status.CRASHED),)), "r")


def test_badge_is_one_svg_with_the_counts(good: Conformance, bad: Conformance) -> None:
    """Green where all agree, red where some do not; the summary line is its title."""
    for found, colour, text in ((good, "#14713d", "3/3 AGREE"), (bad, "#b3261e", "3/7 AGREE, 2 DISAGREE")):
        badge = ElementTree.fromstring(render_conformance_badge(found))
        texts = [str(part.text) for part in badge.iter("{http://www.w3.org/2000/svg}text")]
        assert texts[0] == "momentum-oracle 1.0"
        assert texts[1].startswith(text)
        assert colour in render_conformance_badge(found)
        assert badge.get("aria-label") == summary_line(found)


def test_all_files_are_written(bad: Conformance, tmp_path: Path) -> None:
    """Page, JSON, JUnit and badge, in a directory that is made."""
    written = write_conformance(bad, tmp_path / "new")
    assert sorted(written) == ["badge.svg", "conformance.html", "conformance.json", "junit.xml"]
    assert all(path.stat().st_size > 300 for path in written.values())
