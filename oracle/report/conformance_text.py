"""A run of the conformance suite as lines of text for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from oracle.report.conformance import Conformance, ConformanceRow, Status
from oracle.report.conformance_complaints import Complaint, complaints
from oracle.report.figures import bounds, duration

__all__ = ["cell", "complaint_lines", "conformance_lines", "place", "rerun", "size_text"]

MOST = 6  # complaints that a terminal is to hold; the report has all


def conformance_lines(found: Conformance) -> list[str]:
    """Return the heading, a line a problem, what was not asked and what is wrong."""
    problems = list(dict.fromkeys(row.problem for row in found.rows))
    lines = [
        f"{found.target}: {len(problems)} problems, {len(found.rows)} runs, {duration(found.seconds)}; "
        "the largest error of each in units of its rounding bound",
        "",
        *_table(found, problems),
        "",
        *_not_asked(found),
    ]
    wrong = complaints(found)
    for entry in wrong[:MOST]:
        lines += ["", *complaint_lines(found, entry)]
    if len(wrong) > MOST:
        lines += ["", f"and {len(wrong) - MOST} more kinds of failure: `--report` lists all"]
    return lines


def complaint_lines(found: Conformance, complaint: Complaint) -> list[str]:
    """Return one complaint: how many runs, what it is, where it shows first, what to do, how to see it again."""
    first, count = complaint.rows[0], len(complaint.rows)
    names = ", ".join(dict.fromkeys(row.problem for row in complaint.rows[:4])) + (", …" if count > 4 else "")
    lines = [f"{complaint.status} in {_runs(count)} ({names})", f"  {complaint.what}"]
    if complaint.sure:
        lines.append(f"  {complaint.sure}")
    if place(first):
        lines.append(f"  {first.problem}, {first.dtype}: {place(first)}")
    lines.append(f"  what to do: {complaint.remedy}")
    return [*lines, f"  see it again: {rerun(found, first)}"]


def place(row: ConformanceRow) -> str:
    """Return where a row departs: step, coordinate, both values and the size in bounds."""
    finding = row.finding
    if finding is None or finding.step is None:
        return ""
    parts = [f"first at step {finding.step}"]
    if finding.observable is not None:
        parts.append(finding.observable + ("" if finding.coordinate is None else f"[{finding.coordinate}]"))
    if finding.candidate_value is not None and finding.expected_value is not None:
        parts.append(f"{finding.candidate_value} for {finding.expected_value}")
    if finding.excess is not None:
        parts.append(f"{finding.excess:.3g} times the bound")
    pattern = row.localisation.pattern if row.localisation else ""
    return ", ".join(parts) + (f"; wrong {pattern}" if pattern else "")


def rerun(found: Conformance, row: ConformanceRow) -> str:
    """Return the command that runs one row alone."""
    declared = "".join(f" --{name} {value}" for name, value in found.declared.items())
    return f"oracle conformance {found.target} --only {row.problem} --dtype {row.dtype}{declared}"


def cell(row: ConformanceRow | None) -> str:
    """Return what a table shows of one run."""
    if row is None:
        return "–"
    if row.status is Status.AGREES:
        return f"AGREES {bounds(row.ratio)}"
    step = row.finding.step if row.finding else None
    return str(row.status) + (f" at {step}" if row.status is Status.DISAGREES and step is not None else "")


def size_text(row: ConformanceRow) -> str:
    """Return n × d and the steps."""
    n, d, steps = row.size
    return f"{n} × {d}, {steps}"


def _table(found: Conformance, problems: Sequence[str]) -> list[str]:
    rows = [("problem", "method", "model", "n × d, steps", *found.dtypes)]
    for problem in problems:
        cells = [found.row(problem, dtype) for dtype in found.dtypes]
        known = next(row for row in cells if row is not None)
        rows.append((problem, known.method, known.model, size_text(known), *map(cell, cells)))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


def _not_asked(found: Conformance) -> list[str]:
    """Return what was not asked, by reason."""
    reasons = Counter(entry.reason for entry in found.not_asked)
    lines = [f"not asked: {_runs(count)}, {found.target} {reason}" for reason, count in reasons.items()]
    if found.left_out:
        lines.append(f"not asked: {_runs(found.left_out)} that your options leave out")
    return lines


def _runs(count: int) -> str:
    return f"{count} run{'s' * (count != 1)}"
