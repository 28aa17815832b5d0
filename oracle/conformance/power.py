"""Plant faults in one kernel on one problem, judge what comes out, and measure what there was to find.

Whether a fault moved the trajectory above rounding is decided by `oracle.conformance.movement`, which knows
neither the judge nor its bounds.  Names that a diagnosis gives are tried too, where faults of that name are
planted in the same kernel: one whose run is this run, to within rounding, is a true equivalent; one whose run
lies apart from it is refuted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import inf
from typing import Any

import numpy as np

from oracle.candidates import declaration_of
from oracle.case import case_of, steps_of
from oracle.conformance.crew import Crew
from oracle.conformance.judging import Judge, Question, golden_for, judged
from oracle.conformance.movement import FACTOR, Yardstick, joined, record, yardstick
from oracle.conformance.tolerances import tolerances
from oracle.findings import Outcome
from oracle.records.candidate import Array, Candidate, CandidateTask
from oracle.records.planted import PlantedFault
from oracle.report.power import FaultCase
from oracle.tensors import task_of
from reference.case import Case
from reference.models import MODELS

__all__ = ["Planting", "Trial", "plant", "task_for"]


@dataclass(frozen=True)
class Planting:
    """Faults to plant in one kernel on one problem.

    Parameters
    ----------
    kernel, dtype, problem : str
    canonical : mapping
        Of the spec; wants every step from 0 on.
    faults : tuple of str
    """

    kernel: str
    dtype: str
    problem: str
    canonical: Mapping[str, Any]
    faults: tuple[str, ...]


@dataclass(frozen=True)
class Trial:
    """What came of it.

    Parameters
    ----------
    cases : tuple of FaultCase
    strayed : float
        How far a correct run of the kernel lies from the truth, in yardsticks.
    """

    cases: tuple[FaultCase, ...]
    strayed: float


@dataclass(frozen=True)
class _Ground:
    """What all faults of a planting share."""

    planting: Planting
    case: Case
    task: CandidateTask
    question: Question
    measure: Yardstick
    correct: Array

    @property
    def names(self) -> tuple[str, ...]:
        return MODELS[self.case.model].names


def plant(crew: Crew, planting: Planting, judge: Judge = judged) -> Trial:
    """Run every fault of a planting and return what was found.

    Parameters
    ----------
    crew : Crew
    planting : Planting
    judge : callable
        In place of the oracle's own, to see whether the self-test can fail.
    """
    ground = _ground(crew.kernels[planting.kernel], planting)
    wanted = set(planting.faults)
    faults = [fault for fault in crew.faults if fault.kernel == planting.kernel and fault.name in wanted]
    others = _Others(crew, ground, {})
    cases = [_checked(_tried(ground, fault, judge), others) for fault in faults]
    return Trial(tuple(cases), ground.measure.strayed)


def task_for(canonical: Mapping[str, Any], dtype: str) -> CandidateTask:
    """Return the run that a spec asks of a candidate in a dtype."""
    return task_of(canonical, dtype, steps_of(canonical))


def _ground(kernel: Candidate, planting: Planting) -> _Ground:
    case, task = case_of(planting.canonical), task_for(planting.canonical, planting.dtype)
    declaration = declaration_of(kernel, planting.dtype, task.method.name)
    correct = joined(record(kernel, task), MODELS[case.model].names)
    question = Question(planting.canonical, golden_for(planting.canonical))
    return _Ground(planting, case, task, question, yardstick(kernel, task, case, declaration), correct)


def _tried(ground: _Ground, fault: PlantedFault, judge: Judge) -> FaultCase:
    """Run a fault, judge its record and measure it."""
    try:
        return _case(ground, fault, record(fault.candidate, ground.task), judge)
    except Exception as error:  # somebody else's code may raise anything, and return what is no record
        return _broken(ground.planting, fault, error)


def _case(ground: _Ground, fault: PlantedFault, arrays: Mapping[str, Array], judge: Judge) -> FaultCase:
    """Judge one fault's record, and measure it."""
    task, run = ground.task, joined(arrays, ground.names)
    declaration = declaration_of(fault.candidate, ground.planting.dtype, task.method.name)
    found = judge(ground.question, arrays, declaration, task.steps)
    moved = ground.measure.movement(run)
    asked = tolerances(run, ground.measure.truth, declaration.kept_in)
    first = found.first
    return FaultCase(
        fault=fault.name,
        kernel=fault.kernel,
        dtype=ground.planting.dtype,
        problem=ground.planting.problem,
        explained_by=tuple(sorted(fault.explained_by)),
        identical=bool(np.array_equal(run, ground.correct, equal_nan=True)),
        moved=moved.size,
        moved_at=moved.step,
        outcome=found.outcome,
        check=first.check if first else "",
        step=first.step if first else None,
        excess=first.excess if first else None,
        names=found.names,
        sentence=found.sentence,
        torch_final=asked.torch_final,
        torch_all=asked.torch_all,
        numpy_final=asked.numpy_final,
        numpy_all=asked.numpy_all,
        arithmetic=declaration.dtype,
    )


def _broken(planting: Planting, fault: PlantedFault, error: Exception) -> FaultCase:
    """Return a fault that could not be tried: it counts as not caught, so that nobody overlooks it."""
    return FaultCase(
        fault=fault.name,
        kernel=fault.kernel,
        dtype=planting.dtype,
        problem=planting.problem,
        explained_by=tuple(sorted(fault.explained_by)),
        identical=False,
        moved=inf,
        moved_at=0,
        outcome=Outcome.UNDECIDED,
        check=f"broke: {type(error).__name__}: {error}",
    )


@dataclass(frozen=True)
class _Others:
    """The runs of the other faults of a kernel on the same problem, made when they are asked for."""

    crew: Crew
    ground: _Ground
    runs: dict[str, Array]

    def distances(self, case: FaultCase, name: str) -> list[float]:
        """Return how far the runs of faults of a name lie from a case's, in yardsticks."""
        here = [fault for fault in self.crew.faults if fault.kernel == case.kernel]
        (own,) = (fault for fault in here if fault.name == case.fault)
        beside = [fault for fault in here if name in fault.explained_by]
        return [self.ground.measure.apart(self._run(own), self._run(fault)) for fault in beside]

    def _run(self, fault: PlantedFault) -> Array:
        if fault.name not in self.runs:
            arrays = record(fault.candidate, self.ground.task)
            self.runs[fault.name] = joined(arrays, self.ground.names)
        return self.runs[fault.name]


def _checked(case: FaultCase, others: _Others) -> FaultCase:
    """Add which of the names given are true equivalents, and which are refuted."""
    given = [name for name in case.names if name not in case.explained_by]
    if not given:
        return case
    apart = {name: others.distances(case, name) for name in given}
    return replace(
        case,
        equivalent=tuple(name for name, found in apart.items() if found and min(found) <= 1),
        refuted=tuple(name for name, found in apart.items() if found and min(found) > FACTOR),
    )
