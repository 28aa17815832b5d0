"""Certified iterates: raise the precision until every asked digit of every asked step is proved.

The states are enclosed in Arb balls (`reference.enclosures`), the observables rounded correctly to a
decimal grid (`reference.grid_rounding`), and the same recurrence is run in mpmath, with bits to spare:
every value it gives must lie inside its ball (`reference.cross_check`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from flint import fmpq

from reference.arithmetic import RationalArithmetic, Vector
from reference.balls import BallArithmetic, ball_precision
from reference.case import Case
from reference.centred_run import DivergedError
from reference.cross_check import CertificateViolationError
from reference.cross_check import cross_check as check_against_mpmath
from reference.decimal_grid import GridArray, GridRow
from reference.enclosures import Enclosures, enclose
from reference.error_bound import LostError
from reference.grid_rounding import exact_row
from reference.objective import objective_of
from reference.observables import SCALARS, observe
from reference.progress import Progress
from reference.raising import Rows, decide, first_bits
from reference.trajectory import start_of

__all__ = ["CertificateViolationError", "CertifiedIterates", "DivergedError", "certified_iterates"]

SPARE_BITS = 160  # first guess: growth of the error and small magnitudes, beyond the asked digits


@dataclass(frozen=True)
class CertifiedIterates:
    """Correctly rounded observables, with what was reached.

    Parameters
    ----------
    steps : tuple of int
    arrays : dict of observable name to GridArray
    digits : int
        Certified digits: those asked, or fewer where precision ran out; rows that are zero do not count.
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
    found: list[Enclosures] = []

    def compute(bits: int) -> Rows:
        found.append(enclose(case, steps, bits, progress))
        return _observed(case, found[-1], steps)

    exact = {name: {0: row} for name, row in _exact_start(case, digits).items()} if steps[0] == 0 else {}
    decided = decide(
        compute, digits, first_bits(digits, SPARE_BITS), scalars=SCALARS, exact=exact, lost=(LostError,)
    )
    if cross_check:
        rows = {
            step: {name: vectors[i] for name, vectors in decided.rows.items()} for i, step in enumerate(steps)
        }
        check_against_mpmath(case, rows, decided.bits, progress)
    last = found[-1]
    return CertifiedIterates(
        tuple(steps), decided.arrays, decided.digits, last.bits, last.bits_lost, last.way, cross_check
    )


def _observed(case: Case, enclosures: Enclosures, steps: Sequence[int]) -> dict[str, list[Vector]]:
    """Return balls around every observable at every asked step."""
    rows: dict[str, list[Vector]] = {}
    with ball_precision(enclosures.bits):
        objective = objective_of(case, BallArithmetic())
        for step in steps:
            for name, vector in observe(case, objective, enclosures.positions[step]).items():
                rows.setdefault(name, []).append(vector)
    return rows


def _exact_start(case: Case, digits: int) -> dict[str, GridRow]:
    """Return the rows of step 0, computed in exact rationals."""
    arithmetic = RationalArithmetic(lambda value: fmpq(value.numerator, value.denominator))
    position = start_of(case, arithmetic).position
    named = observe(case, objective_of(case, arithmetic), position)
    return {
        name: exact_row([Fraction(int(x.p), int(x.q)) for x in vector], digits)
        for name, vector in named.items()
    }
