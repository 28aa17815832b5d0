"""Run correct implementations on random problems and count what the judge refuses: each such run is a false alarm.

One problem in `SPARSE` is recorded at every `STRIDE`-th step alone, so that the global envelope decides; the
others at every step, where local replay does, with the start, θ, the loss and the data checks beside it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

from oracle.candidates import declaration_of
from oracle.case import case_of
from oracle.conformance.crew import can_run
from oracle.conformance.judging import Judge, Judgement, Question, golden_for, judged
from oracle.conformance.movement import joined, record, truth_of
from oracle.conformance.power import task_for
from oracle.conformance.random_problems import RandomProblem, random_problem
from oracle.conformance.tolerances import Tolerances, tolerances
from oracle.findings import Finding, Outcome, arithmetic_text
from oracle.records.candidate import Candidate, Declaration
from oracle.report.power import Alarm, Tally
from reference.models import MODELS

__all__ = ["CorrectRuns", "correct_runs", "merged", "problem_at", "runnable"]

DTYPES = ("float64", "float32", "bfloat16")
SPARSE, STRIDE = 4, 5


@dataclass(frozen=True)
class CorrectRuns:
    """What came of some correct runs: one tally for each implementation and dtype, and every alarm."""

    tallies: tuple[Tally, ...]
    alarms: tuple[Alarm, ...]


def problem_at(seed: int, index: int, dtypes: Sequence[str] = DTYPES) -> RandomProblem:
    """Return the problem of an index: dtypes take turns, and one problem in `SPARSE` has gaps."""
    turn, which = divmod(index, len(dtypes))
    stride = STRIDE if turn % SPARSE == SPARSE - 1 else 1
    return random_problem(seed, index, dtypes[which], stride)


def runnable(correct: Mapping[str, Candidate], problem: RandomProblem) -> list[str]:
    """Return the names of the implementations that say they run a problem."""
    task = task_for(problem.canonical, problem.dtype)
    return [name for name, candidate in correct.items() if can_run(candidate, task)]


def correct_runs(
    correct: Mapping[str, Candidate], problem: RandomProblem, names: Sequence[str], judge: Judge = judged
) -> CorrectRuns:
    """Run implementations on one problem, and judge each run.

    Parameters
    ----------
    correct : mapping of name to Candidate
    problem : RandomProblem
    names : sequence of str
        Of `correct`.
    judge : callable
        In place of the oracle's own, to see whether the self-test can fail.
    """
    task = task_for(problem.canonical, problem.dtype)
    question = Question(problem.canonical, golden_for(problem.canonical))
    case = case_of(problem.canonical)
    steps = list(problem.steps)
    truth, parameters = truth_of(case, steps[-1])[steps], MODELS[case.model].names
    found = []
    for name in names:
        try:
            arrays = record(correct[name], task)
            declaration = declaration_of(correct[name], problem.dtype, task.method.name)
            judgement = judge(question, arrays, declaration, task.steps)
            asked = tolerances(joined(arrays, parameters), truth, declaration.kept_in)
        except NotImplementedError:  # it was not made for such a problem: neither a run nor an alarm
            continue
        except Exception as error:  # somebody else's code may raise anything, and return what is no record
            found.append(_broken(name, problem, error))
            continue
        found.append(_counted(name, problem, declaration, judgement, asked))
    return merged(found)


def merged(parts: Iterable[CorrectRuns]) -> CorrectRuns:
    """Return all together, one tally for each implementation and dtype."""
    tallies: dict[tuple[str, str], Tally] = {}
    alarms: list[Alarm] = []
    for part in parts:
        alarms += part.alarms
        for tally in part.tallies:
            key = tally.implementation, tally.dtype
            tallies[key] = tallies[key].plus(tally) if key in tallies else tally
    return CorrectRuns(tuple(tallies.values()), tuple(alarms))


def _counted(
    name: str, problem: RandomProblem, declaration: Declaration, found: Judgement, asked: Tolerances
) -> CorrectRuns:
    """Return one judged run."""
    refused = found.outcome is Outcome.DISAGREES
    tally = Tally(
        name,
        problem.dtype,
        f"{declaration.form} form, {arithmetic_text(declaration)}",
        runs=1,
        agrees=int(found.outcome is Outcome.AGREES),
        undecided=int(found.outcome is Outcome.UNDECIDED),
        disagrees=int(refused),
        undecided_across_gaps=int(
            found.outcome is Outcome.UNDECIDED and _decisive(found) == "global envelope"
        ),
        across_gaps=int(any(finding.check == "global envelope" for finding in found.findings)),
        largest=_largest(found.findings, "local replay"),
        largest_across_gaps=_largest(found.findings, "global envelope"),
        torch_final=int(asked.torch_final is False),
        torch_all=int(asked.torch_all is False),
        numpy_final=int(asked.numpy_final is False),
        numpy_all=int(asked.numpy_all is False),
        tolerances_asked=int(asked.torch_final is not None),
    )
    alarms = (_alarm(name, problem, _reason(found.findings), broke=False),) if refused else ()
    return CorrectRuns((tally,), alarms)


def _broken(name: str, problem: RandomProblem, error: Exception) -> CorrectRuns:
    return CorrectRuns((), (_alarm(name, problem, f"{type(error).__name__}: {error}", broke=True),))


def _alarm(name: str, problem: RandomProblem, reason: str, *, broke: bool) -> Alarm:
    steps = problem.steps
    stride = steps[1] - steps[0] if len(steps) > 1 else 1
    spec = json.dumps(problem.canonical, sort_keys=True, separators=(",", ":"))
    return Alarm(name, problem.dtype, problem.seed, problem.index, stride, reason, broke, spec)


def _largest(findings: Sequence[Finding], check: str) -> float:
    """Return the largest error in bounds that a check found."""
    found = [finding.excess for finding in findings if finding.check == check and finding.excess is not None]
    return max((excess for excess in found if isfinite(excess)), default=0.0)


def _decisive(found: Judgement) -> str:
    return found.findings[0].check if found.findings else ""


def _reason(findings: Sequence[Finding]) -> str:
    if not findings:
        return "no finding"
    finding = findings[0]
    place = "" if finding.observable is None else f" of {finding.observable}[{finding.coordinate}]"
    size = "" if finding.excess is None else f", {finding.excess:.3g} bounds"
    return f"{finding.check}: {finding.reason} (step {finding.step}{place}{size})"
