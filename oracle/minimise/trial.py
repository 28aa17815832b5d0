"""Run a candidate on a draft and judge what it recorded, without a golden.

Every step from 0 to the last is recorded.  What `oracle.step_check` refuses is a failure, and so are a θ or a
loss that are not those of the candidate's own parameters, and numbers that are not finite although the
exact step from the finite state before them is of moderate size.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from oracle.candidate_file import CandidateError
from oracle.data_checks import finite_rows
from oracle.findings import Finding, Outcome
from oracle.minimise.draft import Draft, canonical_of
from oracle.records.candidate import Array, Candidate, Declaration
from oracle.replay import replay
from oracle.spec_error import SpecError
from oracle.state_checks import observable_findings
from oracle.step_check import StepCheck
from oracle.tensors import task_of
from oracle.trace import trace_of
from reference.case import Regression
from reference.exact import BINARY_FORMATS, ExactNumberError
from reference.models import MODELS

__all__ = ["Kind", "OnTrial", "Tried", "kind_of", "run"]

Arrays = Mapping[str, Array]


@dataclass(frozen=True)
class OnTrial:
    """A candidate with what it is asked and what it declares.

    Parameters
    ----------
    candidate : Candidate
    declaration : Declaration
    dtype : str
        Asked of the candidate: what its arrays are rounded to.
    """

    candidate: Candidate
    declaration: Declaration
    dtype: str


@dataclass(frozen=True, eq=False)
class Tried:
    """What came of one run.

    Parameters
    ----------
    finding : Finding or None
        None where the candidate raised, or handed back what cannot be judged.
    arrays : mapping of name to ndarray
    error : Exception or None
    """

    finding: Finding | None
    arrays: Arrays
    error: Exception | None = None

    @property
    def fails(self) -> bool:
        """Whether the record is refused; an exception is no failure of the arithmetic."""
        return self.finding is not None and self.finding.outcome is Outcome.DISAGREES


class Kind(NamedTuple):
    """What kind of failure a finding is: its check, and what was wrong.

    Parameters
    ----------
    check : str
    what : str
        ``state``, ``theta`` or ``loss``.  Which of a parameter and its recorded momentum misses its bound by more
        depends on the numbers, not on the fault.
    """

    check: str
    what: str


def kind_of(finding: Finding) -> Kind:
    """Return the kind of a failure."""
    name = finding.observable or ""
    return Kind(finding.check, name if name in ("theta", "loss") else "state")


def run(on_trial: OnTrial, draft: Draft) -> Tried:
    """Run the candidate on a draft and judge its record; whatever it raises is kept."""
    canonical, steps = canonical_of(draft), range(draft.last + 1)
    arrays: Arrays = {}
    try:
        check = StepCheck(canonical, on_trial.declaration)
        task = task_of(canonical, on_trial.dtype, steps)
    except (SpecError, CandidateError, ExactNumberError, OverflowError) as error:
        return Tried(None, arrays, error)
    try:
        with np.errstate(all="ignore"):
            recorded = on_trial.candidate(task.problem, task.method, task.steps)
            arrays = {name: np.asarray(array) for name, array in recorded.items()}
    except Exception as error:  # somebody else's code may raise anything
        return Tried(None, {}, error)
    try:
        with np.errstate(all="ignore"):
            return Tried(_judged(check, arrays), arrays)
    except (CandidateError, ExactNumberError, OverflowError) as error:
        return Tried(None, arrays, error)


def _judged(check: StepCheck, arrays: Arrays) -> Finding:
    """Return the first refusal, or what the successive states alone come to."""
    names = MODELS[check.case.model].names
    steps = range(len(arrays[names[0]])) if names[0] in arrays else range(1)
    found = check(steps, arrays)
    if found.outcome is Outcome.DISAGREES:
        return found
    finite = finite_rows(arrays, [name for name in arrays if name != "steps"])
    trace = trace_of(check.case, arrays, steps).head(finite)
    if finite:
        for observed in observable_findings(check.case, check.declaration, trace):
            if observed.outcome is Outcome.DISAGREES:
                return observed
    return _not_finite(check, arrays, finite) if finite < len(steps) else found


def _not_finite(check: StepCheck, arrays: Arrays, row: int) -> Finding:
    """Return the finding about the first row that is not finite: refused unless the exact step is large too."""
    name = next(name for name in arrays if name != "steps" and not np.isfinite(arrays[name][row]).all())
    values = np.atleast_1d(arrays[name][row])
    coordinate = int(np.flatnonzero(~np.isfinite(values))[0])
    moderate = _exact_step_is_moderate(check, arrays, row)
    dtype = check.declaration.kept_in
    reason = f"`{name}` is not finite from step {row} on, " + (
        "and the exact step from the state before it is of moderate size"
        if moderate
        else f"and so may be the exact step in {dtype}"
    )
    return Finding(
        "data",
        Outcome.DISAGREES if moderate else Outcome.UNDECIDED,
        reason,
        row,
        name,
        None if arrays[name].ndim == 1 else coordinate,
        candidate_value=str(values[coordinate]),
    )


def _exact_step_is_moderate(check: StepCheck, arrays: Arrays, row: int) -> bool:
    """Tell whether products of four of the sizes that lead to a row stay finite in the narrowest format."""
    case, declaration = check.case, check.declaration
    formats = {declaration.dtype, declaration.kept_in, declaration.operands or declaration.dtype}
    limit = 2.0 ** (min(BINARY_FORMATS[name].max_exponent for name in formats) / 4)
    assert isinstance(case.problem, Regression)
    given = [*case.problem.X, case.problem.y, *case.init.values(), *case.method.p0.values()]
    given += [case.method.step_sizes, (case.method.step_size,)]
    if max(abs(value) for row in given for value in row) >= limit:
        return False
    if row == 0:
        return True
    zeroed = {
        name: np.where(np.isfinite(array[: row + 1]), array[: row + 1], 0) for name, array in arrays.items()
    }
    trace = trace_of(case, zeroed, range(row + 1))
    replayed = replay(case, declaration, trace)
    largest = max(np.abs(trace.positions).max(), np.abs(replayed.position.expected.hi).max())
    return bool(largest < limit)
