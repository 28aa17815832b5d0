"""The oracle tried: is every planted fault found and named, and no correct program refused?

Every fault is planted in every kernel and dtype it can be planted in, on problems of `oracle.conformance.panel`;
correct implementations run on random problems.  The work is shared out to processes, since the reference's
precision belongs to a whole process.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, as_completed
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import version
from typing import Any

from oracle.child_process import fresh_processes
from oracle.conformance.crew import Crew, chosen, installed
from oracle.conformance.false_alarms import CorrectRuns, correct_runs, merged, problem_at, runnable
from oracle.conformance.finished_work import FinishedWork
from oracle.conformance.judging import Judge, judged
from oracle.conformance.movement import FACTOR
from oracle.conformance.plan import SelfTestSettings, Work, plan_of
from oracle.conformance.power import Planting, Trial, plant
from oracle.findings import Outcome
from oracle.report.power import Alarm, FaultCase, PowerReport, Tally
from oracle.versions import versions

__all__ = ["SelfTestSettings", "self_test"]

Stage = Callable[[str], Callable[[int, int], None]]


def self_test(
    settings: SelfTestSettings, stage: Stage, crew: Crew | None = None, judge: Judge = judged
) -> PowerReport:
    """Plant the faults, run the correct implementations, and return what was found.

    Parameters
    ----------
    settings : SelfTestSettings
    stage : callable
        Called with the name of each stage; what it returns is told (done, total).
    crew : Crew, optional
        In place of everybody installed; then all is done in this process.
    judge : callable, optional
        In place of the oracle's own; likewise.

    Raises
    ------
    CandidateError
        If a name in `only` is nobody's, or `resume` holds the work of another self-test.
    """
    began = time.perf_counter()
    kept = FinishedWork(settings.resume, settings.facts | {"momentum-oracle": version("momentum-oracle")})
    at_home = crew is not None or judge is not judged or settings.processes < 2
    everybody = _everybody() if crew is None else crew
    plan = plan_of(chosen(everybody, settings.only), settings)
    processes: AbstractContextManager[Executor | None] = (
        nullcontext() if at_home else fresh_processes(settings.processes)
    )
    with processes as pool:
        workshop = _Workshop(kept, pool, everybody, judge)
        trials = [_trial(found) for found in workshop.done(plan.plantings, stage("plant faults"))]
        correct = workshop.done(plan.correct, stage("run correct implementations"))
    runs = merged(_correct(found) for found in correct)
    return PowerReport(
        cases=tuple(case for trial in trials for case in trial.cases),
        tallies=tuple(sorted(runs.tallies, key=lambda tally: (tally.implementation, tally.dtype))),
        alarms=runs.alarms,
        absent=plan.absent,
        strayed=max((trial.strayed for trial in trials), default=0.0),
        factor=FACTOR,
        settings=settings.facts,
        versions=versions(),
        seconds=time.perf_counter() - began,
    )


@dataclass(frozen=True)
class _Workshop:
    """Where work is done, or fetched from what was done earlier."""

    kept: FinishedWork
    pool: Executor | None
    crew: Crew
    judge: Judge

    def done(self, works: Sequence[Work], advance: Callable[[int, int], None]) -> list[Any]:
        """Return the result of each piece of work, in their order."""
        left = [work for work in works if self.kept.get(work) is None]
        advance(len(works) - len(left), len(works))
        for count, (work, result) in enumerate(self._results(left), start=len(works) - len(left) + 1):
            self.kept.put(work, result)
            advance(count, len(works))
        return [self.kept.get(work) for work in works]

    def _results(self, works: Sequence[Work]) -> Iterator[tuple[Work, Any]]:
        """Yield results as they come."""
        if self.pool is None:
            yield from ((work, _do(work, self.crew, self.judge)) for work in works)
            return
        futures = {self.pool.submit(_do_there, work): work for work in works}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        finally:  # one that failed, or an interrupt: what has not begun never will
            for future in futures:
                future.cancel()


@cache
def _everybody() -> Crew:
    """Return everybody installed, once in each process."""
    return installed()


def _do_there(work: Work) -> Any:
    """Do a piece of work in another process."""
    return _do(work, _everybody(), judged)


def _do(work: Work, crew: Crew, judge: Judge) -> Any:
    """Do a piece of work and return the result as JSON holds it."""
    if "faults" in work:
        return asdict(plant(crew, Planting(**work), judge))
    parts = []
    for index in range(work["first"], work["first"] + work["count"]):
        problem = problem_at(work["seed"], index, work["dtypes"])
        correct = {name: crew.correct[name] for name in work["names"]}
        parts.append(correct_runs(correct, problem, runnable(correct, problem), judge))
    return asdict(merged(parts))


def _trial(found: Mapping[str, Any]) -> Trial:
    """Return a trial from JSON."""
    return Trial(tuple(_case(case) for case in found["cases"]), found["strayed"])


def _case(found: Mapping[str, Any]) -> FaultCase:
    lists = {name: tuple(found[name]) for name in ("explained_by", "names", "equivalent", "refuted")}
    return FaultCase(**{**found, **lists, "outcome": Outcome(found["outcome"])})


def _correct(found: Mapping[str, Any]) -> CorrectRuns:
    """Return correct runs from JSON."""
    tallies = tuple(Tally(**tally) for tally in found["tallies"])
    return CorrectRuns(tallies, tuple(Alarm(**alarm) for alarm in found["alarms"]))
