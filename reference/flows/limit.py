"""Where a flow ends: followed until it provably settles, with what it can still move as the radius.

Flows of a regression settle by `reference.flows.settling`; so do first-order flows into a strict
minimum of a polynomial.  For the others the grade is ``confirmed``: the values at two times, one twice the
other, agree to the asked digits, and so do two precisions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import takewhile
from math import ceil, log2

from flint import arb

from reference.arithmetic import Vector
from reference.balls import ball_precision
from reference.case import FlowCase, Regression
from reference.certified import CERTIFIED, CONFIRMED, Certified
from reference.decimal_grid import GridRow
from reference.flows.enclosed_flow import EnclosedFlow
from reference.flows.errors import LostFlowError, TooManyDigitsError, UnsettledFlowError
from reference.flows.segment import Segment
from reference.flows.settling import Settled, can_be_proved, settled
from reference.observables import SCALARS
from reference.observed_rows import ball_rows
from reference.progress import Progress
from reference.raising import Rows, decide, first_bits

__all__ = ["LATEST", "Rest", "certified_flow_limit", "follow_until_settled"]

SPARE_BITS = 96
LATEST = Fraction(10**6)  # time after which a flow that has not settled is given up
RESERVE = 16  # bits by which the movement left is finer than the digits first asked
MOST_DIGITS = 250  # movements are bounded in floats


@dataclass(frozen=True)
class Rest:
    """Where a flow was left, with the proof that it settles from there.

    Parameters
    ----------
    time : Fraction
    blocks : list of Vector of arb
        y(time).
    proof : Settled or None
        None where only the numbers say so.
    movement : float
        Bound on, or estimate of, what the position still moves.
    """

    time: Fraction
    blocks: list[Vector]
    proof: Settled | None
    movement: float


def certified_flow_limit(case: FlowCase, digits: int, *, progress: Progress | None = None) -> Certified:
    """Return the limit of a flow to the asked digits.

    Parameters
    ----------
    case : FlowCase
    digits : int
        The radius of every value is at most 10^−digits times the largest magnitude in its array.
    progress : callable, optional
        Called with (digits reached, digits asked).

    Returns
    -------
    Certified
        The model's parameters, ``theta`` where it has one, and ``loss``, one row each; the fact
        ``time`` says where the flow was left.

    Raises
    ------
    TooManyDigitsError
        If more than `MOST_DIGITS` are asked.
    UnsettledFlowError
        If the flow has not settled by `LATEST`.
    BlowUpError
        If it leaves every bound.
    """
    facts: dict[str, str | int | float | bool] = {}

    def compute(bits: int) -> Rows:
        rest = follow_until_settled(case, bits, digits, progress)
        facts.update(
            time=str(rest.time),
            movement_left=rest.movement,
            precision_bits=bits,
            proved=rest.proof is not None,
        )
        if rest.proof is not None:
            facts["proved_rate"] = rest.proof.rate
        return limit_rows(case, rest, bits)

    proved_zero = isinstance(case.problem, Regression) and can_be_proved(case)  # the proof shows r → 0
    exact = {"loss": {0: GridRow(0, (0,), (0,))}} if proved_zero else {}
    decided = decide(
        compute, digits, first_bits(digits, SPARE_BITS), scalars=SCALARS, exact=exact, lost=(LostFlowError,)
    )
    grade = CERTIFIED if facts["proved"] else CONFIRMED
    return Certified(decided.arrays, decided.digits, grade, facts)


def limit_rows(case: FlowCase, rest: Rest, bits: int) -> dict[str, list[Vector]]:
    """Return balls around the observables at the limit."""
    with ball_precision(bits):
        spread = arb(0, rest.movement)
        position = Vector([x + spread for x in rest.blocks[0]])
    return ball_rows(case, [position], bits)


def follow_until_settled(
    case: FlowCase,
    bits: int,
    digits: int,
    progress: Progress | None = None,
    *,
    run: EnclosedFlow | None = None,
    each: Callable[[Segment], None] | None = None,
) -> Rest:
    """Follow a flow until what it can still move is below the precision that the bits are worth.

    Parameters
    ----------
    case : FlowCase
    bits : int
        Of the enclosure; the movement left is asked to be below 2^−(bits − SPARE_BITS + RESERVE) times the position.
    digits : int
        For progress alone.
    run : EnclosedFlow, optional
        The enclosure to follow, where the caller has one.
    each : callable, optional
        Called with every step made.

    Raises
    ------
    UnsettledFlowError, BlowUpError, LostFlowError
    """
    if digits > MOST_DIGITS:
        raise TooManyDigitsError(digits, MOST_DIGITS)
    wanted = 2.0 ** (SPARE_BITS - RESERVE - bits)
    if not can_be_proved(case):
        return _follow_until_still(case, bits, wanted)
    reached, marks = float("inf"), _marks()
    mark = next(marks)
    for segment in (run or EnclosedFlow(case, bits)).segments(LATEST, stops=tuple(_marks_until(LATEST))):
        if each is not None:
            each(segment)
        if segment.end < mark:
            continue
        mark = next(marks)
        with ball_precision(bits):
            blocks = segment.blocks(segment.end)
        proof = settled(case, blocks, bits)
        if proof is not None:
            reached = proof.movement
            if progress is not None and reached > 0:
                progress(min(digits, max(0, ceil(-log2(reached) * 0.30103))), digits)
            if reached <= wanted * _size(blocks[0]):
                return Rest(segment.end, blocks, proof, reached)
    raise UnsettledFlowError(LATEST, reached)


def _follow_until_still(case: FlowCase, bits: int, wanted: float) -> Rest:
    """Follow a flow until its position at a time and at twice that time agree."""
    marks = _doublings()
    mark, before = next(marks), None
    moved = float("inf")
    for segment in _segments(case, bits):
        while mark <= segment.end:
            with ball_precision(bits):
                blocks = segment.blocks(mark)
                if before is not None:
                    moved = _distance(before, blocks[0])
                    if moved <= wanted * _size(blocks[0]):
                        return Rest(mark, blocks, None, 2 * moved)
            before, mark = blocks[0], next(marks)
    raise UnsettledFlowError(LATEST, moved)


def _segments(case: FlowCase, bits: int) -> Iterator[Segment]:
    return EnclosedFlow(case, bits).segments(LATEST)


def _doublings() -> Iterator[Fraction]:
    """Yield the times that are compared with their halves."""
    time = Fraction(1, 4)
    while True:
        yield time
        time *= 2


def _marks() -> Iterator[Fraction]:
    """Yield the times at which a proof is tried: powers of two and the middles between them.

    A fixed list, so that the time at which a limit is read off depends on the flow alone.
    """
    for time in _doublings():
        yield time
        yield time * 3 / 2


def _marks_until(last: Fraction) -> Iterator[Fraction]:
    return takewhile(lambda time: time < last, _marks())


def _distance(before: Vector, now: Vector) -> float:
    """Return the largest distance of two positions' midpoints."""
    return max(float(abs(a.mid() - b.mid()).abs_upper()) for a, b in zip(before, now, strict=True))


def _size(position: Vector) -> float:
    return max(float(abs(x).abs_upper()) for x in position)
