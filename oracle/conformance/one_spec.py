"""Run a target on one spec of the user's own: every step by local replay, no golden, numpy alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oracle.candidate_file import CandidateError
from oracle.case import case_of
from oracle.conformance.runner import arrays_of, crash_text
from oracle.conformance.target import Target
from oracle.diagnosis.diagnose import diagnose
from oracle.diagnosis.diagnosis import Diagnosis
from oracle.findings import Finding, Outcome
from oracle.records.candidate import Declaration
from oracle.step_check import StepCheck
from oracle.tensors import task_of
from oracle.trace import trace_of

__all__ = ["judge_spec"]


def judge_spec(
    target: Target, canonical: Mapping[str, Any], dtype: str
) -> tuple[Declaration, Finding, Diagnosis | None]:
    """Return what was declared, what the steps of a run of the spec come to, and what explains them.

    Parameters
    ----------
    target : Target
    canonical : mapping
        Canonical spec of iterates; every step up to the last it wants is recorded.
    dtype : str
        Asked of the candidate.

    Raises
    ------
    CandidateError
        If the candidate fails, or hands back what cannot be judged.
    oracle.spec_error.SpecError
        If the spec is no run of a discrete method.
    """
    steps = range(max(canonical["want"].get("steps", [1])) + 1)
    check = StepCheck(canonical, target.declaration(dtype, canonical["method"]["name"]))
    task = task_of(canonical, dtype, steps)
    try:
        returned = target.candidate(task.problem, task.method, task.steps)
    except (Exception, SystemExit) as error:  # somebody else's code may raise anything, and may try to leave
        raise CandidateError(f"`{target.name}` failed on the spec: {crash_text(error)}") from error
    arrays = {name: array for name, array in arrays_of(returned).items() if name != "steps"}
    found = check(steps, arrays)
    if found.outcome is not Outcome.DISAGREES or found.check == "start":
        return check.declaration, found, None
    trace = trace_of(check.case, arrays, steps)
    return check.declaration, found, diagnose(case_of(canonical), check.declaration, trace)
