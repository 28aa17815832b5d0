"""Certified iterates: raise the precision until every asked digit of every asked step is proved.

Two ways to enclose the states, both in Arb balls:

* regression problems: exact midpoints, with one error bound for the whole run
  (`reference.centred_run`, `reference.error_bound`);
* polynomial problems, momentum over batches, and runs too unstable for a bound: balls fed back
  step after step, at whatever precision that takes.

The same recurrence is then run in mpmath, with bits to spare, and every value it gives must lie
inside its ball.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, log10
from typing import Any

from flint import arb, fmpq

from reference.arithmetic import RationalArithmetic, Vector
from reference.balls import BallArithmetic, ball_precision, inflate
from reference.case import Case, Regression
from reference.centred_run import LARGEST, CentredRun, DivergedError, StepMeasure
from reference.decimal_grid import GridArray, GridRow
from reference.error_bound import ErrorBound, LostError, choose_norm
from reference.error_norm import NoCertificateError
from reference.grid_rounding import coarse_row, exact_row, missing_bits, rounded_row
from reference.mpmath_arithmetic import MpmathArithmetic, mpmath_precision
from reference.objective import objective_of
from reference.observables import SCALARS, observe
from reference.resting import resting_coordinates
from reference.trajectory import start_of, states

__all__ = [
    "CertificateViolationError",
    "CertifiedIterates",
    "DivergedError",
    "Enclosures",
    "certified_iterates",
    "enclose",
    "enclose_centred",
    "enclose_naively",
]

Progress = Callable[[int, int], None]

SPARE_BITS = 160  # first guess: growth of the error and small magnitudes, beyond the asked digits
GUARD_BITS = 64  # mpmath runs with this many more than the balls
ATTEMPTS = 12
MOST_TIMES = 24  # precision is never raised beyond this many times the first guess


class CertificateViolationError(ArithmeticError):
    """mpmath and the ball disagree: one of the two is wrong, and nothing may be published."""


@dataclass(frozen=True)
class Enclosures:
    """Balls around the positions at the asked steps.

    Parameters
    ----------
    positions : dict of step to Vector of arb
        Joined parameters.
    bits : int
        Working precision.
    bits_lost : float
        Bits of the working precision that are not certified at the last step, relative to the
        largest coordinate.
    way : str
        ``centred`` or ``naive``.
    """

    positions: dict[int, Vector]
    bits: int
    bits_lost: float
    way: str


@dataclass(frozen=True)
class CertifiedIterates:
    """Correctly rounded observables, with what was reached.

    Parameters
    ----------
    steps : tuple of int
    arrays : dict of observable name to GridArray
    digits : int
        Certified digits: those asked, or fewer where precision ran out.
    bits, bits_lost, way
        As in `Enclosures`.
    cross_checked : bool
        Whether mpmath confirmed every published value.
    """

    steps: tuple[int, ...]
    arrays: dict[str, GridArray]
    digits: int
    bits: int
    bits_lost: float
    way: str
    cross_checked: bool


def certified_iterates(
    case: Case,
    steps: Sequence[int],
    digits: int,
    *,
    cross_check: bool = True,
    progress: Progress | None = None,
) -> CertifiedIterates:
    """Return the observables at the asked steps to the asked digits, proved.

    Parameters
    ----------
    case : Case
    steps : sequence of int, strictly increasing, from 0
    digits : int
        The radius of every value is at most 10^−digits times the largest magnitude in its array
        at its step.
    cross_check : bool
        Run mpmath as well and require its values inside the balls.
    progress : callable, optional
        Called with (steps done, steps in all) of the pass under way.

    Raises
    ------
    DivergedError
        If a parameter exceeds `reference.centred_run.LARGEST`.
    CertificateViolationError
        If an mpmath value lies outside its ball.
    """
    first = bits = _first_bits(digits)
    tied = False
    for attempt in range(ATTEMPTS):
        last = attempt == ATTEMPTS - 1 or bits >= MOST_TIMES * first
        try:
            enclosures = enclose(case, steps, bits, progress)
        except LostError:
            if last:
                raise
            bits *= 2
            continue
        balls = _observed(case, enclosures)
        missing = _missing(balls, digits, bits)
        if last or (not missing and (tied or _decided(balls, digits, bits))):
            break
        tied = not missing  # or so it seems; more bits will tell
        bits = _raised(bits, missing or GUARD_BITS, attempt)
    if cross_check:
        _cross_check(case, balls, bits, progress)
    arrays, kept = _published(case, balls, digits, bits)
    return CertifiedIterates(
        tuple(steps), arrays, kept, bits, enclosures.bits_lost, enclosures.way, cross_check
    )


def enclose(case: Case, steps: Sequence[int], bits: int, progress: Progress | None = None) -> Enclosures:
    """Return balls around the positions at the asked steps, by the best way that works."""
    if isinstance(case.problem, Regression):
        try:
            return enclose_centred(case, steps, bits, progress)
        except (NoCertificateError, LostError):
            pass  # no useful bound on the growth can be proved; balls fed back need none
    return enclose_naively(case, steps, bits, progress)


def enclose_centred(
    case: Case, steps: Sequence[int], bits: int, progress: Progress | None = None
) -> Enclosures:
    """Return enclosures from a centred run and its error bound.

    Raises
    ------
    DivergedError, LostError, NoCertificateError
        See `reference.centred_run` and `reference.error_bound`.
    """
    run = CentredRun(case, bits)
    wanted, last = set(steps), max(steps)
    centres: dict[int, Vector] = {}
    measures: list[StepMeasure] = []
    for step, (state, measure) in zip(range(last + 1), run.steps(), strict=False):
        measures.append(measure)
        if step in wanted:
            centres[step] = state.position
        _tell(progress, step, last)
    radii = ErrorBound(run, choose_norm(case, measures)).position_radii(measures)
    zeros = resting_coordinates(case)
    with ball_precision(bits):
        positions = {step: inflate(centre, radii[step], zeros) for step, centre in centres.items()}
    return Enclosures(positions, bits, _bits_lost(positions[last], bits), "centred")


def enclose_naively(
    case: Case, steps: Sequence[int], bits: int, progress: Progress | None = None
) -> Enclosures:
    """Return enclosures from balls fed back step after step.

    Raises
    ------
    DivergedError
        If a midpoint exceeds `LARGEST`.
    LostError
        If a radius does: more bits are needed.
    """
    wanted, last = set(steps), max(steps)
    positions: dict[int, Vector] = {}
    iterator = _ball_states(case, bits)
    for step in range(last + 1):
        position = next(iterator)
        if not all(float(x.rad()) < LARGEST for x in position):
            raise LostError(step)
        if not all(abs(float(x)) < LARGEST for x in position):
            raise DivergedError(step)
        if step in wanted:
            positions[step] = position
        _tell(progress, step, last)
    return Enclosures(positions, bits, _bits_lost(positions[last], bits), "naive")


def _ball_states(case: Case, bits: int) -> Iterator[Vector]:
    """Yield ball positions without end; the precision is in force only while a step is made."""
    with ball_precision(bits):
        iterator = states(case, BallArithmetic())
    while True:
        with ball_precision(bits):
            state = next(iterator)
        yield state.position


def _observed(case: Case, enclosures: Enclosures) -> dict[int, dict[str, Vector]]:
    """Return balls around every observable at every asked step."""
    arithmetic = BallArithmetic()
    with ball_precision(enclosures.bits):
        objective = objective_of(case, arithmetic)
        return {step: observe(case, objective, position) for step, position in enclosures.positions.items()}


def _missing(balls: dict[int, dict[str, Vector]], digits: int, bits: int) -> int:
    """Return by how many bits the balls are too wide for the asked grid, at most over all rows."""
    with ball_precision(bits + GUARD_BITS):
        return max((missing_bits(row, digits) for row in _rows(balls)), default=0)


def _decided(balls: dict[int, dict[str, Vector]], digits: int, bits: int) -> bool:
    """Return whether every value has one nearest multiple of its unit."""
    with ball_precision(bits + GUARD_BITS):
        return all(rounded_row(row, digits) is not None for row in _rows(balls))


def _rows(balls: dict[int, dict[str, Vector]]) -> list[list[Any]]:
    """Return the rows of balls after the start, whose values are exact rationals."""
    return [row.entries for step, named in balls.items() if step for row in named.values()]


def _rounded(row: list[Any], digits: int) -> GridRow | None:
    """Return the rounded row; a tie on the asked grid is a multiple of the unit one digit further."""
    finer = (rounded_row(row, digits + more) for more in (0, 1, 2))
    return next((decided for decided in finer if decided is not None), None)


def _published(
    case: Case, balls: dict[int, dict[str, Vector]], digits: int, bits: int
) -> tuple[dict[str, GridArray], int]:
    """Return the grid arrays and the digits they keep."""
    rows: dict[str, list[GridRow]] = {}
    kept = digits
    with ball_precision(bits + GUARD_BITS):
        for step, named in balls.items():
            exact = _exact_start(case, digits) if step == 0 else {}
            for name, vector in named.items():
                row = exact.get(name) or _rounded(vector.entries, digits)
                if row is None:
                    row, kept_here = coarse_row(vector.entries, digits)
                    kept = min(kept, kept_here)
                rows.setdefault(name, []).append(row)
    return {name: GridArray(tuple(array), name in SCALARS) for name, array in rows.items()}, kept


def _exact_start(case: Case, digits: int) -> dict[str, GridRow]:
    """Return the rows of step 0, computed in exact rationals."""
    arithmetic = RationalArithmetic(lambda value: fmpq(value.numerator, value.denominator))
    position = start_of(case, arithmetic).position
    named = observe(case, objective_of(case, arithmetic), position)
    return {
        name: exact_row([Fraction(int(x.p), int(x.q)) for x in vector], digits)
        for name, vector in named.items()
    }


def _cross_check(
    case: Case, balls: dict[int, dict[str, Vector]], bits: int, progress: Progress | None
) -> None:
    """Run the recurrence in mpmath and require every observable inside its ball."""
    last = max(balls)
    with mpmath_precision(bits + GUARD_BITS):
        arithmetic = MpmathArithmetic()
        objective = objective_of(case, arithmetic)
        for step, state in zip(range(last + 1), states(case, arithmetic, objective), strict=False):
            if step in balls:
                _require_inside(balls[step], observe(case, objective, state.position), step, bits)
            _tell(progress, step, last)


def _require_inside(enclosed: dict[str, Vector], named: dict[str, Vector], step: int, bits: int) -> None:
    """Compare one step's mpmath values with their balls."""
    with ball_precision(bits + GUARD_BITS):
        for name, vector in named.items():
            for j, (value, ball) in enumerate(zip(vector, enclosed[name], strict=True)):
                if not ball.contains(arb(value)):
                    raise CertificateViolationError(
                        f"`{name}[{j}]` at step {step}: mpmath gives {value}, outside the certified ball "
                        f"{ball}. One of the two is wrong; nothing is published. Please report the spec"
                    )


def _bits_lost(position: Vector, bits: int) -> float:
    """Return how many of the working bits the position does not have, relative to its largest entry."""
    with ball_precision(64):
        largest = max(x.abs_upper() for x in position)
        widest = max(x.rad() for x in position)
        if widest.is_zero() or largest.is_zero():
            return 0.0
        return float((widest / largest).log() / arb(2).log()) + bits


def _first_bits(digits: int) -> int:
    """Return the first guess of the working precision, a multiple of 32."""
    return 32 * ceil((digits / log10(2) + SPARE_BITS) / 32)


def _raised(bits: int, missing: int, attempt: int) -> int:
    """Return the next precision: what is missing, and from the third attempt on at least half more."""
    least = bits + missing + 8
    return least if attempt < 2 else max(least, bits * 3 // 2)


def _tell(progress: Progress | None, step: int, last: int) -> None:
    """Report progress every so often."""
    if progress is not None and (step % 32 == 0 or step == last):
        progress(step, last)
