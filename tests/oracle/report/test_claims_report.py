"""The ledger as text, JSON and page."""

import json
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from oracle.claims.catalogue import catalogue
from oracle.claims.claim import Claim, Correction, Effect, Setting
from oracle.claims.evidence import Check, Findings, Grade, Line, Plot, Role
from oracle.claims.ledger import Entry
from oracle.claims.verdict import Verdict, rule
from oracle.records.figure import Curve, Figure
from oracle.report.claims_html import mathml, render_claims_html
from oracle.report.claims_json import changed_verdicts, render_claims_json
from oracle.report.claims_plots import figure_svg
from oracle.report.claims_text import claim_list, ledger_lines
from oracle.report.claims_words import headline

FIELDS = ("id", "paper", "place", "statement", "verdict", "corrected", "grade", "evidence")  # the contract's


def nothing(setting: Setting) -> Findings:
    """Compute nothing."""
    return Findings(())


def checks(role: Role, holds: bool | None) -> tuple[Check, ...]:
    """Return the same answer on two instances."""
    return tuple(
        Check(role, holds, "is <equal>", "0.5", on, Grade.CERTIFIED, ("balls",)) for on in ("first", "second")
    )


PLOT = Plot(
    "Error & order",
    "η",
    "error",
    (Line("a", (0.1, 0.2), (1e-3, 4e-3), (5e-4, 0.0), (2e-3, 8e-3)),),
    True,
    True,
    "Falls.",
)
MENDED = replace(
    catalogue()["P1"], identifier="X1", statement="1 < 2 & so on", printed_tex=r"\frac{1}{2}",
    correction=Correction("the sign", Effect.AMENDS, r"-\frac{1}{2}"), compute=catalogue()["P1"].compute,
)  # fmt: skip
FIGURE = Figure(
    "000-fig-1a", "000", "Fig. 1(a)", "HB is better", "it is", "12 of 12 seeds", "ε", "distance",
    (Curve("HB", (0.1, 0.2), ((1.0, 2.0), (3.0, 4.0), (2.0, 2.5))),), (0, 1, 2), setting={"μ": "0.9"},
)  # fmt: skip


def entry(claim: Claim, *found: Check) -> Entry:
    """Return an entry as the ledger makes it."""
    findings = Findings(found, (PLOT,), ("A remark.",))
    return Entry(claim, findings, rule(claim, findings), 1.5)


ENTRIES = [
    entry(catalogue()["P1"], *checks(Role.AS_PRINTED, True)),
    entry(MENDED, *checks(Role.AS_PRINTED, False), *checks(Role.CORRECTED, True)),
]
BROKEN = replace(ENTRIES[0], failure="Traceback\nValueError: no", findings=Findings(()))
TOLD = (
    "holds with correction", "What should stand there", "the sign", "A remark.", "Falls.", "Derivation",
    "Every step moves β along gradients", "12 of 12 seeds", "Of 2 claims 1 holds and 1 holds with a correction",
)  # fmt: skip


class Balanced(HTMLParser):
    """Fails on elements that are closed in another order than they were opened."""

    VOID = frozenset({"meta", "br", "link", "img", "hr"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        """Remember an element."""
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        """Leave out what closes itself."""

    def handle_endtag(self, tag: str) -> None:
        """Close the innermost one."""
        assert self.open.pop() == tag


def page() -> str:
    """Return the page of the made-up ledger."""
    return render_claims_html(ENTRIES, Setting(), {"python": "CPython 3.11"}, [FIGURE])


def test_json_has_the_contracts_fields() -> None:
    """One entry per identifier, in order, with evidence and correction."""
    found = json.loads(render_claims_json(ENTRIES, Setting(2), {}))
    assert [claim["id"] for claim in found["claims"]] == ["P1", "X1"]
    assert all(set(FIELDS) <= set(claim) for claim in found["claims"])
    assert found["claims"][0]["corrected"] is None
    assert found["claims"][1]["corrected"] == "the sign"
    assert found["claims"][1]["verdict"] == "holds with correction"
    assert found["claims"][1]["evidence"][0]["holds"] is False
    assert found["precision"] == 2


def test_changed_verdicts_are_found() -> None:
    """Against the JSON of another run; a claim that is not in it counts as changed."""
    text = render_claims_json(ENTRIES[:1], Setting(), {})
    assert changed_verdicts(text, ENTRIES[:1]) == []
    assert changed_verdicts(text, ENTRIES) == [("X1", "not in that file", "holds with correction")]
    spoiled = text.replace('"verdict": "holds"', '"verdict": "refuted"')
    assert changed_verdicts(spoiled, ENTRIES[:1]) == [("P1", "refuted", "holds")]


@pytest.mark.parametrize("text", ["", "[]", '{"claims": [{"id": "P1"}]}'])
def test_what_is_no_ledger_is_refused(text: str) -> None:
    """The message says what was expected."""
    with pytest.raises(ValueError, match="as `oracle claims --json` prints it"):
        changed_verdicts(text, ENTRIES)


def test_the_page_is_whole_and_escaped() -> None:
    """Elements are balanced; what a claim says is text, never markup."""
    text = page()
    parser = Balanced()
    parser.feed(text)
    assert parser.open == []
    assert "1 &lt; 2 &amp; so on" in text
    assert "is &lt;equal&gt;" in text
    assert text.count("<math ") == 2
    assert 'src="' not in text  # nothing is loaded


def test_the_page_tells_verdicts_evidence_and_figures() -> None:
    """A reader finds the correction, the derivation, the plots and the three sentences of a figure."""
    text = page()
    for words in TOLD:
        assert words in text, words
    assert text.count("<svg") == 3
    assert text == page()  # no dates, no random identifiers


def test_a_claim_that_broke_off_shows_its_traceback() -> None:
    """On the page and in the text."""
    assert "ValueError: no" in render_claims_html([BROKEN], Setting(), {})
    assert "ValueError: no" in "\n".join(ledger_lines([BROKEN], whole=False))


def test_text_is_a_line_a_claim_or_everything() -> None:
    """Short: identifier, verdict, grade, place. Whole: evidence too."""
    short = ledger_lines(ENTRIES, whole=False)
    assert short[0].split() == ["P1", "holds", "certified", "paper", "000,", "Sec.", "1"]
    whole = "\n".join(ledger_lines(ENTRIES, whole=True))
    assert "corrected: the sign" in whole
    assert "✗ as printed: is <equal>: 0.5 [first; certified]" in whole
    assert claim_list([MENDED]) == ["X1      paper 000, Sec. 1: 1 < 2 & so on"]


@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        (ENTRIES[:1], "P1 holds"),
        ([replace(ENTRIES[0], ruling=replace(ENTRIES[0].ruling, verdict=Verdict.REFUTED))], "P1 is refuted"),
        ([ENTRIES[0], ENTRIES[0]], "All 2 claims hold"),
        (ENTRIES, "Of 2 claims 1 holds and 1 holds with a correction"),
    ],
)
def test_the_headline_counts(entries: list[Entry], sentence: str) -> None:
    """Singular and plural."""
    assert headline(entries) == sentence


def test_a_formula_that_cannot_be_typeset_is_named() -> None:
    """The message holds the formula."""
    with pytest.raises(ValueError, match=r"the formula 'a_b_c' cannot be typeset"):
        mathml("a_b_c")


def test_a_band_leaves_out_a_tenth_at_each_end() -> None:
    """The median of three seeds is drawn, and a single seed is drawn as it is."""
    assert "<svg" in figure_svg(FIGURE, "f")
    assert "<svg" in figure_svg(
        replace(FIGURE, curves=(Curve("HB", (1.0, 2.0), ((3.0, 4.0),)),), seeds=(0,)), "f"
    )
