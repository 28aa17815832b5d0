"""The report for people holds the facts, whole and escaped, and needs no other file."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from oracle.diagnosis.diagnosis import Diagnosis
from oracle.report.comparison import Comparison, NotRun, Report
from oracle.report.html import render_html

VOID = {"meta", "br", "link", "img", "input", "hr"}


class Page(HTMLParser):
    """Collects the text, the cells of every table by its class, and whether the tags nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tables: dict[str, list[list[str]]] = {}
        self.table = ""
        self.words: list[str] = []
        self.marked: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the tag."""
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)
        if tag == "table":
            self.table = dict(attrs).get("class") or ""
            self.tables.setdefault(self.table, [])
        if tag == "tr":
            self.tables[self.table].append([])
        if tag in ("td", "th"):
            self.tables[self.table][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        """Check that it closes what is open."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note the text where it stands."""
        if "style" not in self.open:
            self.words.append(data)
        if "mark" in self.open:
            self.marked.append(data)
        if "td" in self.open or "th" in self.open:
            self.tables[self.table][-1][-1] += data

    @property
    def text(self) -> str:
        """All text, blanks collapsed."""
        return " ".join(" ".join(self.words).split())


def cells(page: Page, table: str) -> list[list[str]]:
    """Return the rows of a table, blanks collapsed."""
    return [[" ".join(cell.split()) for cell in row] for row in page.tables[table]]


def test_page_is_nested_soundly(report: Callable[..., Report]) -> None:
    """Every tag is closed, in order."""
    assert Page(render_html(report("AGREES", "DISAGREES", "UNDECIDED"))).open == []


@pytest.mark.parametrize("outcome", ["AGREES", "DISAGREES", "UNDECIDED"])
def test_page_says_the_verdict_first(report: Callable[..., Report], outcome: str) -> None:
    """The outcome stands before any other figure."""
    body = render_html(report(outcome)).partition("<body>")[2]
    assert body.index(outcome) < body.index("<table")


def test_table_states_each_comparison(report: Callable[..., Report]) -> None:
    """Candidate, method, arithmetic, verdict, 0.75 of the bound, 4e-17 of 2/3, run and check times."""
    rows = cells(Page(render_html(report("AGREES", "DISAGREES"))), "comparisons")
    assert rows[1] == ["lightning", "heavy_ball", "float64", "✓ AGREES", "0.75", "6.0e-17", "1.5 s", "500 ms"]
    assert rows[2][0::3] == ["broken", "✗ DISAGREES", "1.5 s"]


def test_disagreement_is_shown_with_all_its_evidence(report: Callable[..., Report]) -> None:
    """Reason, step, coordinate, both values, bound and excess of the finding stand on the page."""
    text = Page(render_html(report("DISAGREES"))).text
    for part in ("the step is not heavy ball", "first divergent step 10", "u[1]", "0.6667",
                 "0.66666666666666666667", "1.100e-08", "3000 times the bound"):  # fmt: skip
        assert part in text


def test_page_of_agreement_shows_no_disagreement(report: Callable[..., Report]) -> None:
    """The evidence above is the planted fault's, not the template's."""
    text = Page(render_html(report("AGREES"))).text
    assert "DISAGREES" not in text
    assert "divergent" not in text


def test_undecided_step_is_not_called_divergent(report: Callable[..., Report]) -> None:
    """Nothing is known to diverge where the verdict is UNDECIDED."""
    made = report("UNDECIDED")
    (compared,) = made.comparisons
    findings = tuple(replace(found, step=7) for found in compared.verdict.findings)
    undecided = replace(compared, verdict=replace(compared.verdict, findings=findings))
    text = " ".join(Page(render_html(replace(made, comparisons=(undecided,)))).words)
    assert "first undecided step 7" in text
    assert "divergent" not in text


def test_agreeing_digits_are_marked(report: Callable[..., Report]) -> None:
    """The shared digits of 1/7 and its float64 are marked, the first different one is not."""
    page = Page(render_html(report("AGREES")))
    assert "1.428571428571428" in page.marked
    assert not any(mark.startswith("1.4285714285714285") for mark in page.marked)


def test_certificate_is_stated(report: Callable[..., Report]) -> None:
    """Grade, digits, precision, bits lost per step and time of the golden, once for both its users."""
    rows = cells(Page(render_html(report("AGREES", "DISAGREES"))), "goldens")
    assert len(rows) == 2
    assert rows[1][:6] == ["heavy_ball", "float64", "certified", "29", "293", "0.0125"]
    assert rows[1][6:8] == ["yes", "4.25"]


def test_provenance_names_digest_and_versions(report: Callable[..., Report]) -> None:
    """What was compared, and with what, can be found again."""
    made = report("AGREES")
    text = Page(render_html(made)).text
    assert made.comparisons[0].golden.digest in text
    assert made.comparisons[0].golden.spec_digest in text
    assert "CPython 3.11" in text


def test_page_needs_no_other_file(report: Callable[..., Report]) -> None:
    """No script, no address but the names of XML, nothing fetched."""
    html = render_html(report("AGREES"))
    assert not re.search(r"<(script|link|iframe|img|object)|@import|url\((?!#)|\ssrc=", html)
    assert set(re.findall(r"https?://[^\"' ]+", html)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }


@pytest.mark.parametrize(
    "hostile", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "]]>&amp;"]
)
def test_hostile_text_stays_text(
    comparison: Callable[..., Comparison], report: Callable[..., Report], hostile: str
) -> None:
    """A candidate's name, reason, a version and a spec are shown, not run, wherever they stand."""
    made = replace(comparison("DISAGREES", hostile), candidate=hostile)
    spec = {**made.golden.spec, "method": {"name": hostile}}
    made = replace(made, golden=replace(made.golden, spec=spec, provenance={hostile: hostile}))
    whole = replace(report(), title=hostile, comparisons=(made,), provenance={hostile: hostile})
    whole = replace(whole, not_run=(NotRun(hostile, hostile, hostile),))
    page = Page(render_html(whole))
    assert not {name for name, _ in page.attributes} & {"src", "onerror"}
    assert "script" not in "".join(page.open)
    assert " ".join(hostile.split()) in page.text


def test_names_in_backticks_are_shown_as_code(
    comparison: Callable[..., Comparison], report: Callable[..., Report]
) -> None:
    """In reasons, in all that explains a disagreement, and in what was not compared; no backtick is left."""
    made = comparison("DISAGREES", "`the_reason` is why")
    diagnosis = Diagnosis(
        ("fault",),
        "nearest is `the_fault`",
        "undo `the_remedy`",
        "`the_share` of it",
        0.5,
        "other",
        9.0,
        "`the_fit`",
    )
    made = replace(made, verdict=replace(made.verdict, diagnosis=diagnosis))
    entry = NotRun("absent", "lacks `the_package`", "`pip install the_package`")
    html = render_html(replace(report(), comparisons=(made,), not_run=(entry,)))
    names = (
        "the_reason",
        "the_fault",
        "the_remedy",
        "the_share",
        "the_fit",
        "the_package",
        "pip install the_package",
    )
    assert [name for name in names if f"<code>{name}</code>" not in html] == []
    assert "`" not in Page(html).text


def test_wrong_shapes_are_reported_not_fallen_over(
    comparison: Callable[..., Comparison], report: Callable[..., Report]
) -> None:
    """Arrays that no row of digits can be read from leave the rest of the report standing."""
    made = replace(comparison("UNDECIDED"), arrays={})
    assert "past the horizon" in Page(render_html(replace(report(), comparisons=(made,)))).text


def test_identifiers_are_unique(report: Callable[..., Report]) -> None:
    """Two pictures on one page share no identifier."""
    page = Page(render_html(report("AGREES", "DISAGREES")))
    identifiers = [value for name, value in page.attributes if name == "id"]
    assert len(identifiers) == len(set(identifiers))


def test_page_is_small(report: Callable[..., Report]) -> None:
    """Twenty comparisons stay far below three megabytes."""
    assert len(render_html(report(*["AGREES"] * 20)).encode()) < 3e6
