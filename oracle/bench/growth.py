"""How the time of the racer on trial grows: with steps, runs and n·d, three points a decade; with threads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from oracle.bench.heat import Rules, get_ready
from oracle.bench.problem import RaceProblem
from oracle.bench.racers import Racer
from oracle.bench.stopwatch import interleaved, middle, ratio_of
from oracle.report.race import GrowthPoint, Ratio

__all__ = ["AXES", "ThreadGain", "growth", "thread_gain"]

RUNS = 256
MOST_ROUNDS = 5  # the tenfold call takes a second
AXES = ("steps", "runs", "n·d")


@dataclass(frozen=True)
class ThreadGain:
    """How many times as fast two threads are as one, and how many cores the two were in truth given."""

    ratio: Ratio
    cores: float


@dataclass(frozen=True)
class Point:
    """One size: its place on the axis, and the call that is timed."""

    at: float
    call: Callable[[], object]


def growth(racer: Racer, dtype: str, rules: Rules) -> tuple[GrowthPoint, ...]:
    """Return what one unit costs at three points a decade apart on each axis, against the first.

    Parameters
    ----------
    racer : Racer
    dtype : str
    rules : Rules
    """
    steps = get_ready(racer, dtype, RUNS, rules).steps
    points: list[GrowthPoint] = []
    for axis, ladder in _ladders(steps).items():
        calls = {str(at): _point(racer, dtype, rules.threads, size) for at, size in ladder.items()}
        for call in calls.values():
            call()  # pages and caches, before anything counts
        timings = interleaved(calls, min(rules.rounds, MOST_ROUNDS))
        seconds = {at: middle(timings[str(at)].seconds).median for at in ladder}
        first = min(ladder)
        unit = seconds[first] / first
        points += [GrowthPoint(axis, at, seconds[at], seconds[at] / at / unit) for at in ladder]
    return tuple(points)


def thread_gain(racer: Racer, dtype: str, rules: Rules) -> ThreadGain:
    """Return how many times as fast two threads are as one, at 256 runs, round by round."""
    one = get_ready(racer, dtype, RUNS, rules, threads=1)
    two = racer.prepare(rules.problem.tasks(dtype, RUNS, (one.steps,)), 2)
    two()
    timings = interleaved({"one": one.call, "two": two}, rules.rounds)
    return ThreadGain(ratio_of(timings["two"], timings["one"], 1.0), timings["two"].cores)


Size = tuple[RaceProblem, int, int]
"""Problem, runs, steps."""


def _ladders(steps: int) -> Mapping[str, Mapping[float, Size]]:
    """Return the sizes of each axis by their place on it; the others stay as they are."""
    paper, third = RaceProblem(), 10**0.5
    problems = (paper, RaceProblem(71, 178), RaceProblem(126, 317))
    return {
        "steps": {float(count): (paper, RUNS, count) for count in (steps, round(third * steps), 10 * steps)},
        "runs": {float(count): (paper, count, steps) for count in (100, 316, 1000)},
        "n·d": {float(p.n * p.d): (p, RUNS, steps) for p in problems},
    }


def _point(racer: Racer, dtype: str, threads: int, size: Size) -> Callable[[], object]:
    problem, runs, steps = size
    return racer.prepare(problem.tasks(dtype, runs, (steps,)), threads)
