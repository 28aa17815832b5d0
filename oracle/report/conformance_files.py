"""Put a run of the conformance suite on disk: each file appears whole or not at all."""

from __future__ import annotations

from pathlib import Path

from oracle.report.conformance import Conformance
from oracle.report.conformance_badge import render_conformance_badge
from oracle.report.conformance_html import render_conformance_html
from oracle.report.conformance_json import render_conformance_json
from oracle.report.conformance_junit import render_conformance_junit
from oracle.report.files import write_text

__all__ = ["write_conformance"]

RENDERERS = {
    "conformance.html": render_conformance_html,
    "conformance.json": render_conformance_json,
    "junit.xml": render_conformance_junit,
    "badge.svg": render_conformance_badge,
}


def write_conformance(found: Conformance, directory: Path) -> dict[str, Path]:
    """Write page, JSON, JUnit and badge; return their paths by name.

    Raises
    ------
    OSError
        If the directory cannot be made or written to; files of an earlier run stay whole.
    """
    directory.mkdir(parents=True, exist_ok=True)
    texts = {name: render(found) for name, render in RENDERERS.items()}
    return {name: write_text(directory / name, text) for name, text in texts.items()}
