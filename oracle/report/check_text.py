"""A check for people on a terminal: the verdict, what decided it, and how far off it is."""

from __future__ import annotations

from oracle.report.facts import decisive_finding, explanation_lines, finding_text
from oracle.report.figures import bounds
from oracle.report.told import Told

__all__ = ["check_lines"]


def check_lines(told: Told) -> list[str]:
    """Return the verdict for people, a line each."""
    facts, finding = told.facts, decisive_finding(told)
    lines = [f"{told.verdict.outcome}: {told.title}"]
    if finding is not None:
        lines.append(f"  {finding_text(finding)}")
    lines += [f"  {line}" for line in explanation_lines(told.verdict)]
    if facts.local_ratio is not None:
        lines.append(
            f"  largest local error: {bounds(facts.local_ratio)} of its bound, at step {facts.local_step}"
        )
    for error in facts.final_errors:
        relative = "" if error.relative is None else f", {error.relative:.2e} relative"
        lines.append(f"  {error.observable} at step {facts.final_step}: error {error.absolute:.2e}{relative}")
    return [*lines, f"  golden {told.golden}{f' ({told.grade})' if told.grade else ''}"]
