"""The logarithmic norm of any flow, from an enclosure of its Jacobian over each step.

In the norm |(e_1, s e_2)|₂ (one weight s for the whole run; a first-order flow has e_1 alone) an
error obeys e' = J̄ e with a mean Jacobian J̄ inside the enclosure, and grows at most at the rate

    a = λ_max((J̄ + J̄ᵀ)/2),

in the weighted coordinates.  A bound on it is proved by the pivots of a I − (J̄ + J̄ᵀ)/2 in balls.
For large systems, where that is dear, Gershgorin's circles bound it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isqrt, sqrt
from typing import Any

from flint import arb

from reference.arithmetic import Vector
from reference.balls import ball_precision
from reference.case import FlowCase
from reference.flows.growth import SLACK, ceil_times, euclidean
from reference.flows.systems import SECOND_ORDER, right_hand_side, second_order
from reference.taylor.duals import DualArithmetic, jacobian

__all__ = ["JacobianGrowth", "logarithmic_norm"]

BITS = 64
LARGEST_PROVED = 64  # coordinates up to which pivots are computed
HALVINGS = 12

Function = Callable[[Sequence[Vector]], Sequence[Vector]]


class JacobianGrowth:
    """The weighted Euclidean norm along any flow.

    Parameters
    ----------
    case : FlowCase
    """

    def __init__(self, case: FlowCase) -> None:
        self.case = case
        self.interval: int | None = None
        self._function: Function | None = None
        self.weight: float | None = None

    def enter(self, interval: int | None) -> None:
        """Take the right hand side of another interval of a piecewise flow."""
        self.interval, self._function = interval, None

    def adapt(self, bounds: Any) -> float:
        """Return 1: there is but one norm."""
        return 1.0

    def rate(self, bounds: Any) -> float:
        """Return a over the step, from the box that the polynomial and its tube stay in."""
        with ball_precision(BITS):
            if self._function is None:
                self._function = right_hand_side(self.case, DualArithmetic(), self.interval)
            box = bounds.box()
            rows = jacobian(self._function, box)
            if self.case.flow.name in SECOND_ORDER:
                rows = self._weighted(rows, len(box[0]))
            return logarithmic_norm(rows)

    def norm(self, bounds: Any, errors: Sequence[int]) -> int:
        """Return the weighted norm of coordinates of at most `errors` units."""
        size = len(bounds.box()[0])
        first = euclidean(size, errors[0])
        if len(errors) == 1:
            return first
        second = ceil_times(euclidean(size, errors[1]), self.weight or self._initial_weight(bounds))
        return isqrt(first * first + second * second) + 1

    def jump(self, bounds: Any, moved: float) -> float:
        """Return 1: the norm does not depend on p."""
        return 1.0

    def errors(self, norm: int) -> tuple[int, ...]:
        """Return the norm for the position, and norm/s for the velocity where there is one."""
        return (norm,) if self.weight is None else (norm, ceil_times(norm, SLACK / self.weight))

    def _weighted(self, rows: list[list[Any]], size: int) -> list[list[Any]]:
        """Return S J S⁻¹ for S = diag(1, s)."""
        assert self.weight is not None
        s = arb(self.weight)
        scale = [arb(1)] * size + [s] * size
        return [[scale[i] * x / scale[j] for j, x in enumerate(row)] for i, row in enumerate(rows)]

    def _initial_weight(self, bounds: Any) -> float:
        """Choose s = √(α/(c|H|)), which balances the two off-diagonal blocks at the start."""
        flow = second_order(self.case.flow)
        with ball_precision(BITS):
            function = right_hand_side(self.case, DualArithmetic(), self.interval)
            box = bounds.box()
            size = len(box[0])
            rows = jacobian(function, box)[size:]
            stiffness = max(
                float(sum((abs(x) for x in row[:size]), start=arb(0)).abs_upper()) for row in rows
            )
        fallback = float(flow.inertia)
        self.weight = min(1e6, max(1e-6, 1 / sqrt(stiffness) if stiffness > 0 else fallback))
        return self.weight


def logarithmic_norm(rows: list[list[Any]]) -> float:
    """Return a proved upper bound on λ_max((J + Jᵀ)/2) for every J in an enclosure.

    Parameters
    ----------
    rows : list of lists of arb, shape (m, m)
    """
    size = len(rows)
    symmetric = [[(rows[i][j] + rows[j][i]) / 2 for j in range(size)] for i in range(size)]
    circles = [
        float((row[i] + sum((abs(x) for j, x in enumerate(row) if j != i), start=arb(0))).upper())
        for i, row in enumerate(symmetric)
    ]
    high = max(circles) + 1e-300
    if size > LARGEST_PROVED:
        return high * SLACK if high > 0 else high / SLACK
    low = max(float(symmetric[i][i].mid()) for i in range(size))
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if _is_above(symmetric, middle):
            high = middle
        else:
            low = middle
    return high


def _is_above(symmetric: list[list[Any]], level: float) -> bool:
    """Return whether level·I − S is proved positive definite, by its pivots."""
    m = [[-x for x in row] for row in symmetric]
    for i, row in enumerate(m):
        row[i] = row[i] + arb(level)
    for k, pivot_row in enumerate(m):
        pivot = pivot_row[k]
        if not pivot.lower() > 0:  # an exact number: the comparison can decide
            return False
        for i in range(k + 1, len(m)):
            factor = m[i][k] / pivot
            for j in range(i, len(m)):
                m[i][j] = m[i][j] - factor * pivot_row[j]
                m[j][i] = m[i][j]
    return True
