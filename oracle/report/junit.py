"""The report for continuous integration: JUnit XML, one test case per comparison.

DISAGREES is a failure.  UNDECIDED is an error, as is a candidate that crashed: neither is a pass,
and CI servers count a skipped case as one.  A candidate that is not installed is skipped.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree import ElementTree

from oracle.report.comparison import Account, NotRun, Report
from oracle.report.facts import decisive_finding, explanation_lines, finding_text
from oracle.report.theory import TheoryRow, TheorySection
from oracle.verdict import Outcome

__all__ = ["render_account", "render_junit"]

NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
ELEMENTS = {Outcome.DISAGREES: "failure", Outcome.UNDECIDED: "error"}


def render_junit(report: Report) -> str:
    """Return the report as JUnit XML text."""
    cases = [_comparison_case(comparison) for comparison in report.comparisons]
    cases += [_theory_case(section, row) for section in report.theory for row in section.rows]
    cases += [_not_run_case(entry) for entry in report.not_run]
    return _document(report.title, cases, report.provenance, report.seconds)


def render_account(title: str, account: Account, provenance: Mapping[str, str]) -> str:
    """Return one comparison as JUnit XML text, from what is told of it.

    Parameters
    ----------
    title : str
    account : Account
    provenance : mapping of name to text
        Who judged it, for people.
    """
    return _document(title, [_comparison_case(account)], provenance, account.verdict.seconds)


def _document(
    title: str, cases: list[ElementTree.Element], provenance: Mapping[str, str], seconds: float
) -> str:
    suite = ElementTree.Element(
        "testsuite",
        name=_clean(title),
        tests=str(len(cases)),
        failures=str(_count(cases, "failure")),
        errors=str(_count(cases, "error")),
        skipped=str(_count(cases, "skipped")),
        time=f"{seconds:.3f}",
    )
    suite.append(_properties(provenance))
    suite.extend(cases)
    root = ElementTree.Element("testsuites", name="momentum-oracle")
    root.append(suite)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _comparison_case(comparison: Account) -> ElementTree.Element:
    verdict = comparison.verdict
    case = ElementTree.Element(
        "testcase",
        classname=_clean(f"momentum_oracle.{comparison.candidate}"),
        name=_clean(f"{comparison.method} {comparison.dtype}"),
        time=f"{(comparison.run_seconds or 0) + verdict.seconds:.3f}",
    )
    finding = decisive_finding(comparison)
    if verdict.outcome in ELEMENTS:
        text = finding_text(finding) if finding else str(verdict.outcome)
        text = "\n".join([text, *explanation_lines(verdict)])
        _complaint(case, ELEMENTS[verdict.outcome], str(verdict.outcome), text)
    output = ElementTree.SubElement(case, "system-out")
    output.text = _clean("\n".join(finding_text(found) for found in verdict.findings))
    return case


def _theory_case(section: TheorySection, row: TheoryRow) -> ElementTree.Element:
    case = ElementTree.Element(
        "testcase",
        classname=_clean(f"momentum_oracle.{section.anchor}"),
        name=_clean(f"{row.subject}, {row.case}"),
        time="0",
    )
    if row.outcome in ELEMENTS:
        text = f"expected {row.expected}, found {row.found}"
        _complaint(case, ELEMENTS[row.outcome], str(row.outcome), text)
    return case


def _not_run_case(entry: NotRun) -> ElementTree.Element:
    case = ElementTree.Element(
        "testcase", classname=_clean(f"momentum_oracle.{entry.candidate}"), name="run", time="0"
    )
    kind = "error" if entry.crashed else "skipped"
    _complaint(case, kind, "NOT RUN", f"{entry.reason}; {entry.remedy}")
    return case


def _complaint(case: ElementTree.Element, element: str, kind: str, text: str) -> None:
    complaint = ElementTree.SubElement(case, element, message=_clean(text))
    if element != "skipped":  # the common schema gives `skipped` a message alone
        complaint.set("type", kind)
        complaint.text = _clean(text)


def _properties(provenance: Mapping[str, str]) -> ElementTree.Element:
    properties = ElementTree.Element("properties")
    for name, value in provenance.items():
        ElementTree.SubElement(properties, "property", name=_clean(name), value=_clean(value))
    return properties


def _count(cases: list[ElementTree.Element], element: str) -> int:
    return sum(case.find(element) is not None for case in cases)


def _clean(text: str) -> str:
    """Return the text with every character that XML 1.0 forbids replaced."""
    return NOT_IN_XML.sub("\ufffd", text)
