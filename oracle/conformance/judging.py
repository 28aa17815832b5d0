"""One record judged as far as this machine can: by the whole judge, or step by step where flint is missing.

Both are numpy alone; only making the golden needs flint.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from oracle.findings import Finding, Outcome
from oracle.records.candidate import Array, Declaration
from oracle.records.golden import Golden
from oracle.step_check import StepCheck
from oracle.verdict import judge

__all__ = ["Judge", "Judgement", "Question", "golden_for", "judged"]


@dataclass(frozen=True)
class Judgement:
    """What came of one record.

    Parameters
    ----------
    outcome : Outcome
    findings : tuple of Finding
        The decisive one first.
    names : tuple of str
        Of the diagnosis; empty where there is none.
    sentence : str
    """

    outcome: Outcome
    findings: tuple[Finding, ...]
    names: tuple[str, ...] = ()
    sentence: str = ""

    @property
    def first(self) -> Finding | None:
        """The finding of the first divergent step, with a size where one of that step has any."""
        against = [f for f in self.findings if f.outcome is Outcome.DISAGREES and f.step is not None]
        return min(against, key=lambda f: (f.step, f.excess is None), default=None)


@dataclass(frozen=True)
class Question:
    """What a record is an answer to.

    Parameters
    ----------
    canonical : mapping
        The spec.
    golden : Golden or None
        None where none can be had.
    """

    canonical: Mapping[str, Any]
    golden: Golden | None


Judge = Callable[[Question, Mapping[str, Array], Declaration, Sequence[int]], Judgement]


def judged(
    question: Question, arrays: Mapping[str, Array], declaration: Declaration, steps: Sequence[int]
) -> Judgement:
    """Judge a record.

    Raises
    ------
    CandidateError
        If the record cannot be compared at all.
    """
    if question.golden is None:
        finding = StepCheck(question.canonical, declaration)(steps, arrays)
        return Judgement(finding.outcome, (finding,))
    verdict = judge(question.golden, arrays, declaration, steps, draw_envelope=False)
    diagnosis = getattr(verdict, "diagnosis", None)
    if diagnosis is None:
        return Judgement(verdict.outcome, verdict.findings)
    return Judgement(verdict.outcome, verdict.findings, tuple(diagnosis.names), diagnosis.sentence)


def golden_for(canonical: Mapping[str, Any]) -> Golden | None:
    """Return the certified golden of a canonical spec.

    None where flint is not installed, or where the run leaves every bound: then steps are judged one by one.
    """
    try:
        from oracle.goldens import REFUSALS, compute_golden  # noqa: PLC0415 - flint, where it is installed
        from oracle.spec import Spec  # noqa: PLC0415 - pydantic, likewise
    except ModuleNotFoundError:
        return None
    text = json.dumps(canonical, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    try:
        return compute_golden(Spec(text), cross_check=False)
    except REFUSALS:
        return None
