"""Balls around the states of a run, by one of two ways.

* Regression problems: exact midpoints, with one error bound for the whole run
  (`reference.centred_run`, `reference.error_bound`).
* Polynomial problems, momentum over batches, schedules of step sizes, and runs too unstable for a bound:
  balls fed back step after step, at whatever precision that takes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flint import arb

from reference.arithmetic import Vector
from reference.balls import BallArithmetic, ball_precision, inflate
from reference.case import Case, Regression
from reference.centred_run import LARGEST, CentredRun, DivergedError, StepMeasure
from reference.error_bound import ErrorBound, LostError, choose_norm
from reference.error_norm import NoCertificateError
from reference.progress import Progress, tell
from reference.resting import resting_coordinates
from reference.trajectory import states

__all__ = ["Enclosures", "enclose", "enclose_centred", "enclose_naively"]


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
        tell(progress, step, last)
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
        tell(progress, step, last)
    return Enclosures(positions, bits, _bits_lost(positions[last], bits), "naive")


def _ball_states(case: Case, bits: int) -> Iterator[Vector]:
    """Yield ball positions without end; the precision is in force only while a step is made."""
    with ball_precision(bits):
        iterator = states(case, BallArithmetic())
    while True:
        with ball_precision(bits):
            state = next(iterator)
        yield state.position


def _bits_lost(position: Vector, bits: int) -> float:
    """Return how many of the working bits the position does not have, relative to its largest entry."""
    with ball_precision(64):
        largest = max(x.abs_upper() for x in position)
        widest = max(x.rad() for x in position)
        if widest.is_zero() or largest.is_zero():
            return 0.0
        return float((widest / largest).log() / arb(2).log()) + bits
