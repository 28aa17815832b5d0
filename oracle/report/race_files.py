"""Put a race on disk: each file appears whole or not at all."""

from __future__ import annotations

from pathlib import Path

from oracle.report.files import write_text
from oracle.report.race import Race
from oracle.report.race_html import render_race_html
from oracle.report.race_json import render_race_json

__all__ = ["write_race"]

RENDERERS = {"race.json": render_race_json, "race.html": render_race_html}


def write_race(race: Race, directory: Path) -> dict[str, Path]:
    """Write ``race.json`` and ``race.html``; return their paths by name.

    Raises
    ------
    OSError
        If the directory cannot be made or written to; files of an earlier race stay whole.
    """
    directory.mkdir(parents=True, exist_ok=True)
    texts = {name: render(race) for name, render in RENDERERS.items()}
    return {name: write_text(directory / name, text) for name, text in texts.items()}
