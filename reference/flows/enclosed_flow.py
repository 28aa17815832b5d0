"""A flow enclosed step by step: Taylor polynomials in fixed-point integers, and one radius beside them.

Each step grows the Taylor coefficients of the solution that starts at the current centre, as far as
they are worth one unit (the order is that of the last one; the length of the step follows from how
fast they fell).  The polynomial's defect F(p) − p' is bounded over the step (`reference.taylor.remainder`),
and the distance of the true solution obeys

    R ← γ R + max(1, γ) h D + jump,    γ = exp(a h),

with the logarithmic norm a over the tube that holds both (`reference.flows.growth`).  That the tube
does hold the solution follows by continuity: the radius it is checked with is the one it yields.
No box is fed back into the arithmetic, so nothing wraps: the radius is one number, and grows only as
fast as the flow itself can spread errors.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import exp, floor, sqrt
from typing import Any

from reference.case import FlowCase, Regression
from reference.flows.errors import BlowUpError, LostFlowError
from reference.flows.growth import SLACK, FirstOrderGrowth, SecondOrderGrowth, upper_float
from reference.flows.jacobian_growth import JacobianGrowth
from reference.flows.segment import Bounds, Gain, Segment
from reference.flows.step_control import FIRST_SCALE, next_scale, usable_part
from reference.flows.systems import (
    FIRST_ORDER,
    SECOND_ORDER,
    is_piecewise,
    right_hand_side,
    start_blocks,
)
from reference.objective import RegressionObjective, objective_of
from reference.taylor.remainder import Remainders
from reference.taylor.series import Node, SeriesArithmetic
from reference.taylor.terms import FixedPoint

__all__ = ["LARGEST", "EnclosedFlow"]

LARGEST = 1e12  # beyond this a coordinate counts as lost to infinity
WIDEST = 1e-6  # a tube wider than this bounds nothing well: more bits
ORDERS_PER_BIT = 0.42  # measured: N² work against steps of length 2^(−bits/N), with the costs of a step
LEAST_PART = Fraction(1, 4)  # of a step that must be usable, or it is made again, shorter
TUBES = (2, 64, 4096)  # how often the error at the start of a step the tube may hold


class EnclosedFlow:
    """The enclosure of one flow at one precision.

    Parameters
    ----------
    case : FlowCase
    bits : int
        Binary places of the fixed-point integers.
    integrals : bool
        Whether steps also tell their gains in ∫ g dt and ∫ g⊙g dt, g = ∇_θ L (of a regression).
    """

    def __init__(self, case: FlowCase, bits: int, *, integrals: bool = False) -> None:
        self.case, self.bits, self.integrals = case, bits, integrals
        self.most_orders = max(8, floor(ORDERS_PER_BIT * bits))
        self.start = start_blocks(case)
        self.growth: Any = _growth_of(case)
        self.terms = FixedPoint(bits)
        self.orders_used = self.steps_made = 0

    def segments(self, last: Fraction, stops: Sequence[Fraction] = ()) -> Iterator[Segment]:
        """Yield steps from time 0 until `last` is reached.

        Parameters
        ----------
        last : Fraction
        stops : sequence of Fraction, optional
            Times at which a step must end.

        Raises
        ------
        BlowUpError
            If a coordinate exceeds `LARGEST`.
        LostFlowError
            If the tube grows wider than `WIDEST`: more bits are needed.
        """
        flow = self.case.flow
        time, interval = Fraction(0), 0
        centres = [[self.terms.term(value) for value in block] for block in self.start]
        radius: int | None = None
        step = FIRST_SCALE
        while time < last:
            end = min(last, flow.step_size * (interval + 1)) if is_piecewise(flow) else last
            stepper = Stepper(self, interval if is_piecewise(flow) else None)
            while time < end:
                stop = min((t for t in stops if time < t < end), default=end)
                segment, centres, radius, step = stepper.step(time, stop, centres, radius, step)
                time = segment.end
                yield segment
            interval += 1


class Stepper:
    """Steps with one right hand side.

    Parameters
    ----------
    run : EnclosedFlow
    interval : int, optional
        k of a piecewise flow.
    """

    def __init__(self, run: EnclosedFlow, interval: int | None) -> None:
        self.run, self.graph = run, SeriesArithmetic(run.terms)
        self.blocks = [self.graph.variable(len(block)) for block in run.start]
        self.right_sides = right_hand_side(run.case, self.graph, interval)(self.blocks)
        objective = objective_of(run.case, self.graph)
        first = run.case.flow.name in FIRST_ORDER + SECOND_ORDER
        self.slope: Node | None = None
        if isinstance(objective, RegressionObjective) and (first or run.integrals):
            self.slope = objective.predictor_gradient(self.blocks[0])
        self.integrands: dict[str, Node] = {}
        if run.integrals and self.slope is not None:
            self.integrands = {"slope": self.slope, "square": self.slope * self.slope}
        if isinstance(run.growth, JacobianGrowth):
            run.growth.enter(interval)

    def step(
        self, time: Fraction, end: Fraction, centres: list[list[Any]], radius: int | None, scale: Fraction
    ) -> tuple[Segment, list[list[Any]], int, Fraction]:
        """Return one step, the next centres and radius, and the scale to try next.

        Parameters
        ----------
        time, end : Fraction
            Where the step starts, and what it must not pass.
        centres : list of blocks of integers
        radius : int, optional
            R in units; None at the start, where only the rounding of the start is known.
        scale : Fraction
            h, the time of τ = 1.
        """
        clipped = min(scale, end - time)
        last_terms, orders, size, rho = self._grown(centres, clipped)
        while rho < LEAST_PART:  # roundings of a far too long step grow with its orders
            scale = clipped = clipped * rho
            last_terms, orders, size, rho = self._grown(centres, clipped)
        reached = time + clipped * rho
        bounds, defect = self._bounds(last_terms, orders, rho)
        growth = self.run.growth
        adapted = Fraction(growth.adapt(bounds))
        if radius is None:
            radius = growth.norm(bounds, [1] * len(self.blocks))
        radius = _ceil(radius * adapted)
        elapsed = float(clipped * rho) * SLACK
        forced = _ceil(growth.norm(bounds, defect) * Fraction(elapsed))
        gamma = self._growth(bounds, radius + forced, elapsed, reached)
        widest = _ceil((radius + forced) * max(Fraction(1), gamma))
        jump = 2 * orders + 4
        moved = upper_float(jump, self.run.bits) * sqrt(len(self.blocks[0]) + 1) * SLACK
        jumped = growth.norm(bounds, [jump] * len(self.blocks))
        passed = _ceil(radius * gamma + forced * max(Fraction(1), gamma))
        following = _ceil(passed * Fraction(growth.jump(bounds, moved))) + jumped
        columns = [[list(column) for column in block.columns] for block in self.blocks]
        for block, added in zip(columns, last_terms, strict=True):
            for column, term in zip(block, added, strict=True):
                column.append(term)
        errors = tuple(error + orders + 1 for error in growth.errors(widest))
        gains = self._gains(orders, rho, clipped, errors)
        segment = Segment(time, reached, clipped, columns, self.run.bits, errors, gains)
        self.run.steps_made += 1
        self.run.orders_used = max(self.run.orders_used, orders)
        return segment, _values(columns, rho), following, next_scale(clipped, scale, size, orders)

    def _grown(self, centres: list[list[Any]], scale: Fraction) -> tuple[list[list[Any]], int, int, Fraction]:
        """Return the state's last terms, their order and size, and the part of the step they allow."""
        last_terms, orders = self._grow(centres, scale)
        size = max(max(map(abs, block)) for block in last_terms)
        return last_terms, orders, size, usable_part(size, orders)

    def _gains(self, orders: int, rho: Fraction, scale: Fraction, errors: tuple[int, ...]) -> dict[str, Gain]:
        """Return h ∫_0^ρ f(y(τ)) dτ of every integrand, whose argument is off by the errors of the step."""
        if not self.integrands:
            return {}
        off = {block: error + 2 * orders for block, error in zip(self.blocks, errors, strict=True)}
        remainders = Remainders(self.graph, orders, rho, off)
        length = scale * rho
        return {
            name: Gain(
                [
                    int(_integral(column, rho) * length.numerator // length.denominator)
                    for column in node.columns
                ],
                _ceil((remainders.error(node) + 2 * orders + 2) * length) + 1,
            )
            for name, node in self.integrands.items()
        }

    def _grow(self, centres: list[list[Any]], scale: Fraction) -> tuple[list[list[Any]], int]:
        """Grow the series from the centres; return the state's last terms and their order N."""
        graph, terms = self.graph, self.run.terms
        graph.clear()
        for block, centre in zip(self.blocks, centres, strict=True):
            for column, value in zip(block.columns, centre, strict=True):
                column.append(value)
        added: list[list[Any]] = []
        small = 0
        for k in range(self.run.most_orders):
            graph.extend(k)
            advance = terms.scaling(scale / (k + 1))
            added = [[advance(column[k]) for column in side.columns] for side in self.right_sides]
            small = small + 1 if all(-2 <= term <= 2 for block in added for term in block) else 0
            if small == 2 or k == self.run.most_orders - 1:
                return added, k + 1
            for block, new in zip(self.blocks, added, strict=True):
                for column, term in zip(block.columns, new, strict=True):
                    column.append(term)
        raise AssertionError("the loop returns at its last order")

    def _bounds(self, last_terms: list[list[Any]], orders: int, rho: Fraction) -> tuple[Bounds, list[int]]:
        """Return the step's bounds, without a tube yet, and the defect of every block, in units."""
        errors = {
            block: _ceil(max(map(abs, terms)) * rho**orders) + orders + 1
            for block, terms in zip(self.blocks, last_terms, strict=True)
        }
        remainders = Remainders(self.graph, orders, rho, errors)
        defect = [remainders.error(side) for side in self.right_sides]
        return Bounds(remainders, self.blocks, self.slope), defect

    def _growth(self, bounds: Bounds, norm: int, elapsed: float, time: Fraction) -> Fraction:
        """Return γ = exp(a h), rounded up, for a tube that holds every error it lets grow."""
        beside = (bounds.remainders.orders + 2) * sum(
            len(block) for block in self.blocks
        )  # p and its rounding
        largest = max(abs(column[0]) for block in self.blocks for column in block.columns)
        if upper_float(int(largest), self.run.bits) > LARGEST:
            raise BlowUpError(time, LARGEST)
        for allowed in TUBES:
            bounds.widen(max(self.run.growth.errors(allowed * norm)) + beside)
            if bounds.tube > WIDEST:
                break
            gamma = _exponential(self.run.growth.rate(bounds), elapsed, time)
            if gamma < allowed:
                return gamma
        raise LostFlowError(time)


def _growth_of(case: FlowCase) -> Any:
    """Return the norm that suits the flow."""
    if isinstance(case.problem, Regression) and case.flow.name in FIRST_ORDER:
        return FirstOrderGrowth(case)
    if isinstance(case.problem, Regression) and case.flow.name in SECOND_ORDER:
        return SecondOrderGrowth(case)
    return JacobianGrowth(case)


def _values(columns: list[list[list[Any]]], rho: Fraction) -> list[list[Any]]:
    """Return every polynomial at τ = ρ = m/2^s, rounded down at each order."""
    if rho == 1:
        return [[sum(column) for column in block] for block in columns]
    factor, shift = rho.numerator, rho.denominator.bit_length() - 1
    return [[_horner(column, factor, shift) for column in block] for block in columns]


def _horner(column: list[Any], factor: int, shift: int) -> Any:
    value = column[-1]
    for term in column[-2::-1]:
        value = (value * factor >> shift) + term
    return value


def _integral(column: list[Any], rho: Fraction) -> Any:
    """Return Σ c_i ρ^i/(i+1), the mean over [0, ρ], with two roundings an order at most."""
    return _horner(
        [c // (i + 1) for i, c in enumerate(column)], rho.numerator, rho.denominator.bit_length() - 1
    )


def _exponential(rate: float, elapsed: float, time: Fraction) -> Fraction:
    """Return exp(rate · elapsed), rounded up."""
    exponent = rate * elapsed
    if not exponent < 600:  # a rate that is not a number bounds nothing
        raise LostFlowError(time)
    return Fraction(exp(exponent) * SLACK + 1e-300)


def _ceil(amount: Any) -> int:
    exact = Fraction(amount)
    return -(-exact.numerator // exact.denominator)
