"""Integrals along a flow that its implicit bias is made of, to a time or to the limit.

With g = ∇_θ L, the factor c of the gradient and w± the two factors of the network (u and v for
θ = u⊙u − v⊙v, u ± v for θ = u⊙v):

    phi               8 c² ∫ g⊙g dt                                (paper 000, Eq. 9 and 12)
    I_plus, I_minus   λ ∫ (w'±/w±)² dt                             (paper 003, Sec. 4; second order)
    signed_balancedness, balancedness    w₊⊙w₋ and |w₊⊙w₋| at the time

The balancedness is that of θ = a⊙b: a⊙a − b⊙b = w₊⊙w₋ for w± = a ± b; the network u⊙u − v⊙v is the
same with a = u + v, b = u − v, that is w± = 2u, 2v, so there it is 4 u⊙v.

I± needs no division inside the integral.  From λw'' + w' + s c g w = 0, z = w'/w obeys
λ(z' + z²) + z + s c g = 0, so

    I = λ ∫ z² dt = −ln|w(T)/w(0)| − s c ∫ g dt − λ (z(T) − z(0)),

s = ±1 for u⊙v, ±2 for u⊙u − v⊙v.  Where w passes zero the integral itself diverges and this is its
finite part, the one for which the formulas of the bias keep holding with absolute values.

Paper 003 prints "I± = −λ ∫ …  > 0"; the sum of squares can only have the sign of its factor, and
`tests/reference/flows/test_integrals.py` shows that it is +λ which makes Δ∞ = Δ0 exp(−(I₊ + I₋)).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt
from typing import Any

from flint import arb, fmpz

from reference.arithmetic import Vector
from reference.balls import BallArithmetic, ball, ball_precision
from reference.case import FlowCase, Regression
from reference.certified import CERTIFIED, Certified
from reference.flows.enclosed_flow import EnclosedFlow
from reference.flows.errors import LostFlowError
from reference.flows.growth import SLACK, RegressionCurvature
from reference.flows.limit import follow_until_settled
from reference.flows.segment import Segment
from reference.flows.settling import can_be_proved
from reference.flows.systems import SECOND_ORDER, gradient_factor, second_order, start_blocks
from reference.models import MODELS
from reference.progress import Progress
from reference.raising import Rows, decide, first_bits

__all__ = ["Moment", "NoIntegralsError", "certified_flow_integrals", "enclosed_moments"]

SPARE_BITS = 96
FACTORS = {"diagonal": 2, "hadamard": 1, "scalar_product": 1}  # |s| of the models that have factors w±


class NoIntegralsError(ValueError):
    """The case has none of these integrals."""


def certified_flow_integrals(
    case: FlowCase,
    times: Sequence[Fraction] | None,
    digits: int,
    *,
    progress: Progress | None = None,
) -> Certified:
    """Return the integrals from 0 to each asked time, or to the limit, proved.

    Parameters
    ----------
    case : FlowCase
        Of a regression.
    times : sequence of Fraction, strictly increasing, or None
        None stands for the limit; a bound on the tail is part of the radius.
    digits : int
    progress : callable, optional

    Returns
    -------
    Certified
        One row for each time, or one row.

    Raises
    ------
    NoIntegralsError
        If the problem is a polynomial.
        Or if the limit is asked for and no proof of convergence is known for this flow.
    UnsettledFlowError
        If the flow has not provably settled by the last time tried.
    BlowUpError, LostFlowError
        As in `certified_flow`.
    """
    if not isinstance(case.problem, Regression):
        raise NoIntegralsError(
            "integrals need g = ∇_θ L of a regression; the problem is a polynomial, which has no predictor θ. "
            "Ask for `flow` or `limit` instead"
        )
    facts: dict[str, str | int | float | bool] = {"enclosure": "Taylor"}

    def compute(bits: int) -> Rows:
        facts["precision_bits"] = bits
        if times is None:
            return _to_limit(case, digits, bits, facts, progress)
        return _to_times(case, times, bits, progress)

    decided = decide(compute, digits, first_bits(digits, SPARE_BITS), lost=(LostFlowError,))
    return Certified(decided.arrays, decided.digits, CERTIFIED, facts)


@dataclass(frozen=True)
class Moment:
    """A time at which integrals are asked for: the state then and at the start, ∫ g and ∫ g⊙g."""

    start: list[Vector]
    blocks: list[Vector]
    slope: Vector
    square: Vector


class Running:
    """∫ g dt and ∫ g⊙g dt so far, as balls.

    Parameters
    ----------
    size : int
        d.
    bits : int
    """

    def __init__(self, size: int, bits: int) -> None:
        self.bits = bits
        self.values = {"slope": [0] * size, "square": [0] * size}
        self.errors = {"slope": 0, "square": 0}
        self.tails: dict[str, Any] = {}

    def add(self, segment: Segment) -> None:
        """Add one step's gains."""
        for name, gain in segment.gains.items():
            self.values[name] = [a + b for a, b in zip(self.values[name], gain.values, strict=True)]
            self.errors[name] += gain.error

    def widen(self, name: str, tail: Any) -> None:
        """Add a ball around zero that holds what an integral still gains."""
        self.tails[name] = tail

    def moment(self, start: list[Vector], blocks: list[Vector]) -> Moment:
        """Return the integrals so far with the state, at the ball precision in force."""
        return Moment(start, blocks, self._balls("slope"), self._balls("square"))

    def _balls(self, name: str) -> Vector:
        unit = arb(2) ** -self.bits
        spread = arb(0, (arb(fmpz(self.errors[name])) * unit).abs_upper()) + self.tails.get(name, arb(0))
        return Vector([arb(fmpz(value)) * unit + spread for value in self.values[name]])


def enclosed_moments(
    case: FlowCase, times: Sequence[Fraction], bits: int, progress: Progress | None = None
) -> list[Moment]:
    """Return the state and the integrals of g and g⊙g at the asked times, in balls.

    Parameters
    ----------
    case : FlowCase
        Of a regression.
    times : sequence of Fraction, strictly increasing, from 0
    bits : int
        Working precision; the radii are what it leaves.
    progress : callable, optional

    Raises
    ------
    BlowUpError, LostFlowError
        As in `certified_flow`.
    """
    run, running = EnclosedFlow(case, bits, integrals=True), Running(_dimension(case), bits)
    with ball_precision(bits):
        start = [BallArithmetic().vector(block) for block in start_blocks(case)]
        moments = [running.moment(start, start)] if times[0] == 0 else []
    for segment in run.segments(times[-1], stops=times):
        running.add(segment)
        if segment.end in times:
            with ball_precision(bits):
                moments.append(running.moment(start, segment.blocks(segment.end)))
        if progress is not None:
            progress(int(1000 * segment.end / times[-1]), 1000)
    return moments


def _to_times(
    case: FlowCase, times: Sequence[Fraction], bits: int, progress: Progress | None
) -> dict[str, list[Vector]]:
    """Return the rows at finite times."""
    return _rows(case, enclosed_moments(case, times, bits, progress), bits)


def _to_limit(
    case: FlowCase, digits: int, bits: int, facts: dict[str, Any], progress: Progress | None
) -> dict[str, list[Vector]]:
    """Return the row at the limit, tails included."""
    if not can_be_proved(case):
        raise NoIntegralsError(
            f"no proof is known that `{case.flow.name}` converges here, so the tail of an integral to the limit "
            "cannot be bounded; ask for integrals to finite `times` instead"
        )
    run, running = EnclosedFlow(case, bits, integrals=True), Running(_dimension(case), bits)
    rest = follow_until_settled(case, bits, digits, progress, run=run, each=running.add)
    assert rest.proof is not None
    facts["time"], facts["movement_left"] = str(rest.time), rest.movement
    curvature = RegressionCurvature(case)
    root = sqrt(curvature.factor * curvature.norms.norm_squared * float(curvature.exact_factor)) * SLACK
    with ball_precision(bits):
        start = [BallArithmetic().vector(block) for block in start_blocks(case)]
        movement = arb(0, rest.movement)
        position = Vector([x + movement for x in rest.blocks[0]])
        at_rest = [position, *(Vector([arb(0)] * len(position)) for _ in rest.blocks[1:])]
        running.widen("slope", arb(0, root * rest.proof.residual))  # |g| ≤ |2f Xᵀ| |r|
        running.widen("square", arb(0, root**2 * SLACK * rest.proof.squared_residual))
        moment = running.moment(start, at_rest)
    return _rows(case, [moment], bits)


def _rows(case: FlowCase, moments: Sequence[Moment], bits: int) -> dict[str, list[Vector]]:
    """Return the rows of all moments by name."""
    with ball_precision(bits):
        observed = [_observed(case, moment) for moment in moments]
    return {name: [named[name] for named in observed] for name in observed[0]}


def _observed(case: FlowCase, moment: Moment) -> dict[str, Vector]:
    """Return the integrals at one moment, at the precision in force."""
    named = {"phi": ball(8 * gradient_factor(case.flow) ** 2) * moment.square}
    if case.model in FACTORS:
        named |= _balance(case, moment.blocks)
        if case.flow.name in SECOND_ORDER:
            named |= _turnings(case, moment)
    return named


def _balance(case: FlowCase, blocks: list[Vector]) -> dict[str, Vector]:
    plus, minus = factors(case, blocks[0])
    product = plus * minus
    if case.model == "diagonal":
        product = ball(4) * product
    return {"balancedness": Vector([abs(x) for x in product]), "signed_balancedness": product}


def _turnings(case: FlowCase, moment: Moment) -> dict[str, Vector]:
    """Return I± from the identity of the module docstring."""
    flow = second_order(case.flow)
    inertia, factor = ball(flow.inertia), ball(flow.factor * FACTORS[case.model])
    result = {}
    pairs = zip(
        ("I_plus", "I_minus"),
        (1, -1),
        *(factors(case, block) for block in (*moment.start, *moment.blocks)),
        strict=True,
    )
    for name, sign, w0, v0, w, v in pairs:
        result[name] = Vector(
            [
                -(abs(b / a)).log() - sign * factor * s - inertia * (vb / b - va / a)
                for a, va, b, vb, s in zip(w0, v0, w, v, moment.slope, strict=True)
            ]
        )
    return result


def factors(case: FlowCase, block: Vector) -> list[Vector]:
    """Return w₊ and w₋ of a position, or their derivatives of a velocity."""
    size = len(block) // 2
    u, v = Vector(block.entries[:size]), Vector(block.entries[size:])
    return [u, v] if case.model == "diagonal" else [u + v, u - v]


def _dimension(case: FlowCase) -> int:
    return len(case.init[MODELS[case.model].names[0]])
