"""Certified iterates: raise the precision until every asked digit of every asked step is proved.

The states are enclosed in Arb balls (`reference.enclosures`), the observables rounded correctly to a
decimal grid (`reference.grid_rounding`), and the same recurrence is run in mpmath, with bits to spare:
every value it gives must lie inside its ball (`reference.cross_check`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reference.arithmetic import RationalArithmetic
from reference.case import Case
from reference.centred_run import DivergedError
from reference.cross_check import CertificateViolationError
from reference.cross_check import cross_check as check_against_mpmath
from reference.decimal_grid import GridArray
from reference.enclosures import Enclosures, enclose
from reference.error_bound import LostError
from reference.observables import SCALARS
from reference.observed_rows import ball_rows, exact_rows
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
        return ball_rows(case, [found[-1].positions[step] for step in steps], bits)

    start = start_of(case, RationalArithmetic()).position.entries
    exact = exact_rows(case, start, digits) if steps[0] == 0 else {}
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
