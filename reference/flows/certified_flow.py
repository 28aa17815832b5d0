"""Certified values of a flow at asked times: enclosed in fixed point, rounded, confirmed by mpmath."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from flint import arb

from reference.arithmetic import Vector
from reference.balls import BallArithmetic, ball_precision
from reference.case import FlowCase
from reference.certified import CERTIFIED, Certified
from reference.cross_check import GUARD_BITS, CertificateViolationError
from reference.flows.enclosed_flow import EnclosedFlow
from reference.flows.errors import LostFlowError
from reference.flows.mpmath_flow import Walk
from reference.flows.systems import start_blocks
from reference.mpmath_arithmetic import mpmath_precision
from reference.observables import SCALARS
from reference.observed_rows import ball_rows, exact_rows
from reference.progress import Progress
from reference.raising import Rows, decide, first_bits

__all__ = ["certified_flow"]

SPARE_BITS = 96  # first guess: growth of the error and small magnitudes, beyond the asked digits
Facts = dict[str, str | int | float | bool]

PARTS = 1000  # of the whole time, in progress reports


def certified_flow(
    case: FlowCase,
    times: Sequence[Fraction],
    digits: int,
    *,
    cross_check: bool = True,
    progress: Progress | None = None,
) -> Certified:
    """Return the observables of a flow at the asked times to the asked digits, proved.

    Parameters
    ----------
    case : FlowCase
    times : sequence of Fraction, strictly increasing, from 0
    digits : int
        The radius of every value is at most 10^−digits times the largest magnitude in its array
        at its time.
    cross_check : bool
        Walk the same flow in mpmath with other steps and orders, and require its values inside.
    progress : callable, optional
        Called with (parts of the time done, parts in all) of the pass under way.

    Returns
    -------
    Certified
        The model's parameters, ``theta`` where it has one, and ``loss``; one row for each time.

    Raises
    ------
    BlowUpError
        If a coordinate exceeds `reference.flows.enclosed_flow.LARGEST`; its `time` says when.
    LostFlowError
        If the error bound cannot be held at any affordable precision.
    CertificateViolationError
        If mpmath and the enclosure disagree.
    """
    facts: Facts = {}

    def compute(bits: int) -> Rows:
        positions = _enclosed(case, times, bits, progress, facts)
        return ball_rows(case, positions, bits)

    exact = exact_rows(case, start_blocks(case)[0], digits) if times[0] == 0 else {}
    decided = decide(
        compute, digits, first_bits(digits, SPARE_BITS), scalars=SCALARS, exact=exact, lost=(LostFlowError,)
    )
    if cross_check:
        _cross_check(case, times, decided.rows, decided.bits, progress)
    facts |= {"enclosure": "Taylor", "precision_bits": decided.bits, "cross_checked_by_mpmath": cross_check}
    return Certified(decided.arrays, decided.digits, CERTIFIED, facts)


def _enclosed(
    case: FlowCase, times: Sequence[Fraction], bits: int, progress: Progress | None, facts: Facts
) -> list[Vector]:
    """Return balls around the positions at the asked times."""
    run, last = EnclosedFlow(case, bits), times[-1]
    waiting = list(times)
    positions: list[Vector] = []
    error = 0
    if waiting[0] == 0:
        with ball_precision(bits):
            positions.append(BallArithmetic().vector(start_blocks(case)[0]))
        waiting.pop(0)
    for segment in run.segments(last) if waiting else ():
        while waiting and waiting[0] <= segment.end:
            with ball_precision(bits):
                positions.append(segment.position(waiting.pop(0)))
        error = segment.errors[0]
        if progress is not None:
            progress(int(PARTS * segment.end / last), PARTS)
    facts |= {
        "taylor_steps": run.steps_made,
        "taylor_order": run.orders_used,
        "bits_lost": error.bit_length(),
    }
    return positions


def _cross_check(
    case: FlowCase, times: Sequence[Fraction], rows: Rows, bits: int, progress: Progress | None
) -> None:
    """Walk the flow in mpmath and require its parameters inside the balls."""
    with mpmath_precision(bits + GUARD_BITS):
        walk = Walk(case, bits + GUARD_BITS // 2)
        for i, time in enumerate(times):
            position = walk.position_at(time)
            with ball_precision(bits + GUARD_BITS):
                _require_inside(case, position, rows, i, time)
            if progress is not None and times[-1]:
                progress(int(PARTS * time / times[-1]), PARTS)


def _require_inside(case: FlowCase, position: Vector, rows: Rows, i: int, time: Fraction) -> None:
    """Compare one time's mpmath parameters with their balls."""
    names = [name for name in rows if name in case.init]
    start = 0
    for name in names:
        enclosed = rows[name][i].entries
        for j, ball in enumerate(enclosed):
            value = position.entries[start + j]
            if not ball.contains(arb(value)):
                raise CertificateViolationError(
                    f"`{name}[{j}]` at time {time}: mpmath gives {value}, outside the certified ball {ball}. "
                    "One of the two is wrong; nothing is published. Please report the spec"
                )
        start += len(enclosed)
