"""Run a target on the suite: every problem in every dtype that it runs, each judged, none hiding another.

Every run is a call of the candidate with arrays of its own; its record is judged by `oracle.verdict.judge` against
the shipped golden, successive steps by local replay, the sparse ones of long horizons by the global envelope.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np

from oracle.candidate_file import CandidateError
from oracle.case import case_of
from oracle.conformance.shipped import Entry, Suite
from oracle.conformance.target import Target
from oracle.findings import Outcome
from oracle.records.candidate import Array, Declaration
from oracle.records.golden import Golden
from oracle.report.conformance import Conformance, ConformanceRow, NotAsked, Status
from oracle.report.facts import finding_text
from oracle.tensors import task_of
from oracle.verdict import Verdict, judge
from oracle.versions import versions
from reference.case import Regression
from reference.models import MODELS

__all__ = ["Selection", "arrays_of", "crash_text", "run_suite"]

DTYPES = ("float64", "float32")  # of a candidate that says nothing
METHOD_REMEDY = (
    "if it does not run this method or model, say so: give the function the attributes `methods` and `models`"
)
REMEDIES = {
    Status.CRASHED: "repair it, or raise NotImplementedError where it cannot run a problem; " + METHOD_REMEDY,
    Status.UNUSABLE: "hand back a mapping of parameter name to array of shape (len(steps), d), a row a step asked for, "
    "in the dtype of X",
    Status.UNDECIDED: "an undecided run is no pass: record successive steps and the momenta, which are decided one by one",
    Status.DISAGREES: "compare the update at that step with the method's: its form, η, μ, the loss factor, where the "
    "gradient is taken; if the arithmetic is narrower than declared, declare it (`--form`, `--operands`, `--state`)",
}

Stage = Callable[[str], Callable[[int, int], None]]


@dataclass(frozen=True)
class Selection:
    """What of the suite is run; empty means all.

    Parameters
    ----------
    dtypes, problems, methods, models : tuple of str
    quick : bool
        The problems of the short suite alone.
    """

    dtypes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    quick: bool = False

    def holds(self, entry: Entry) -> bool:
        """Whether a problem is chosen."""
        return (
            (not self.problems or entry.name in self.problems)
            and (not self.methods or entry.method in self.methods)
            and (not self.models or entry.model in self.models)
            and (entry.quick or not self.quick or bool(self.problems))
        )


def run_suite(target: Target, suite: Suite, selection: Selection, stage: Stage) -> Conformance:
    """Run the chosen part of the suite.

    Parameters
    ----------
    target : Target
    suite : Suite
    selection : Selection
    stage : callable
        Called with the name of each stage; what it returns is told (done, total).

    Raises
    ------
    CandidateError
        If the selection names what the suite has not, or the candidate runs nothing of it.
    oracle.records.record_errors.DamagedRecordError, oracle.records.record_errors.MissingRecordError
        If a shipped golden is damaged or missing.
    """
    began = time.perf_counter()
    _check(selection, suite)
    chosen = [entry for entry in suite.entries if selection.holds(entry)]
    pairs = [
        (entry, dtype)
        for entry in chosen
        for dtype in entry.goldens
        if not selection.dtypes or dtype in selection.dtypes
    ]
    refused = {
        (entry.name, dtype): _refusal(target, entry, dtype, selection.dtypes) for entry, dtype in pairs
    }
    asked = [pair for pair in pairs if not refused[pair[0].name, pair[1]]]
    rows: list[ConformanceRow] = []
    declined: list[NotAsked] = []
    advance = stage(f"run {target.name} on {len(asked)} problems")
    for done, (entry, dtype) in enumerate(asked):
        advance(done, len(asked))
        found = _row(target, entry, dtype, suite.golden(entry, dtype))
        (declined if isinstance(found, NotAsked) else rows).append(found)  # type: ignore[arg-type]  # by its type
    not_asked = [NotAsked(name, dtype, reason) for (name, dtype), reason in refused.items() if reason]
    not_asked += declined
    if not rows:
        raise _nothing_asked(target, selection, not_asked)
    seconds = time.perf_counter() - began
    left_out = len(suite) - len(pairs)
    return Conformance(
        target.name,
        suite.version,
        suite.digest,
        len(suite),
        tuple(rows),
        tuple(not_asked),
        left_out,
        versions(),
        seconds,
        target.declared.given(),
    )


def _check(selection: Selection, suite: Suite) -> None:
    """Refuse names that the suite has not."""
    known = {
        "problem": [entry.name for entry in suite.entries],
        "method": sorted({entry.method for entry in suite.entries}),
        "model": sorted({entry.model for entry in suite.entries}),
        "dtype": sorted({dtype for entry in suite.entries for dtype in entry.goldens}),
    }
    given = (selection.problems, selection.methods, selection.models, selection.dtypes)
    for (what, choices), names in zip(known.items(), given, strict=True):
        for name in names:
            if name not in choices:
                close = get_close_matches(name, choices, n=1)
                meant = f" (did you mean `{close[0]}`?)" if close else ""
                raise CandidateError(
                    f"the suite has no {what} `{name}`{meant}: expected one of {', '.join(choices)}"
                )


def _refusal(target: Target, entry: Entry, dtype: str, dtypes: Sequence[str]) -> str:
    """Return why the candidate is not asked, by its own word; empty where it is.

    One that says nothing of its dtypes is asked for float64 and float32, and for others when the user does.
    """
    said = getattr(target.candidate, "dtypes", None) or dtypes or DTYPES
    if dtype not in said:
        return f"does not say that it runs {dtype} (attribute `dtypes`, or `--dtype {dtype}`)"
    for what, name in (("methods", entry.method), ("models", entry.model)):
        said = getattr(target.candidate, what, None)
        if said is not None and name not in said:
            return f"does not run {name.replace('_', ' ')}"
    if entry.schedule and entry.schedule not in getattr(target.candidate, "schedules", ()):
        return (
            f"does not say that it follows schedules that scale the {entry.schedule} (attribute `schedules`)"
        )
    return ""


def _row(target: Target, entry: Entry, dtype: str, golden: Golden) -> ConformanceRow | NotAsked:
    """Run and judge one problem."""
    steps = entry.steps_to_record(golden)
    task = task_of(golden.spec, dtype, steps)
    declaration: Declaration | None = None
    began = time.perf_counter()
    try:
        declaration = target.declaration(dtype, entry.method)
        returned = target.candidate(task.problem, task.method, task.steps)
    except NotImplementedError as error:
        return NotAsked(entry.name, dtype, f"says that it is not implemented: {error}".rstrip(": "))
    except CandidateError as error:
        return _failed(entry, dtype, golden, Status.UNUSABLE, str(error), declaration)
    except (Exception, SystemExit) as error:  # somebody else's code may raise anything, and may try to leave
        return _failed(entry, dtype, golden, Status.CRASHED, crash_text(error), declaration)
    seconds = time.perf_counter() - began
    try:
        verdict = judge(golden, arrays_of(returned), declaration, steps, draw_envelope=False)
    except CandidateError as error:
        return _failed(entry, dtype, golden, Status.UNUSABLE, str(error), declaration)
    return _judged(entry, dtype, golden, verdict, seconds)


def arrays_of(returned: Any) -> Mapping[str, Array]:
    """Return what came back as arrays by name.

    Raises
    ------
    CandidateError
        If it is no mapping, or an entry is no array of numbers.
    """
    if not isinstance(returned, Mapping):
        raise CandidateError(
            f"the function returned a {type(returned).__name__}: expected a mapping such as "
            '{"u": array of shape (len(steps), d), "v": …}'
        )
    arrays = {}
    for name, value in returned.items():
        try:
            arrays[str(name)] = np.asarray(value)
        except Exception as error:  # a tensor on a device, a ragged list
            raise CandidateError(
                f"`{name}` cannot be read as an array ({type(error).__name__}: {error}): expected a numpy array; "
                "for a tensor hand back `tensor.detach().cpu().numpy()`"
            ) from error
    return arrays


def _judged(entry: Entry, dtype: str, golden: Golden, verdict: Verdict, seconds: float) -> ConformanceRow:
    status = Status(verdict.outcome)
    facts = _facts(entry, dtype, golden) | {
        "verdict": verdict,
        "declaration": verdict.declaration,
        "seconds": seconds,
    }
    if verdict.outcome is Outcome.AGREES:
        return ConformanceRow(**facts, status=status)
    finding = next(found for found in verdict.findings if found.outcome is verdict.outcome)
    diagnosis = verdict.diagnosis
    reason, remedy = finding_text(finding), REMEDIES[status]
    if diagnosis is not None:
        remedy = diagnosis.remedy or remedy
    return ConformanceRow(**facts, status=status, reason=reason, remedy=remedy)


def _failed(
    entry: Entry, dtype: str, golden: Golden, status: Status, reason: str, declaration: Declaration | None
) -> ConformanceRow:
    facts = _facts(entry, dtype, golden)
    return ConformanceRow(
        **facts, status=status, reason=reason, remedy=REMEDIES[status], declaration=declaration
    )


def _facts(entry: Entry, dtype: str, golden: Golden) -> dict[str, Any]:
    """Return what a row states whatever became of it."""
    case = case_of(golden.spec)
    assert isinstance(case.problem, Regression)  # the suite has no other
    d = len(case.init[MODELS[case.model].names[0]])
    return {
        "problem": entry.name,
        "theme": entry.theme,
        "why": entry.why,
        "method": entry.method,
        "model": entry.model,
        "dtype": dtype,
        "size": (len(case.problem.y), d, golden.steps[-1]),
        "golden": golden.digest,
    }


def crash_text(error: BaseException) -> str:
    """Return type, message and the place in the candidate's own code."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f", in {frames[-1].name} ({frames[-1].filename}:{frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {error}{place}"


def _nothing_asked(target: Target, selection: Selection, not_asked: Sequence[NotAsked]) -> CandidateError:
    reasons = "; ".join(dict.fromkeys(entry.reason for entry in not_asked))
    if reasons:
        return CandidateError(f"nothing of the suite can be asked of `{target.name}`: it {reasons}")
    chosen = ", ".join(f"{name} {value}" for name, value in vars(selection).items() if value)
    return CandidateError(
        f"no problem of the suite is left by the selection ({chosen}): leave some of it out"
    )
