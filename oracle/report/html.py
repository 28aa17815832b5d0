"""The report that a person reads: one HTML file that needs nothing else."""

# ruff: noqa: PLC0415 - jinja2 and matplotlib are slow to import, and only a report needs them

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oracle.records.golden import Golden
from oracle.report.comparison import Comparison, Report
from oracle.report.digits import chosen_rows
from oracle.report.facts import decisive_finding, explanation, facts_of, headline, step_words
from oracle.report.figures import bounds, duration, short
from oracle.report.pages import page
from oracle.report.plots import curves_svg
from oracle.report.theory import TheorySection
from oracle.report.theory_plots import section_svg

__all__ = ["certificate_facts", "render_html"]

CERTIFICATE_FACTS = {
    "precision_bits": "working precision, bits",
    "bits_lost_per_step": "bits lost per step",
    "cross_checked_by_mpmath": "confirmed by mpmath",
    "seconds": "time to certify, s",
}


def render_html(report: Report) -> str:
    """Return the whole report as one self-contained HTML page; every text in it is escaped."""
    return page("report.html", short=short, bounds=bounds, duration=duration).render(
        report=report,
        headline=headline(report),
        sections=[_section(comparison, i) for i, comparison in enumerate(report.comparisons)],
        goldens=_goldens(report),
        theory=[_theory(section) for section in report.theory],
    )


def certificate_facts(provenance: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a golden's provenance says of its certificate, each under a label for people."""
    known = {label: provenance[name] for name, label in CERTIFICATE_FACTS.items() if name in provenance}
    return {label: {True: "yes", False: "no"}[x] if isinstance(x, bool) else x for label, x in known.items()}


def _section(comparison: Comparison, index: int) -> dict[str, Any]:
    """Return what the template shows of one comparison."""
    from markupsafe import Markup

    verdict = comparison.verdict
    finding = decisive_finding(comparison)
    svg = ""
    if verdict.curves is not None:
        # our own drawing, with no text of the candidate's in it
        svg = Markup(curves_svg(verdict.curves, f"c{index}", finding.step if finding else None))
    return {
        "anchor": f"comparison-{index}",
        "comparison": comparison,
        "verdict": verdict,
        "facts": facts_of(comparison),
        "finding": finding,
        "step_words": step_words(finding) if finding else "",
        "explanation": explanation(verdict),
        "digits": chosen_rows(comparison),
        "svg": svg,
    }


def _theory(section: TheorySection) -> dict[str, Any]:
    """Return what the template shows of one section on the formulas."""
    from markupsafe import Markup

    return {"section": section, "svg": Markup(section_svg(section, section.anchor))}  # our own drawing


def _goldens(report: Report) -> list[dict[str, Any]]:
    """Return each golden once, in order of first use."""
    goldens = {comparison.golden.digest: comparison.golden for comparison in report.comparisons}
    return [_golden_facts(digest, golden) for digest, golden in goldens.items()]


def _golden_facts(digest: str, golden: Golden) -> dict[str, Any]:
    return {
        "digest": digest,
        "golden": golden,
        "spec": golden.spec,
        "certificate": certificate_facts(golden.provenance),
        "versions": {
            name: value for name, value in golden.provenance.items() if name not in CERTIFICATE_FACTS
        },
    }
