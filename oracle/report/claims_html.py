"""The ledger as one self-contained HTML page, for authors of the papers to read."""

# ruff: noqa: PLC0415 - jinja2, matplotlib and the typesetter are slow to import, and only a report needs them

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from oracle.claims.claim import Setting
from oracle.claims.evidence import Role
from oracle.claims.ledger import Entry
from oracle.claims.verdict import Verdict
from oracle.records.figure import Figure
from oracle.report.claims_plots import figure_svg, plots_svg
from oracle.report.claims_words import PAPERS, counted, derivation, headline
from oracle.report.figures import duration
from oracle.report.pages import page

__all__ = ["mathml", "render_claims_html"]

CLASSES = {  # of the page's style sheet
    Verdict.HOLDS: "AGREES",
    Verdict.HOLDS_WITH_CORRECTION: "AMENDED",
    Verdict.NEEDS_ASSUMPTION: "UNDECIDED",
    Verdict.REFUTED: "DISAGREES",
    Verdict.NOT_DECIDABLE: "OPEN",
}
BESIDE_EACH_OTHER = 70  # characters of TeX up to which two formulas share a line
ORDER = (Role.AS_PRINTED, Role.UNDER_ASSUMPTION, Role.CORRECTED, Role.BESIDE)


def render_claims_html(
    entries: Sequence[Entry], setting: Setting, versions: Mapping[str, str], figures: Sequence[Figure] = ()
) -> str:
    """Return the page; every text in it is escaped.

    Parameters
    ----------
    entries : sequence of Entry
    setting : Setting
    versions : mapping
    figures : sequence of Figure
        The papers' figures, drawn again.
    """
    from markupsafe import Markup

    papers = [
        (paper, title, [_shown(entry) for entry in entries if entry.claim.paper == paper])
        for paper, title in PAPERS.items()
    ]
    drawn = [
        {"figure": figure, "svg": Markup(figure_svg(figure, f"f{i}"))}  # our own drawing of numbers
        for i, figure in enumerate(figures)
    ]
    return page("claims.html", duration=duration).render(
        headline=headline(entries),
        counts=[(verdict, CLASSES[verdict], number) for verdict, number in counted(entries).items()],
        papers=[found for found in papers if found[2]],
        figures=drawn,
        setting=setting,
        versions=versions,
    )


def mathml(tex: str) -> str:
    """Return a TeX formula as MathML for a line of its own, or an empty text for none.

    Raises
    ------
    ValueError
        If the formula cannot be typeset.
    """
    from latex2mathml.converter import convert
    from markupsafe import Markup

    if not tex:
        return ""
    try:
        return Markup(convert(tex, display="block"))  # the typesetter's own elements; it escapes the symbols
    except Exception as error:
        raise ValueError(f"the formula {tex!r} cannot be typeset: {type(error).__name__} {error}") from error


def _shown(entry: Entry) -> dict[str, Any]:
    """Return what the template shows of one claim."""
    from markupsafe import Markup

    claim, ruling = entry.claim, entry.ruling
    corrected = ruling.correction
    return {
        "entry": entry,
        "claim": claim,
        "ruling": ruling,
        "css": CLASSES[ruling.verdict],
        "printed": mathml(claim.printed_tex),
        "long": max(len(claim.printed_tex), len(corrected.tex) if corrected else 0) > BESIDE_EACH_OTHER,
        "corrected": mathml(corrected.tex) if corrected else "",
        "checks": sorted(entry.findings.checks, key=lambda check: ORDER.index(check.role)),
        "captions": list(dict.fromkeys(plot.caption for plot in entry.findings.plots if plot.caption)),
        "derivation": derivation(claim),
        "svg": Markup(plots_svg(entry.findings.plots, f"p{claim.identifier}".replace(".", ""))),
    }
