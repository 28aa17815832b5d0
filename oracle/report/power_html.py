"""A self-test as one self-contained HTML page."""

from __future__ import annotations

from oracle.report.figures import bounds, duration, short
from oracle.report.pages import page
from oracle.report.power import PowerReport
from oracle.report.power_rows import fault_rows, total_row
from oracle.report.power_text import (
    CORRECT_HEADER,
    FAULT_HEADER,
    PLACE_HEADER,
    correct_cells,
    fault_cells,
    place_rows,
    power_headline,
    targets,
    tolerance_rows,
)

__all__ = ["render_power_html"]

SHOWN = 100  # of a list of what went wrong


def render_power_html(report: PowerReport) -> str:
    """Return the page; every text in it is escaped."""
    return page("power.html", short=short, bounds=bounds, duration=duration).render(
        report=report,
        headline=power_headline(report),
        targets=targets(report),
        tolerances=tolerance_rows(report),
        fault_header=FAULT_HEADER,
        faults=[(row, fault_cells(row)) for row in fault_rows(report.cases)],
        total=fault_cells(total_row(report)),
        place_header=PLACE_HEADER,
        places=place_rows(report),
        correct_header=CORRECT_HEADER,
        tallies=[(tally, correct_cells(tally)) for tally in report.tallies],
        shown=SHOWN,
        misnamed=[case for case in report.moving if case.caught and not case.named_rightly],
    )
