"""The whole race: every heat, the machine's limits, the targets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter

from oracle.bench.growth import ThreadGain, growth, thread_gain
from oracle.bench.heat import Rules, run_heat
from oracle.bench.racers import Field, Racer
from oracle.bench.roofline import cores, machine
from oracle.bench.targets import Findings, on_trial, targets
from oracle.report.race import GrowthPoint, NotRaced, Race, RaceRow, Roof
from oracle.versions import versions

__all__ = ["DTYPES", "FULL", "QUICK", "RUNS_RACED", "Contest", "race"]

DTYPES = ("float64", "float32")
RUNS_RACED = (1, 16, 256, 4096)

Stage = Callable[[str], Callable[[int, int], None]]


@dataclass(frozen=True)
class Contest:
    """What is raced.

    Parameters
    ----------
    runs : tuple of int
    dtypes : tuple of str
    rules : Rules
    quick : bool
        Small matrices for the limits, and neither growth nor threads.
    """

    runs: tuple[int, ...] = RUNS_RACED
    dtypes: tuple[str, ...] = DTYPES
    rules: Rules = field(default_factory=Rules)
    quick: bool = False


FULL = Contest()
QUICK = Contest(runs=(1, 16), rules=Rules(rounds=3, call_seconds=0.005, patience=0.5), quick=True)


@dataclass(frozen=True)
class Extras:
    """Threads and growth of the racer on trial, or why they were not measured."""

    thread_gain: dict[str, ThreadGain] = field(default_factory=dict)
    growth: tuple[GrowthPoint, ...] = ()
    unmeasured: dict[str, str] = field(default_factory=dict)


def race(who: Field, contest: Contest, stage: Stage) -> Race:
    """Race everybody at every size and return what was found.

    Parameters
    ----------
    who : Field
    contest : Contest
    stage : callable
        Called with the name of each stage; what it returns is told (done, total).
    """
    began, rules = perf_counter(), contest.rules
    stage("measure the machine")
    limits = machine(who.engines, contest.dtypes, rules.threads, contest.quick)
    rows, roofs, not_raced = _heats(who, contest, stage)
    trial = on_trial(rows)
    extras = _extras(who, trial, contest, stage)
    problem = rules.problem
    found = Findings(trial, rows, limits, problem.d, extras.thread_gain, extras.growth, extras.unmeasured)
    return Race(
        problem=problem.facts(),
        rounds=rules.rounds,
        threads=rules.threads,
        trial=trial,
        machine=limits,
        rows=rows,
        roofs=roofs,
        growth=extras.growth,
        targets=targets(found),
        not_raced=(*who.missing, *_merged(not_raced)),
        versions=versions(),
        seconds=perf_counter() - began,
    )


def _heats(
    who: Field, contest: Contest, stage: Stage
) -> tuple[tuple[RaceRow, ...], tuple[Roof, ...], tuple[NotRaced, ...]]:
    """Run the heats from few runs to many, so that whoever is too slow is found out early."""
    rows: list[RaceRow] = []
    roofs: list[Roof] = []
    not_raced: list[NotRaced] = []
    slow: set[str] = set()
    for dtype in contest.dtypes:
        for runs in sorted(contest.runs):
            stage(f"race {dtype}, {runs} runs")
            heat = run_heat(who, dtype, runs, contest.rules, slow)
            rows += heat.rows
            roofs += heat.roofs
            not_raced += heat.not_raced
    return tuple(rows), tuple(roofs), tuple(not_raced)


def _merged(not_raced: tuple[NotRaced, ...]) -> list[NotRaced]:
    """Return one entry for each racer and reason, with all the sizes it holds for."""
    places: dict[tuple[str, str], list[str]] = {}
    for entry in not_raced:
        places.setdefault((entry.racer, entry.reason), []).append(entry.where)
    return [NotRaced(racer, "; ".join(where), reason) for (racer, reason), where in places.items()]


def _extras(who: Field, trial: str, contest: Contest, stage: Stage) -> Extras:
    """Measure threads and growth of the racer on trial, where there is one and time for it."""
    racer = next((racer for racer in who.racers if racer.name == trial and racer.role == "candidate"), None)
    if racer is None or contest.quick:
        why = "no candidate to try" if racer is None else "left out by --quick"
        return Extras(unmeasured={"threads": why, "growth": why})
    stage(f"measure how the time of {trial} grows")
    gains, unmeasured = _gains(racer, contest)
    try:
        points = growth(racer, contest.dtypes[0], contest.rules)
    except Exception as error:  # somebody else's code may raise anything
        points, unmeasured["growth"] = (), f"{type(error).__name__}: {error}"
    return Extras(gains, points, unmeasured)


def _gains(racer: Racer, contest: Contest) -> tuple[dict[str, ThreadGain], dict[str, str]]:
    if cores() < 2:
        return {}, {"threads": "this process may use one core alone"}
    if not hasattr(racer.entry, "prepare"):
        return {}, {"threads": f"`{racer.name}` takes no number of threads"}
    gains = {}
    for dtype in contest.dtypes:
        try:
            gains[dtype] = thread_gain(racer, dtype, contest.rules)
        except Exception as error:  # somebody else's code may raise anything
            return gains, {"threads": f"{type(error).__name__}: {error}"}
    return gains, {}
