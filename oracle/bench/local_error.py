"""The error of a racer in units of its bound: two runs of a short batch, replayed step by step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from oracle.bench.problem import RaceProblem
from oracle.bench.racers import Racer
from oracle.candidate_file import CandidateError
from oracle.findings import Finding, Outcome
from oracle.step_check import StepCheck

__all__ = ["LocalError", "local_error", "steps_to_judge"]

MOST_STEPS, FEWEST_STEPS, MOST_BYTES = 64, 4, 2**27


@dataclass(frozen=True)
class LocalError:
    """The worse of the runs that were judged."""

    outcome: Outcome
    error: float | None
    reason: str


def local_error(racer: Racer, problem: RaceProblem, dtype: str, runs: int, threads: int) -> LocalError:
    """Return what the judge says of the first and the last run of a batch of this size.

    Parameters
    ----------
    racer : Racer
    problem : RaceProblem
    dtype : str
    runs, threads : int

    Raises
    ------
    CandidateError
        If the arrays that come back are not what was asked for.
    """
    steps = range(steps_to_judge(runs, problem.d) + 1)
    recorded = racer.prepare(problem.tasks(dtype, runs, steps), threads)()
    if len(recorded) != runs:
        raise CandidateError(f"{runs} runs were asked of `{racer.name}`, {len(recorded)} came back")
    findings = []
    for run in sorted({0, runs - 1}):
        arrays = {name: np.asarray(array) for name, array in recorded[run].items()}
        findings.append(StepCheck(problem.spec(dtype, run), racer.declares(dtype))(steps, arrays))
    return worst(findings)


def steps_to_judge(runs: int, d: int) -> int:
    """Return how many successive steps are recorded: fewer where all the runs together would fill memory."""
    state = runs * d * 4 * 8
    return min(MOST_STEPS, max(FEWEST_STEPS, MOST_BYTES // state))


def worst(findings: Sequence[Finding]) -> LocalError:
    """Return the finding that decides: DISAGREES before UNDECIDED before AGREES, then the larger excess."""
    order = (Outcome.AGREES, Outcome.UNDECIDED, Outcome.DISAGREES)
    decisive = max(findings, key=lambda finding: (order.index(finding.outcome), finding.excess or 0.0))
    return LocalError(decisive.outcome, decisive.excess, decisive.reason)
