"""A race as one self-contained HTML page."""

# ruff: noqa: PLC0415 - jinja2 and matplotlib are slow to import, and only a report needs them

from __future__ import annotations

from oracle.report.figures import duration, short
from oracle.report.pages import page
from oracle.report.race import Race
from oracle.report.race_plots import race_svg
from oracle.report.race_text import HEADER, cells_of, machine_line

__all__ = ["race_headline", "render_race_html"]


def render_race_html(race: Race) -> str:
    """Return the page; every text in it is escaped."""
    from markupsafe import Markup

    return page("race.html", short=short, duration=duration).render(
        race=race,
        headline=race_headline(race).replace("`", ""),
        machine=machine_line(race),
        header=HEADER,
        rows=[(row, cells_of(race, row)) for row in race.rows],
        svg=Markup(race_svg(race, "race")),  # our own drawing; names in it are escaped by matplotlib
    )


def race_headline(race: Race) -> str:
    """Return the one sentence: who is on trial, and how many targets it reaches."""
    if not race.trial:
        return "No candidate on trial: none was raced whose steps agree"
    measured = [target for target in race.targets if target.reached is not None]
    reached = sum(bool(target.reached) for target in measured)
    return f"`{race.trial}` reaches {reached} of {len(measured)} targets that were measured"
