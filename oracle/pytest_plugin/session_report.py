"""One report over everything that a session judged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from oracle.pytest_plugin.ledger import FAILED, Entry
from oracle.pytest_plugin.parcels import Unpacker
from oracle.report.comparison import Comparison, NotRun, Report
from oracle.report.files import write_text
from oracle.report.html import render_html
from oracle.report.json_report import render_json
from oracle.report.junit import render_junit
from oracle.versions import versions

__all__ = ["session_report", "write_session_report"]

RENDERERS: dict[str, Callable[[Report], str]] = {
    ".html": render_html,
    ".json": render_json,
    ".xml": render_junit,
}
TITLE = "what the tests judged"
REMEDY = "the failure of the test shows where"


def write_session_report(entries: Sequence[Entry], paths: Sequence[Path], seconds: float) -> None:
    """Write the report to every path, each in the form that its suffix names.

    Raises
    ------
    OSError
        If a directory cannot be made or a file not be written; what was there stays whole.
    """
    report = session_report(entries, seconds)
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, RENDERERS[path.suffix.lower()](report))


def session_report(entries: Sequence[Entry], seconds: float) -> Report:
    """Return the report, its runs in the order of the tests and named by them.

    Parameters
    ----------
    entries : sequence of Entry
        With parcels.
    seconds : float
        Wall time of the session.
    """
    unpacker = Unpacker()
    comparisons = [(entry, unpacker.unpack(entry.parcel)) for entry in entries if entry.parcel is not None]
    failed = [entry for entry in entries if entry.verdict == FAILED]
    return Report(
        TITLE,
        tuple(_named(entry, comparison) for entry, comparison in sorted(comparisons, key=_by_test)),
        tuple(NotRun(_name(entry), entry.sentence, REMEDY, True) for entry in failed),
        versions(),
        seconds,
    )


def _named(entry: Entry, comparison: Comparison) -> Comparison:
    return replace(comparison, candidate=_name(entry))


def _name(entry: Entry) -> str:
    """Return the test, and the candidate where that says more."""
    return entry.test if entry.test.endswith(f"::{entry.candidate}") else f"{entry.test}: {entry.candidate}"


def _by_test(pair: tuple[Entry, Comparison]) -> str:
    return pair[0].test
