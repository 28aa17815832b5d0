"""Certified iterates: raise the precision until every asked digit of every asked step is proved.

The states are enclosed in Arb balls (`reference.enclosures`), the observables rounded correctly to a
decimal grid (`reference.grid_rounding`), and the same recurrence is run in mpmath, with bits to spare:
every value it gives must lie inside its ball (`reference.cross_check`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, log10
from typing import Any

from flint import fmpq

from reference.arithmetic import RationalArithmetic, Vector
from reference.balls import BallArithmetic, ball_precision
from reference.case import Case
from reference.centred_run import DivergedError
from reference.cross_check import GUARD_BITS, CertificateViolationError
from reference.cross_check import cross_check as check_against_mpmath
from reference.decimal_grid import GridArray, GridRow
from reference.enclosures import Enclosures, enclose
from reference.error_bound import LostError
from reference.grid_rounding import coarse_row, exact_row, missing_bits, rounded_row
from reference.objective import objective_of
from reference.observables import SCALARS, observe
from reference.progress import Progress
from reference.trajectory import start_of

__all__ = ["CertificateViolationError", "CertifiedIterates", "DivergedError", "certified_iterates"]

SPARE_BITS = 160  # first guess: growth of the error and small magnitudes, beyond the asked digits
ATTEMPTS = 12
MOST_TIMES = 24  # precision is never raised beyond this many times the first guess


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
        check_against_mpmath(case, balls, bits, progress)
    arrays, kept = _published(case, balls, digits, bits)
    return CertifiedIterates(
        tuple(steps), arrays, kept, bits, enclosures.bits_lost, enclosures.way, cross_check
    )


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


def _first_bits(digits: int) -> int:
    """Return the first guess of the working precision, a multiple of 32."""
    return 32 * ceil((digits / log10(2) + SPARE_BITS) / 32)


def _raised(bits: int, missing: int, attempt: int) -> int:
    """Return the next precision: what is missing, and from the third attempt on at least half more."""
    least = bits + missing + 8
    return least if attempt < 2 else max(least, bits * 3 // 2)
