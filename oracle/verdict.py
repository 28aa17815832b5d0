"""The verdict: does this record compute what its golden's spec says, up to its own rounding?

In order: is the record usable (`oracle.data_checks`), does it start where it should, is every step that can be
replayed within its rounding bound (`oracle.replay`), are θ and the loss those of its own parameters, and do the
states that replay does not reach lie within the global envelope (`oracle.envelope`).  A record AGREES only
if every state in it is covered by one of these and within its bound; a single number outside makes it
DISAGREE; anything that could not be decided leaves it UNDECIDED.  A momentum recorded at a state without the
next one is not judged.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oracle.candidate_file import CandidateError
from oracle.compare import Curves, Distance, curves_of, distances
from oracle.data_checks import check_record, data_findings, finite_rows, recorded_steps
from oracle.diagnosis.diagnose import diagnose as name_the_fault
from oracle.diagnosis.diagnosis import Diagnosis
from oracle.diagnosis.forward import diagnose_by_running
from oracle.diagnosis.variant import Subject
from oracle.envelope import Envelope, envelope, too_long
from oracle.findings import Finding, Outcome
from oracle.float_filter import filtered_replay
from oracle.gap_check import gap_finding
from oracle.localisation import Localisation, localise, localise_between
from oracle.records.candidate import Array, Declaration
from oracle.records.golden import Golden
from oracle.residuals import Replay
from oracle.state_checks import observable_findings, replay_finding, start_finding
from oracle.trace import Trace, trace_of
from reference.case import Case
from reference.exact import ExactNumberError
from reference.models import MODELS

__all__ = ["Curves", "Finding", "Outcome", "Verdict", "judge"]

Mask = NDArray[np.bool_]
DRAWN_STEPS = 2000  # an envelope that decides nothing is drawn for runs up to this long


@dataclass(frozen=True)
class Record:
    """What is judged: the finite part of a record as a trace, and all of it against the golden."""

    case: Case
    declaration: Declaration
    trace: Trace
    steps: list[int]
    found: Mapping[str, Distance]


@dataclass(frozen=True)
class Seen:
    """What looking at a record brought: findings, curves, replayed steps, and the envelope where one was made."""

    findings: list[Finding]
    curves: Curves
    replayed: Replay
    width: Envelope | None


@dataclass(frozen=True)
class Verdict:
    """The outcome with its evidence.

    Parameters
    ----------
    outcome : Outcome
    findings : tuple of Finding
        Those that have the verdict's own outcome first, then in the order of the checks.
    declaration : Declaration
        What the rounding bounds were derived from.
    curves : Curves or None
        None where nothing could be compared.
    seconds : float
        Wall time of judging.
    localisation : Localisation or None
        Where the errors are made; None where no replayed step errs.
    diagnosis : Diagnosis or None
        Which misimplementation explains the record; None unless it DISAGREES.
    """

    outcome: Outcome
    findings: tuple[Finding, ...]
    declaration: Declaration
    curves: Curves | None
    seconds: float
    localisation: Localisation | None = None
    diagnosis: Diagnosis | None = None


def judge(
    golden: Golden,
    candidate: Mapping[str, Array],
    declaration: Declaration,
    steps: Sequence[int] | None = None,
    *,
    draw_envelope: bool = True,
    diagnose: bool = True,
) -> Verdict:
    """Judge a candidate's record against a golden.

    Parameters
    ----------
    golden : Golden
        Of iterates.
    candidate : mapping of name to ndarray
        Each parameter of the model, shape (K, d); optionally ``theta`` (K, d), ``loss`` (K,), the
        momentum ``p_<parameter>`` (K, d) and ``steps`` (K,).
    declaration : Declaration
        Update form and dtypes.
    steps : sequence of int, shape (K,), optional
        In place of the array ``steps``.  Successive steps are decided one by one.
    draw_envelope : bool
        Whether to compute the envelope for the curves where no verdict depends on it.
    diagnose : bool
        Whether to look for the misimplementation that explains a record which disagrees.

    Returns
    -------
    Verdict

    Raises
    ------
    CandidateError
        If the record cannot be compared at all.
    oracle.spec_error.SpecError
        If the golden's spec is no case.
    """
    began = time.perf_counter()
    case = _case(golden)
    rows = recorded_steps(candidate, steps)
    arrays = {name: array for name, array in candidate.items() if name != "steps"}
    check_record(case, declaration, arrays, rows)
    found = distances(golden, arrays, rows)
    findings = data_findings(declaration, arrays, rows, found, MODELS[case.model].names)
    trace = trace_of(case, arrays, rows).head(finite_rows(arrays, list(arrays)))
    record = Record(case, declaration, trace, rows, found)
    seen = _judged(record, draw_envelope)
    findings += seen.findings + _steps_left_out(golden, rows)
    outcome = _outcome(findings)
    ordered = tuple(sorted(findings, key=lambda finding: finding.outcome is not outcome))
    place = localise(trace, seen.replayed, found)
    if place is None and seen.width is not None and outcome is Outcome.DISAGREES:
        place = localise_between(trace, found, seen.width.worst)
    # numbers that are not finite, or not of the format, after steps that are all right need no name of theirs
    wanted = diagnose and outcome is Outcome.DISAGREES and not (ordered[0].check == "data" and place is None)
    diagnosis = _diagnosis(record, seen) if wanted else None
    seconds = time.perf_counter() - began
    return Verdict(outcome, ordered, declaration, seen.curves, seconds, place, diagnosis)


def _diagnosis(record: Record, seen: Seen) -> Diagnosis | None:
    """Return what explains a record that disagrees; None where no states say anything about that."""
    if localise(record.trace, seen.replayed, {}) is not None or _starts_wrong(seen.findings):
        return name_the_fault(record.case, record.declaration, record.trace)
    names = [name for name, _ in record.trace.names]
    if seen.width is None or any(name not in seen.width.worst for name in names):
        return None
    rows = next(iter(record.found.values())).rows
    bounds = np.concatenate([seen.width.worst[name] for name in names], axis=1)
    known = (rows < len(record.trace)) & np.isfinite(bounds).all(axis=1)
    subject = Subject(record.case, record.declaration, record.trace)
    return diagnose_by_running(subject, rows[known], bounds[known])


def _case(golden: Golden) -> Case:
    kind = golden.spec.get("want", {}).get("kind")
    if kind != "iterates":
        raise CandidateError(
            f"the golden's spec wants `{kind}`: only `iterates` are compared with a candidate's record; "
            "ask for them with `want`"
        )
    return golden.case


def _starts_wrong(findings: Sequence[Finding]) -> bool:
    return any(found.check == "start" and found.outcome is Outcome.DISAGREES for found in findings)


def _judged(record: Record, draw_envelope: bool) -> Seen:
    """Look at the finite part of a record."""
    case, declaration, trace = record.case, record.declaration, record.trace
    try:
        start = start_finding(case, declaration, trace)
    except ExactNumberError as error:
        raise CandidateError(
            f"the spec does not fit `{declaration.dtype}`: {error}; declare a wider dtype"
        ) from error
    replayed = filtered_replay(case, declaration, trace)
    findings = [start, replay_finding(declaration, trace, replayed)]
    findings += observable_findings(case, declaration, trace) if len(trace) else []
    covered = _covered(case, trace, replayed)
    gaps = [int(row) for row in np.flatnonzero(~covered)]
    width = _envelope(record, bool(gaps), draw_envelope)
    findings += _across_gaps(record, gaps, width)
    curves = curves_of(
        np.array(record.steps, dtype=np.int64),
        record.found,
        replayed,
        None if width is None else width.typical,
    )
    return Seen([finding for finding in findings if finding is not None], curves, replayed, width)


def _covered(case: Case, trace: Trace, replayed: Replay) -> Mask:
    """Return which states need no envelope: the start, and those replayed from a state that is itself known.

    A momentum recorded after a gap is known by nothing, so neither is the state replayed from it; the move
    to that state then ties the momentum there.
    """
    reached: Mask = (trace.steps == 0) | np.isin(np.arange(len(trace)), replayed.nearest.rows)
    if trace.momenta is None or case.method.name == "gradient_descent":
        return reached
    known: Mask = np.logical_and(reached, np.concatenate([[True], reached])[: len(reached)])
    return known


def _envelope(record: Record, needed: bool, wanted: bool) -> Envelope | None:
    """Return the envelope at the steps compared with the golden, where it decides or is to be drawn."""
    rows = next((distance.rows for distance in record.found.values()), np.empty(0, dtype=np.int64))
    if not len(rows):
        return None
    steps = [record.steps[int(row)] for row in rows]
    drawn = wanted and steps[-1] <= DRAWN_STEPS
    if not (needed or drawn) or too_long(record.case, steps[-1]):
        return None
    return envelope(record.case, record.declaration, steps, list(record.found))


def _across_gaps(record: Record, gaps: list[int], width: Envelope | None) -> list[Finding]:
    """Return the findings about states that no replay reaches."""
    compared = {int(row) for distance in record.found.values() for row in distance.rows}
    decidable = [row for row in gaps if row in compared]
    findings = []
    if decidable and width is not None:
        findings.append(gap_finding(record.declaration, record.steps, record.found, width, decidable))
    elif decidable:
        step = record.steps[decidable[0]]
        reason = f"{len(decidable)} states are not replayed, the first at step {step}: "
        reason += too_long(record.case, max(record.steps))
        findings.append(Finding("global envelope", Outcome.UNDECIDED, reason, step))
    if len(decidable) < len(gaps):
        step = next(record.steps[row] for row in gaps if row not in compared)
        reason = f"step {step} is neither replayed nor in the golden: record the steps before it, or ask the golden for it"
        findings.append(Finding("global envelope", Outcome.UNDECIDED, reason, step))
    return findings


def _steps_left_out(golden: Golden, steps: Sequence[int]) -> list[Finding]:
    """Report steps that the spec wants and the record lacks."""
    missing = sorted(set(golden.steps) - set(steps))
    if not missing:
        return []
    reason = f"{len(missing)} of the {len(golden.steps)} steps that the spec wants are not recorded, step {missing[0]} first"
    return [Finding("data", Outcome.UNDECIDED, reason, missing[0])]


def _outcome(findings: Sequence[Finding]) -> Outcome:
    outcomes = {finding.outcome for finding in findings}
    if Outcome.DISAGREES in outcomes:
        return Outcome.DISAGREES
    return Outcome.UNDECIDED if Outcome.UNDECIDED in outcomes or not outcomes else Outcome.AGREES
