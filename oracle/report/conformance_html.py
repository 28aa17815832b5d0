"""A run of the conformance suite as one self-contained HTML page."""

# ruff: noqa: PLC0415 - jinja2 and matplotlib are slow to import, and only a report needs them

from __future__ import annotations

from collections import Counter
from typing import Any

from oracle.report.conformance import Conformance, ConformanceRow, Status, summary_line, sure_of
from oracle.report.conformance_badge import render_conformance_badge
from oracle.report.conformance_complaints import complaints
from oracle.report.conformance_plots import ratios_svg
from oracle.report.conformance_text import cell, place, rerun, size_text
from oracle.report.figures import bounds, duration, short
from oracle.report.pages import page
from oracle.report.plots import curves_svg

__all__ = ["render_conformance_html"]

MOST_DRAWN = 12  # failures whose curves are drawn: a page is to stay small
CLASSES = {Status.UNUSABLE: "UNDECIDED", Status.CRASHED: "UNDECIDED"}  # of the style sheet


def render_conformance_html(found: Conformance) -> str:
    """Return the page; every text in it is escaped."""
    from markupsafe import Markup

    problems = {row.problem: row for row in reversed(found.rows)}
    failures = list(found.failures)
    return page(
        "conformance.html", short=short, bounds=bounds, duration=duration, look=_look, cell=cell
    ).render(
        found=found,
        headline=sure_of(found),
        summary=summary_line(found),
        complaints=complaints(found),
        # our own drawings; names in them are escaped by whoever drew them
        badge=Markup(render_conformance_badge(found)),
        svg=Markup(ratios_svg(found, "ratios")),
        problems=[(row, [found.row(name, d) for d in found.dtypes]) for name, row in _ordered(problems)],
        failures=[_detail(found, row, i < MOST_DRAWN, i) for i, row in enumerate(failures)],
        size=size_text,
        place=place,
        rerun=lambda row: rerun(found, row),
        not_asked=list(Counter(entry.reason for entry in found.not_asked).items()),
    )


def _ordered(problems: dict[str, ConformanceRow]) -> list[tuple[str, ConformanceRow]]:
    return list(reversed(problems.items()))


def _look(status: str) -> str:
    """Return the class of the style sheet for a status."""
    return CLASSES.get(Status(status), str(status))


def _detail(found: Conformance, row: ConformanceRow, drawn: bool, index: int) -> dict[str, Any]:
    """Return what the page shows of one failure."""
    from markupsafe import Markup

    svg = ""
    curves = None if row.verdict is None else row.verdict.curves
    if drawn and curves is not None:
        svg = Markup(curves_svg(curves, f"f{index}", row.finding.step if row.finding else None))
    return {
        "row": row,
        "anchor": f"failure-{row.problem}-{row.dtype}",
        "svg": svg,
        "command": rerun(found, row),
    }
