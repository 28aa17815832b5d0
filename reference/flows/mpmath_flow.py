"""The readable definition of a flow: its Taylor series in mpmath, step after step.

No bound is proved here.  The series, its order and its steps differ from those of the enclosure, so
that the two confirm each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

from mpmath import floor as mp_floor
from mpmath import mp, mpf

from reference.arithmetic import Vector
from reference.case import FlowCase
from reference.flows.systems import is_piecewise, right_hand_side, start_blocks
from reference.taylor.series import SeriesArithmetic
from reference.taylor.terms import MpmathTerms

__all__ = ["mpmath_flow"]

ORDERS_PER_BIT = 0.25
SHARE = Fraction(7, 8)  # of the step over which the last term falls below the precision


def mpmath_flow(case: FlowCase, times: Sequence[Fraction], precision_bits: int) -> list[Vector]:
    """Return the positions at the asked times, at mpmath's precision in force.

    Parameters
    ----------
    case : FlowCase
    times : sequence of Fraction, increasing, from 0
    precision_bits : int
        Each step's last term is below 2^−precision_bits times the largest coordinate.

    Returns
    -------
    list of Vector of mpf, one for each time
    """
    walk = Walk(case, precision_bits)
    return [walk.position_at(time) for time in times]


class Walk:
    """A flow walked along increasing times.

    Parameters
    ----------
    case : FlowCase
    precision_bits : int
    """

    def __init__(self, case: FlowCase, precision_bits: int) -> None:
        self.case, self.bits = case, precision_bits
        self.orders = max(10, int(ORDERS_PER_BIT * precision_bits))
        self.time = Fraction(0)
        terms = MpmathTerms()
        self.blocks = [[terms.term(value) for value in block] for block in start_blocks(case)]
        self._built: tuple[int | None, Any, Any, Any] | None = None

    def position_at(self, time: Fraction) -> Vector:
        """Walk to a time and return the position there."""
        for begin, end in pairwise(self._stops(time)):
            interval = self._interval(begin)
            self.time = begin
            while self.time < end:
                self._step(end, interval)
        return Vector(list(self.blocks[0]))

    def _stops(self, time: Fraction) -> list[Fraction]:
        """Return the times from now on at which the right hand side changes, and the last."""
        if not is_piecewise(self.case.flow):
            return [self.time, time]
        eta = self.case.flow.step_size
        inner = [eta * k for k in range(int(self.time / eta) + 1, int(time / eta) + 1)]
        return [self.time, *(stop for stop in inner if stop < time), time]

    def _interval(self, time: Fraction) -> int | None:
        return int(time / self.case.flow.step_size) if is_piecewise(self.case.flow) else None

    def _system(self, interval: int | None) -> tuple[Any, Any, Any]:
        """Return the graph, its variables and right hand sides for one interval."""
        if self._built is None or self._built[0] != interval:
            graph = SeriesArithmetic(MpmathTerms())
            variables = [graph.variable(len(block)) for block in self.blocks]
            self._built = (interval, graph, variables, right_hand_side(self.case, graph, interval)(variables))
        return self._built[1:]

    def _step(self, end: Fraction, interval: int | None) -> None:
        """Make one step of the series, no further than `end`."""
        graph, variables, sides = self._system(interval)
        graph.clear()
        for variable, block in zip(variables, self.blocks, strict=True):
            for column, value in zip(variable.columns, block, strict=True):
                column.append(value)
        for k in range(self.orders):
            graph.extend(k)
            for variable, side in zip(variables, sides, strict=True):
                for column, slope in zip(variable.columns, side.columns, strict=True):
                    column.append(slope[k] / (k + 1))
        length = min(end - self.time, self._length(variables))
        self.time += length
        h = mpf(length.numerator) / length.denominator
        self.blocks = [[_horner(column, h) for column in variable.columns] for variable in variables]

    def _length(self, variables: Any) -> Fraction:
        """Return how far the last two terms stay below the precision."""
        columns = [column for variable in variables for column in variable.columns]
        largest = max(abs(term) for column in columns for term in column[:3])  # a start may be zero
        lengths = []
        for order in (self.orders - 1, self.orders):
            size = max(abs(column[order]) for column in columns)
            if size:
                lengths.append(mp.root(largest * mpf(2) ** -self.bits / size, order))
        if not lengths:
            return Fraction(1 << 20)
        return SHARE * Fraction(int(mp_floor(min(lengths) * 2**40)), 2**40)


def _horner(column: list[Any], time: Any) -> Any:
    """Return a polynomial's value; mpmath's own changes its order of coefficients between versions."""
    value = column[-1]
    for term in column[-2::-1]:
        value = value * time + term
    return value
