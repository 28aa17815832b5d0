"""The order of a flow, observed: how fast its distance to the method falls as the step size is halved.

For step sizes η, η/2, η/4, … the iterates β_k of a method and the flow β(t) are enclosed, and

    e(η) = max_{kη ≤ T} |β_k − β(t_k)|₂

is formed over the whole horizon, and again over its second half, after the transient.  The slopes
p_i = log₂ e(η_i)/e(η_{i+1}) tend to the order; the estimate extrapolates the last two of them, and
the error bar is their difference, or half the difference before where that is larger.  The
enclosures are so narrow that rounding has no part in it.

Source: paper 000, Definition 1; paper 001, Definition 3.1; paper 002, Eq. 4.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from math import log2

from flint import arb

from reference.arithmetic import Vector
from reference.balls import BallArithmetic, ball_precision
from reference.case import Case, Flow, FlowCase
from reference.enclosures import enclose
from reference.flows.enclosed_flow import EnclosedFlow
from reference.flows.systems import start_blocks

__all__ = [
    "ObservedOrder",
    "OrderEstimate",
    "Rung",
    "VanishingErrorError",
    "estimate_order",
    "flow_at_steps",
    "observed_order",
]

BITS = 192


class VanishingErrorError(ValueError):
    """The flow meets the iterates exactly, or to within the enclosures: there is no slope to observe."""


@dataclass(frozen=True)
class Rung:
    """One step size of the ladder.

    Parameters
    ----------
    step_size : Fraction
    steps : int
    whole, settled : float
        e(η) over all steps, and over those in the second half of the horizon.
    """

    step_size: Fraction
    steps: int
    whole: float
    settled: float


@dataclass(frozen=True)
class OrderEstimate:
    """An observed order and how far it may be from the limit of the slopes.

    Parameters
    ----------
    order, error_bar : float
    slopes : tuple of float
        p_1, p_2, … along the ladder.
    """

    order: float
    error_bar: float
    slopes: tuple[float, ...]


@dataclass(frozen=True)
class ObservedOrder:
    """What a ladder of step sizes shows.

    Parameters
    ----------
    whole, settled : OrderEstimate
        Over the whole horizon, and over its second half.
    rungs : tuple of Rung
    """

    whole: OrderEstimate
    settled: OrderEstimate
    rungs: tuple[Rung, ...]


def observed_order(
    case: Case,
    flow_of: Callable[[Fraction], Flow],
    step_sizes: Sequence[Fraction],
    horizon: Fraction,
    *,
    clock: Callable[[Fraction], Fraction] = lambda step_size: step_size,
    bits: int = BITS,
) -> ObservedOrder:
    """Return the observed order of a flow as an approximation of a method.

    Parameters
    ----------
    case : Case
        The method; its step size is replaced by those of the ladder.
    flow_of : callable
        From a step size to the flow that goes with it.
    step_sizes : sequence of Fraction, at least three
        Each half of the one before.
    horizon : Fraction
        T, in the flow's time.
    clock : callable, optional
        From a step size to the flow's time of one step; η itself unless the flow has another clock.
    bits : int
        Of the enclosures.

    Raises
    ------
    ValueError
        If the ladder has fewer than three rungs, does not halve, or a step exceeds half the horizon.
    VanishingErrorError
        If an error is zero within its enclosure.
    """
    _check_ladder(step_sizes, horizon, clock)
    rungs = []
    for step_size in step_sizes:
        rungs.append(_rung(case, flow_of(step_size), (step_size, clock(step_size)), horizon, bits))
    return ObservedOrder(
        whole=estimate_order([rung.whole for rung in rungs]),
        settled=estimate_order([rung.settled for rung in rungs]),
        rungs=tuple(rungs),
    )


def flow_at_steps(case: FlowCase, step: Fraction, steps: int, bits: int = BITS) -> list[Vector]:
    """Return balls around the flow's position at the times 0, step, 2·step, …, shape (steps + 1,)."""
    with ball_precision(bits):
        positions = [BallArithmetic().vector(start_blocks(case)[0])]
    for segment in EnclosedFlow(case, bits).segments(step * steps):
        with ball_precision(bits):
            while len(positions) <= steps and step * len(positions) <= segment.end:
                positions.append(segment.position(step * len(positions)))
    return positions


def _check_ladder(
    step_sizes: Sequence[Fraction], horizon: Fraction, clock: Callable[[Fraction], Fraction]
) -> None:
    if len(step_sizes) < 3 or any(2 * b != a for a, b in pairwise(step_sizes)):
        shown = ", ".join(str(step_size) for step_size in step_sizes)
        raise ValueError(f"`step_sizes` are {shown}; expected at least three, each half of the one before")
    if 2 * clock(step_sizes[0]) > horizon:
        raise ValueError(
            f"`horizon` is {horizon}, less than two steps of {clock(step_sizes[0])}; choose a later one or smaller steps"
        )


def _rung(case: Case, flow: Flow, sizes: tuple[Fraction, Fraction], horizon: Fraction, bits: int) -> Rung:
    """Return the errors at one step size, which comes with its time on the flow's clock."""
    step_size, step = sizes
    steps = int(horizon / step)
    discrete = replace(case, method=replace(case.method, step_size=step_size))
    iterates = enclose(discrete, range(steps + 1), bits).positions
    flow_case = FlowCase(case.problem, case.model, case.init, flow)
    positions = flow_at_steps(flow_case, step, steps, bits)
    with ball_precision(bits):
        distances = [_distance(iterates[k], position) for k, position in enumerate(positions)]
    return Rung(step_size, steps, max(distances), max(distances[(steps + 1) // 2 :]))


def _distance(left: Vector, right: Vector) -> float:
    """Return |left − right|₂ of two enclosed points, 0 where it is not certainly positive."""
    squares = [difference * difference for difference in (left - right).entries]
    norm = sum(squares, start=arb(0)).sqrt() if squares else arb(0)
    return float(norm.mid()) if norm.is_finite() and norm.abs_lower() > norm.rad() else 0.0


def estimate_order(errors: Sequence[float]) -> OrderEstimate:
    """Return the extrapolated slope of errors on a halving ladder, and its error bar.

    Raises
    ------
    VanishingErrorError
        If an error is zero.
    """
    if min(errors) <= 0:
        raise VanishingErrorError(
            f"an error of the ladder is zero within its enclosure (errors {errors}): the flow meets the iterates exactly "
            "there, and no order can be observed; choose a longer horizon or another problem"
        )
    slopes = tuple(log2(a / b) for a, b in pairwise(errors))
    order = 2 * slopes[-1] - slopes[-2]
    changes = [abs(b - a) for a, b in pairwise(slopes)][-2:]
    return OrderEstimate(order, max(changes[-1], changes[0] / 2), slopes)
