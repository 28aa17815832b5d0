"""What a failed test shows: the verdict, where it was decided, most likely why, and what to do next."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from oracle.findings import Finding, Outcome
from oracle.pytest_plugin.judged import Judged
from oracle.records.candidate import Declaration
from oracle.report.facts import decisive_finding, facts_of
from oracle.report.figures import bounds

__all__ = ["declared", "failure_text", "sentence"]

WIDTH = 110


def failure_text(judged: Judged) -> str:
    """Return the verdict for a person, several lines."""
    comparison = judged.comparison
    lines = [f"{comparison.verdict.outcome}: {comparison.title}"]
    for label, text in _parts(judged):
        lines += textwrap.wrap(
            text, WIDTH, initial_indent=f"  {label:<10}", subsequent_indent=" " * 12, break_long_words=False
        )
    return "\n".join(lines)


def sentence(judged: Judged) -> str:
    """Return where and by how much a run departs, in one short line; empty where it agrees."""
    finding = decisive_finding(judged.comparison)
    if finding is None:
        return ""
    if finding.outcome is Outcome.UNDECIDED:
        return finding.reason
    parts = [] if finding.step is None else [f"step {finding.step}"]
    parts += [place] if (place := _place(finding)) else []
    parts += [] if finding.excess is None else [f"{finding.excess:.3g} times the bound"]
    names = getattr(getattr(judged.verdict, "diagnosis", None), "names", ())
    parts += [" or ".join(names)] if names else []
    return ", ".join(parts) or finding.reason


def declared(declaration: Declaration) -> str:
    """Return a declaration as a phrase."""
    words = [f"{declaration.form} form", declaration.dtype]
    words += [f"sums in {declaration.accumulate}"] if declaration.accumulate else []
    words += [f"products of {declaration.operands}"] if declaration.operands else []
    words += [f"state kept in {declaration.state}"] if declaration.state else []
    return ", ".join([*words, "fused multiply-adds allowed" if declaration.fma else "no fused multiply-adds"])


def _parts(judged: Judged) -> Iterator[tuple[str, str]]:
    """Yield the labelled parts of a failure, in the order in which they are wanted."""
    finding, facts = decisive_finding(judged.comparison), facts_of(judged.comparison)
    if finding is not None:
        yield from _finding_parts(finding)
    yield from _localisation_parts(getattr(judged.verdict, "localisation", None))
    yield from _diagnosis_parts(getattr(judged.verdict, "diagnosis", None))
    if facts.local_ratio is not None:
        yield (
            "accuracy",
            f"largest local error {bounds(facts.local_ratio)} of its bound, at step {facts.local_step}",
        )
    yield "declared", f"{declared(judged.verdict.declaration)}; the bound holds for this and nothing else"
    yield "golden", _golden(judged)


def _finding_parts(finding: Finding) -> Iterator[tuple[str, str]]:
    where = [] if finding.step is None else [f"first divergent step {finding.step}"]
    if finding.outcome is Outcome.UNDECIDED:
        where = [] if finding.step is None else [f"from step {finding.step} on"]
    where += [f"at {place}"] if (place := _place(finding)) else []
    if where:
        yield "where", ", ".join(where)
    if finding.candidate_value is not None and finding.expected_value is not None:
        yield "values", f"candidate {finding.candidate_value}, expected {finding.expected_value}"
    if finding.excess is not None and finding.bound is not None:
        yield "size", f"{finding.excess:.3g} times the rounding bound of {finding.bound:.3g}"
    yield "why", f"{finding.check}: {finding.reason}"


def _localisation_parts(localisation: Any) -> Iterator[tuple[str, str]]:
    if localisation is not None and localisation.sentence:
        yield "made", localisation.sentence


def _diagnosis_parts(diagnosis: Any) -> Iterator[tuple[str, str]]:
    if diagnosis is None:
        return
    names = " or ".join(diagnosis.names) or "none known"
    yield "diagnosis", f"{names}: {diagnosis.sentence}" if diagnosis.sentence else names
    for label, text in (("do next", diagnosis.remedy), ("sure", diagnosis.confidence)):
        if text:
            yield label, text
    if diagnosis.runner_up:
        yield "runner-up", f"{diagnosis.runner_up}, at {diagnosis.runner_up_ratio:.3g} times the bound"


def _golden(judged: Judged) -> str:
    golden = judged.comparison.golden
    if judged.source.startswith("none"):
        return judged.source
    return f"{golden.digest[:19]}…, {golden.grade}, {judged.source}"


def _place(finding: Finding) -> str:
    if finding.observable is None:
        return ""
    return finding.observable + ("" if finding.coordinate is None else f"[{finding.coordinate}]")
