"""Who takes part in the self-test: the kernels, the faults planted in them, and the correct implementations.

Planted faults are found under the entry-point group ``momentum_oracle.faults``, correct implementations under
``momentum_oracle.correct``.  A kernel with no fault in it is planted like the others, as a fault that nothing
explains (`PlantedFault.explained_by` is empty), or is the candidate or correct implementation of the same
name.  What cannot be loaded, or lacks something on this machine, is named with the reason and hides nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from oracle.candidate_file import CandidateError
from oracle.candidates import missing_for, runs_method, survey
from oracle.records.candidate import Candidate, CandidateTask
from oracle.records.planted import PlantedFault
from oracle.report.power import Absent

__all__ = ["CORRECT", "FAULTS", "Crew", "can_run", "chosen", "crew_of", "installed", "runs_dtype"]

FAULTS = "momentum_oracle.faults"
CORRECT = "momentum_oracle.correct"
USUAL = ("float64", "float32")  # of a candidate that does not say


@dataclass(frozen=True)
class Crew:
    """All who take part.

    Parameters
    ----------
    kernels : mapping of name to Candidate
        With no fault in them.
    faults : tuple of PlantedFault
    correct : mapping of name to Candidate
        Independent implementations, and the kernels.
    absent : tuple of Absent
    """

    kernels: Mapping[str, Candidate]
    faults: tuple[PlantedFault, ...]
    correct: Mapping[str, Candidate]
    absent: tuple[Absent, ...] = ()


def installed() -> Crew:
    """Return everybody who is installed on this machine."""
    shipped, more = survey(), survey(list(entry_points(group=CORRECT)))
    kernels, lacking = _present(shipped.candidates)
    correct, also_lacking = _present(more.candidates)
    faults, failed = _planted(list(entry_points(group=FAULTS)))
    absent = [Absent(entry.name, f"{entry.reason}; {entry.remedy}") for entry in shipped.unavailable]
    absent += [Absent(entry.name, f"{entry.reason}; {entry.remedy}") for entry in more.unavailable]
    return crew_of({**kernels, **correct}, faults, _once([*absent, *lacking, *also_lacking, *failed]))


def crew_of(
    correct: Mapping[str, Candidate], planted: Sequence[PlantedFault], absent: Sequence[Absent] = ()
) -> Crew:
    """Return the crew of correct implementations and planted faults; a fault that nothing explains is none."""
    faults = tuple(fault for fault in planted if fault.explained_by)
    right = {fault.kernel: fault.candidate for fault in planted if not fault.explained_by}
    return Crew({**correct, **right}, faults, {**right, **correct}, tuple(absent))


def chosen(crew: Crew, only: Sequence[str]) -> Crew:
    """Return those of the crew that are named: kernels, faults or correct implementations.

    Naming kernels leaves all their faults, naming faults leaves them in all kernels, naming both leaves those
    faults in those kernels; a correct implementation runs if it is named, and none does if none is.

    Raises
    ------
    CandidateError
        If a name is nobody's.
    """
    if not only:
        return crew
    kernels = {fault.kernel for fault in crew.faults}
    faults = {fault.name for fault in crew.faults}
    for name in only:
        if name not in kernels | faults | set(crew.correct):
            choices = ", ".join(sorted(kernels | set(crew.correct))) or "none is installed"
            raise CandidateError(
                f"`{name}` is no planted fault, kernel or correct implementation: the last two are {choices}; "
                f"there are {len(faults)} faults, such as {', '.join(sorted(faults)[:3]) or 'none'}"
            )
    wanted = set(only)
    kept = [
        fault
        for fault in crew.faults
        if (fault.name in wanted or not faults & wanted) and (fault.kernel in wanted or not kernels & wanted)
        if (faults | kernels) & wanted
    ]
    correct = {name: entry for name, entry in crew.correct.items() if name in wanted}
    return Crew(crew.kernels, tuple(kept), correct)


def runs_dtype(candidate: Candidate, dtype: str) -> bool:
    """Whether the candidate says that it runs a dtype."""
    return dtype in getattr(candidate, "dtypes", USUAL)


def can_run(candidate: Candidate, task: CandidateTask) -> bool:
    """Whether the candidate says that it runs such a task."""
    scheduled = bool(len(task.method.step_sizes))
    return (
        runs_dtype(candidate, task.problem.dtype)
        and runs_method(candidate, task.method.name, task.problem.model)
        and (not scheduled or task.method.scales in getattr(candidate, "schedules", ()))
    )


def _present(candidates: Mapping[str, Candidate]) -> tuple[dict[str, Candidate], list[Absent]]:
    """Return the candidates that this machine can run, and the others with what they lack."""
    lacking = {name: missing_for(candidate) for name, candidate in candidates.items()}
    present = {name: candidate for name, candidate in candidates.items() if not lacking[name]}
    return present, [
        Absent(name, f"lacks something on this machine: {why}") for name, why in lacking.items() if why
    ]


def _planted(points: Sequence[EntryPoint]) -> tuple[tuple[PlantedFault, ...], list[Absent]]:
    """Return the faults of all entry points that load, and are planted in what this machine can run."""
    faults: list[PlantedFault] = []
    failed: dict[str, str] = {}
    for point in sorted(points, key=lambda point: point.name):
        try:
            plant: Callable[[], Any] = point.load()
            found = list(plant())
        except Exception as error:  # somebody else's module may raise anything on import
            failed[point.name] = f"its faults cannot be planted: {type(error).__name__}: {error}"
            continue
        lacking = {fault.kernel: missing_for(fault.candidate) for fault in found}
        faults += [fault for fault in found if not lacking[fault.kernel]]
        for kernel, why in lacking.items():
            if why:
                failed[kernel] = f"no faults are planted in it, it lacks something on this machine: {why}"
    return tuple(faults), [Absent(name, why) for name, why in failed.items()]


def _once(absent: Sequence[Absent]) -> list[Absent]:
    """Return one entry for each name."""
    return list({entry.name: entry for entry in absent}.values())
