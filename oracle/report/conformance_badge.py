"""A badge for a README: who, how many problems agree, against which suite; one SVG that needs nothing else."""

from __future__ import annotations

from html import escape

from oracle.findings import Outcome
from oracle.report.conformance import Conformance, counts_text, summary_line

__all__ = ["render_conformance_badge"]

COLOURS = {Outcome.AGREES: "#14713d", Outcome.DISAGREES: "#b3261e", Outcome.UNDECIDED: "#8a5a00"}
WIDTH = 6.6  # of a character at 11 px, generously: fonts differ


def render_conformance_badge(found: Conformance) -> str:
    """Return the badge; the whole summary line is its title."""
    left, right = f"momentum-oracle {found.suite_version}", counts_text(found)
    ends = [round(len(text) * WIDTH + 14) for text in (left, right)]
    total, title = sum(ends), escape(summary_line(found))
    return f"""<svg xmlns="http://www.w3.org/2000/svg" width="{total}" height="20" role="img" aria-label="{title}">
<title>{title}</title>
<clipPath id="round"><rect width="{total}" height="20" rx="4"/></clipPath>
<g clip-path="url(#round)">
<rect width="{ends[0]}" height="20" fill="#3c444d"/>
<rect x="{ends[0]}" width="{ends[1]}" height="20" fill="{COLOURS[found.outcome]}"/>
</g>
<g fill="#fff" text-anchor="middle" font-family="Verdana, DejaVu Sans, sans-serif" font-size="11">
<text x="{ends[0] / 2}" y="14">{escape(left)}</text>
<text x="{ends[0] + ends[1] / 2}" y="14">{escape(right)}</text>
</g>
</svg>
"""
