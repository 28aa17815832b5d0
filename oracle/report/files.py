"""Put a report on disk: each file appears whole or not at all."""

from __future__ import annotations

from pathlib import Path

from oracle.records.atomic_files import write_atomically
from oracle.report.comparison import Report
from oracle.report.html import render_html
from oracle.report.json_report import render_json
from oracle.report.junit import render_junit

__all__ = ["write_report", "write_text"]

RENDERERS = {"report.html": render_html, "report.json": render_json, "junit.xml": render_junit}


def write_report(report: Report, directory: Path) -> dict[str, Path]:
    """Write ``report.html``, ``report.json`` and ``junit.xml``; return their paths by name.

    Raises
    ------
    OSError
        If the directory cannot be made or written to; files of an earlier run stay whole.
    """
    directory.mkdir(parents=True, exist_ok=True)
    texts = {name: render(report) for name, render in RENDERERS.items()}
    return {name: write_text(directory / name, text) for name, text in texts.items()}


def write_text(path: Path, text: str) -> Path:
    """Write a text file so that a kill leaves the old one or the new, its folder too; return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, text.encode())
    return path
