"""All the work of a self-test, cut into pieces that know nothing of each other, each of them plain JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from oracle.conformance.crew import Crew, can_run
from oracle.conformance.false_alarms import DTYPES, problem_at, runnable
from oracle.conformance.panel import PANEL, panel_spec
from oracle.conformance.power import Planting, task_for
from oracle.records.candidate import CandidateTask
from oracle.records.planted import PlantedFault
from oracle.report.power import Absent

__all__ = ["FULL_RUNS", "QUICK_RUNS", "Plan", "SelfTestSettings", "Work", "plan_of"]

FULL_RUNS, QUICK_RUNS = 10_000, 300
PLACES = 3  # problems of the panel that a fault is planted on in each kernel and dtype
CHUNK = 6  # random problems of one piece of work
IDLE = 100  # random problems in a row that nobody runs: nobody ever will

Work = dict[str, Any]
Tasks = Mapping[tuple[str, int], CandidateTask]


@dataclass(frozen=True)
class SelfTestSettings:
    """What to try.

    Parameters
    ----------
    quick : bool
        Each fault in one kernel for each dtype and on one problem, and a few hundred correct runs: minutes.
    runs : int or None
        Correct runs, at least; None means `FULL_RUNS`, or `QUICK_RUNS` where quick.
    seed : int
        Of all problems.
    only : tuple of str
        Names of faults, kernels or correct implementations, see `oracle.conformance.crew.chosen`.
    dtypes : tuple of str
    processes : int
    resume : Path or None
        A file where finished work is kept; a self-test of the same settings goes on from it.
    """

    quick: bool = False
    runs: int | None = None
    seed: int = 0
    only: tuple[str, ...] = ()
    dtypes: tuple[str, ...] = DTYPES
    processes: int = 2
    resume: Path | None = None

    @property
    def correct_runs(self) -> int:
        """How many correct runs are asked for."""
        if self.runs is not None:
            return self.runs
        return QUICK_RUNS if self.quick else FULL_RUNS

    @property
    def facts(self) -> dict[str, str]:
        """What the figures depend on."""
        return {
            "size": "quick" if self.quick else "full",
            "correct runs": f"at least {self.correct_runs}",
            "seed": str(self.seed),
            "dtypes": ", ".join(self.dtypes),
            "only": ", ".join(self.only) or "everything",
        }


@dataclass(frozen=True)
class Plan:
    """All the work there is: plantings, correct runs, and what has no place in it."""

    plantings: list[Work] = field(default_factory=list)
    correct: list[Work] = field(default_factory=list)
    absent: tuple[Absent, ...] = ()


def plan_of(crew: Crew, settings: SelfTestSettings) -> Plan:
    """Return what is to be done.

    Parameters
    ----------
    crew : Crew
        Those who take part, chosen already.
    settings : SelfTestSettings
    """
    places = _places(crew, settings)
    return Plan(
        _plantings(places, settings), _correct_work(crew, settings), (*crew.absent, *_nowhere(crew, places))
    )


Places = Mapping[tuple[str, str, int], Sequence[str]]
"""Kernel, dtype and problem of the panel, and the names of the faults planted there."""


def _places(crew: Crew, settings: SelfTestSettings) -> dict[tuple[str, str, int], list[str]]:
    """Return which fault is planted where: faults take turns on problems and, where quick, on kernels."""
    tasks = {
        (dtype, index): task_for(panel_spec(index, settings.seed, dtype), dtype)
        for dtype in settings.dtypes
        for index in range(len(PANEL))
    }
    places: dict[tuple[str, str, int], list[str]] = {}
    for turn, name in enumerate(sorted({fault.name for fault in crew.faults})):
        for dtype in settings.dtypes:
            found = {f.kernel: _fitting(crew, f, dtype, tasks) for f in crew.faults if f.name == name}
            kernels = [kernel for kernel, fitting in found.items() if fitting]
            if settings.quick and kernels:
                kernels = [kernels[turn % len(kernels)]]
            for offset, kernel in enumerate(kernels):
                for index in _spread(found[kernel], turn + offset, 1 if settings.quick else PLACES):
                    places.setdefault((kernel, dtype, index), []).append(name)
    return places


def _fitting(crew: Crew, fault: PlantedFault, dtype: str, tasks: Tasks) -> list[int]:
    """Return the problems of the panel on which a fault does anything."""
    if fault.kernel not in crew.kernels:
        return []
    run_by = (crew.kernels[fault.kernel], fault.candidate)
    return [
        index
        for index in range(len(PANEL))
        if all(can_run(candidate, tasks[dtype, index]) for candidate in run_by)
        if fault.applies(tasks[dtype, index])
    ]


def _spread(fitting: Sequence[int], turn: int, count: int) -> list[int]:
    """Return so many of the problems, as far from each other as they come."""
    wanted = min(count, len(fitting))
    return sorted({fitting[(turn + (i * len(fitting)) // wanted) % len(fitting)] for i in range(wanted)})


def _plantings(places: Places, settings: SelfTestSettings) -> list[Work]:
    works = []
    for (kernel, dtype, index), names in places.items():
        spec = panel_spec(index, settings.seed, dtype)
        works.append(asdict(Planting(kernel, dtype, PANEL[index].name, spec, tuple(names))))
    return works


def _correct_work(crew: Crew, settings: SelfTestSettings) -> list[Work]:
    """Return problems for the correct implementations, until there are as many runs as are asked for."""
    works: list[Work] = []
    runs = index = last = 0
    while runs < settings.correct_runs and index - last < IDLE:
        chunk = [problem_at(settings.seed, i, settings.dtypes) for i in range(index, index + CHUNK)]
        found = [count for count in (len(runnable(crew.correct, problem)) for problem in chunk) if count]
        runs, index = runs + sum(found), index + CHUNK
        if found:
            last = index
            works.append(
                {
                    "seed": settings.seed,
                    "dtypes": list(settings.dtypes),
                    "first": index - CHUNK,
                    "count": CHUNK,
                    "names": sorted(crew.correct),
                }
            )
    return works


def _nowhere(crew: Crew, places: Places) -> list[Absent]:
    """Return the faults that are planted nowhere, and the kernels whose right form is not known."""
    planted = {name for names in places.values() for name in names}
    idle = sorted({fault.name for fault in crew.faults} - planted)
    unknown = sorted({fault.kernel for fault in crew.faults} - set(crew.kernels))
    return [Absent(name, "changes nothing on any problem of the panel") for name in idle] + [
        Absent(name, "faults are planted in it, but no candidate of that name is installed to compare with")
        for name in unknown
    ]
