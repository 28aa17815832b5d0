"""A run of the conformance suite for continuous integration: JUnit XML, one test case a problem and dtype.

DISAGREES is a failure; what is undecided, unusable or crashed an error; what was not asked is skipped.
"""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree import ElementTree

from oracle.report.conformance import Conformance, ConformanceRow, NotAsked, Status, summary_line
from oracle.report.conformance_text import place, rerun
from oracle.report.junit import NOT_IN_XML

__all__ = ["render_conformance_junit"]

ELEMENTS = {
    Status.DISAGREES: "failure",
    Status.UNDECIDED: "error",
    Status.UNUSABLE: "error",
    Status.CRASHED: "error",
}


def render_conformance_junit(found: Conformance) -> str:
    """Return the run as JUnit XML text."""
    failures = found.count(Status.DISAGREES)
    wrong = len(found.failures)
    suite = _element(
        "testsuite",
        {
            "name": summary_line(found),
            "tests": str(len(found.rows) + len(found.not_asked)),
            "failures": str(failures),
            "errors": str(wrong - failures),
            "skipped": str(len(found.not_asked)),
            "time": f"{found.seconds:.3f}",
        },
    )
    properties = ElementTree.SubElement(suite, "properties")
    facts = {"suite": found.suite_digest, **found.provenance}
    properties.extend(_element("property", {"name": k, "value": v}) for k, v in facts.items())
    suite.extend(_case(found, row) for row in found.rows)
    suite.extend(_skipped(found, entry) for entry in found.not_asked)
    root = ElementTree.Element("testsuites", name="momentum-oracle")
    root.append(suite)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _case(found: Conformance, row: ConformanceRow) -> ElementTree.Element:
    case = _named(found, row.problem, row.dtype, row.seconds)
    if row.status in ELEMENTS:
        sentence = row.diagnosis.sentence if row.diagnosis else row.reason
        lines = [sentence, place(row), f"what to do: {row.remedy}", f"see it again: {rerun(found, row)}"]
        text = "\n".join(line for line in lines if line)
        complaint = _element(ELEMENTS[row.status], {"message": sentence, "type": str(row.status)})
        complaint.text = _clean(text)
        case.append(complaint)
    ratio = "" if row.ratio is None else f"; largest error {row.ratio:.6g} of its bound"
    output = ElementTree.SubElement(case, "system-out")
    output.text = _clean(f"{row.why}{ratio}; golden {row.golden}")
    return case


def _skipped(found: Conformance, entry: NotAsked) -> ElementTree.Element:
    case = _named(found, entry.problem, entry.dtype, 0.0)
    case.append(_element("skipped", {"message": entry.reason}))
    return case


def _named(found: Conformance, problem: str, dtype: str, seconds: float) -> ElementTree.Element:
    facts = {
        "classname": f"momentum_oracle.conformance.{found.target}",
        "name": f"{problem} {dtype}",
        "time": f"{seconds:.3f}",
    }
    return _element("testcase", facts)


def _element(tag: str, attributes: Mapping[str, str]) -> ElementTree.Element:
    return ElementTree.Element(tag, {name: _clean(value) for name, value in attributes.items()})


def _clean(text: str) -> str:
    """Return the text with every character that XML 1.0 forbids replaced."""
    return NOT_IN_XML.sub("\ufffd", text)
