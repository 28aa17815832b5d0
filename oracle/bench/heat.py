"""One heat: all racers at one dtype and one number of runs, interleaved with the GEMM of the same shapes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from time import perf_counter

from oracle.bench.local_error import LocalError, local_error
from oracle.bench.problem import PAPER, RaceProblem
from oracle.bench.racers import Field, Racer, Run
from oracle.bench.roofline import gemm_calls, product_flop
from oracle.bench.stopwatch import Timing, interleaved, middle, ratio_of
from oracle.report.race import JAX, SGD, NotRaced, RaceRow, Ratio, Roof, best_roof

__all__ = ["Heat", "Prepared", "Rules", "get_ready", "run_heat"]

FIRST_STEPS, LONGEST_LEAP = 8, 64
SMALL_SHARE = 0.05  # of a call: a longer one would change its rate by no more


@dataclass(frozen=True)
class Rules:
    """How is raced.

    Parameters
    ----------
    rounds, threads : int
    steps : int, optional
        Of one timed call; without, as many as fill `call_seconds`.
    call_seconds : float
    patience : float
        A racer whose call of eight steps takes longer is not raced at that size.
    problem : RaceProblem
    """

    rounds: int = 7
    threads: int = 1
    steps: int | None = None
    call_seconds: float = 0.1
    patience: float = 2.0
    problem: RaceProblem = field(default=PAPER)


@dataclass(frozen=True)
class Prepared:
    """A call that is timed: its steps, and the share of it that does not grow with them."""

    steps: int
    call: Run
    fixed: float = 0.0


@dataclass(frozen=True)
class Ready:
    """A racer at the start: its error known, its call prepared."""

    racer: Racer
    error: LocalError
    timed: Prepared


@dataclass(frozen=True)
class Heat:
    """What came of one heat."""

    rows: tuple[RaceRow, ...]
    roofs: tuple[Roof, ...]
    not_raced: tuple[NotRaced, ...]


class TooSlowError(Exception):
    """A racer beyond the patience of the rules."""


def run_heat(who: Field, dtype: str, runs: int, rules: Rules, slow: set[str]) -> Heat:
    """Race everybody at one size.

    Parameters
    ----------
    who : Field
    dtype : str
    runs : int
    rules : Rules
    slow : set of str
        Racers that ran out of patience at a smaller size and dtype; those of this one are added.
    """
    where = f"{dtype}, {runs} run{'s' if runs > 1 else ''}"
    ready, not_raced = [], []
    for racer in who.racers:
        if not racer.runs_in(dtype):
            not_raced.append(NotRaced(racer.name, where, f"says that it runs no {dtype}"))
        elif (dtype + racer.name) in slow:
            not_raced.append(NotRaced(racer.name, where, "too slow at a smaller size already"))
        else:
            try:
                ready.append(_at_the_start(racer, dtype, runs, rules))
            except TooSlowError as error:
                slow.add(dtype + racer.name)
                not_raced.append(NotRaced(racer.name, where, str(error)))
            except Exception as error:  # somebody else's code may raise anything; it stops nobody else
                not_raced.append(NotRaced(racer.name, where, f"{type(error).__name__}: {error}"))
    rows, roofs = _timed(ready, who, dtype, runs, rules)
    return Heat(rows, roofs, tuple(not_raced))


def get_ready(racer: Racer, dtype: str, runs: int, rules: Rules, threads: int | None = None) -> Prepared:
    """Return the call that is timed, prepared: from 8 steps up until its time is filled.

    A call that is filled by what does not grow with its steps is made longer once more.

    Raises
    ------
    TooSlowError
        If eight steps take longer than the rules have patience for.
    """
    threads, problem = threads or rules.threads, rules.problem
    racer.warm_up(problem.tasks(dtype, 1, (1,))[0], threads)
    if rules.steps is not None:
        return Prepared(rules.steps, racer.prepare(problem.tasks(dtype, runs, (rules.steps,)), threads))
    steps, took = FIRST_STEPS, dict[int, float]()
    while True:
        call = racer.prepare(problem.tasks(dtype, runs, (steps,)), threads)
        took[steps] = seconds = _seconds(call)
        if steps == FIRST_STEPS and seconds > rules.patience:
            raise TooSlowError(
                f"{steps} steps took {seconds:.1f} s, and the race waits {rules.patience:g} s: see its smaller sizes"
            )
        if seconds > rules.call_seconds / 2:
            if len(took) == 1:
                took[1] = _seconds(racer.prepare(problem.tasks(dtype, runs, (1,)), threads))
            fixed = _fixed_share(took)
            if fixed < SMALL_SHARE or seconds > rules.call_seconds:
                return Prepared(steps, call, fixed)
        steps *= min(LONGEST_LEAP, max(2, ceil(rules.call_seconds / seconds)))


def _fixed_share(took: Mapping[int, float]) -> float:
    """Return the share of the longest call that a line through it and the shortest puts at no steps."""
    few, many = min(took), max(took)
    step = (took[many] - took[few]) / (many - few)
    return max(0.0, took[few] - few * step) / took[many]


def _at_the_start(racer: Racer, dtype: str, runs: int, rules: Rules) -> Ready:
    timed = get_ready(racer, dtype, runs, rules)
    return Ready(racer, local_error(racer, rules.problem, dtype, runs, rules.threads), timed)


def _seconds(call: Callable[[], object]) -> float:
    """Return the faster of two calls; one alone where it is slow."""
    found = []
    for _ in range(2):
        began = perf_counter()
        call()
        found.append(perf_counter() - began)
        if found[0] > 1:
            break
    return min(found)


def _timed(
    ready: Sequence[Ready], who: Field, dtype: str, runs: int, rules: Rules
) -> tuple[tuple[RaceRow, ...], tuple[Roof, ...]]:
    """Interleave all calls, and set each against the references of the same rounds."""
    shape = (rules.problem.n, rules.problem.d, runs)
    products = gemm_calls(who.engines, shape, dtype, rules.threads, rules.call_seconds)
    calls: dict[str, Callable[[], object]] = {f"GEMM {name}": call for name, (call, _) in products.items()}
    calls |= {entry.racer.name: entry.timed.call for entry in ready}
    timings = interleaved(calls, rules.rounds) if ready else {}
    roofs = tuple(
        _roof(name, times * product_flop(shape), timings[f"GEMM {name}"], dtype, runs, rules.threads)
        for name, (_, times) in products.items()
        if timings
    )
    best = best_roof(roofs)
    gemm = (timings[f"GEMM {best.engine}"], products[best.engine][1]) if best else None
    steps = {entry.racer.name: entry.timed.steps for entry in ready}
    rows = tuple(_row(entry, dtype, runs, rules, timings, steps, gemm) for entry in ready)
    return rows, roofs


def _row(  # noqa: PLR0913, PLR0917 - a row brings everything together
    entry: Ready,
    dtype: str,
    runs: int,
    rules: Rules,
    timings: dict[str, Timing],
    steps: dict[str, int],
    gemm: tuple[Timing, int] | None,
) -> RaceRow:
    name, own = entry.racer.name, timings[entry.racer.name]
    seconds = middle(own.seconds)
    ratios: dict[str, Ratio] = {
        peer: ratio_of(own, timings[peer], entry.timed.steps / steps[peer])
        for peer in (SGD, JAX)
        if peer in steps
    }
    return RaceRow(
        racer=name,
        role=entry.racer.role,
        dtype=dtype,
        runs=runs,
        threads=rules.threads,
        steps=entry.timed.steps,
        seconds=seconds.median,
        spread=seconds.spread,
        cores=own.cores,
        fixed=entry.timed.fixed,
        flop=rules.problem.flop,
        outcome=entry.error.outcome,
        ratios=ratios,
        of_gemm=ratio_of(own, gemm[0], entry.timed.steps / gemm[1]) if gemm else None,
        error=entry.error.error,
        reason=entry.error.reason,
    )


def _roof(name: str, flop: int, timing: Timing, dtype: str, runs: int, threads: int) -> Roof:
    found = middle(timing.seconds)
    return Roof(name, dtype, runs, threads, flop / found.median, found.spread, timing.cores)
