"""How far a flow, integrated from its printed coefficients alone, stays from the method on a halving ladder.

The other side of the exact series: a printed field x' = Σ a_k(τ) (−1)^|τ| h^(|τ|−1)/σ(τ) F(τ)(x) on [kh, (k + 1)h) is
integrated by the classical Runge-Kutta scheme in multiprecision, and the discrete method is run beside it.  The scheme
errs by h⁴, far below the h or h² that is measured.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from mpmath import mpf, sqrt

from oracle.claims.claim import Setting
from oracle.claims.instances import Instance
from reference.arithmetic import Arithmetic
from reference.case import Case, Method
from reference.elementary_differentials import WeightedDifferentials, derivatives_of
from reference.mpmath_arithmetic import MpmathArithmetic, mpmath_precision
from reference.observed_order import ObservedOrder, Rung, estimate_order
from reference.rooted_trees import LEAF, Tree, grow
from reference.trajectory import states

__all__ = ["SHORT_LADDER", "TWO", "PrintedFlow", "largest_distances", "printed_ladder"]

Coefficients = Mapping[Tree, Any]
TWO = grow([LEAF])
SHORT_LADDER = tuple(Fraction(1, 40 * 2**i) for i in range(4))
HORIZON = Fraction(1, 2)
BITS = 106


@dataclass(frozen=True)
class PrintedFlow:
    """A printed flow: its coefficients step by step, and where it starts.

    Parameters
    ----------
    fields : callable
        Yields the coefficients of the steps 0, 1, 2, …, in trees of f = −∇E.
    shift : Fraction
        s of a start at x⁰ + s h f(x⁰).
    """

    fields: Callable[[], Iterator[Coefficients]]
    shift: Fraction = Fraction(0)


def printed_ladder(
    instance: Instance,
    method_of: Callable[[Fraction], Method],
    flow: PrintedFlow,
    setting: Setting,
    *,
    ladder: Sequence[Fraction] = SHORT_LADDER,
    horizon: Fraction = HORIZON,
) -> ObservedOrder:
    """Return the observed order of a printed flow as an approximation of a method.

    Parameters
    ----------
    instance : Instance
    method_of : callable
        From a step size to the method.
    flow : PrintedFlow
    setting : Setting
    ladder : sequence of Fraction
        At least three step sizes, each half of the one before.
    horizon : Fraction
        T; one step of each size where it is 0: the local error.
    """
    rungs = []
    for step_size in ladder:
        case = replace(instance.case, method=method_of(step_size))
        steps = int(horizon / step_size) or 1
        rungs.append(Rung(step_size, steps, *largest_distances(case, flow, steps, setting)))
    return ObservedOrder(
        estimate_order([rung.whole for rung in rungs]),
        estimate_order([rung.settled for rung in rungs]),
        tuple(rungs),
    )


def largest_distances(case: Case, flow: PrintedFlow, steps: int, setting: Setting) -> tuple[float, float]:
    """Return max |x^k − x(t_k)|₂ over the steps 1 … `steps`, and over the second half of them."""
    with mpmath_precision(setting.bits(BITS)):
        arithmetic = MpmathArithmetic()
        derivatives = derivatives_of(case, arithmetic)
        run = states(case, arithmetic)
        position = next(run).position
        if flow.shift:
            scale = arithmetic.number(-flow.shift * case.method.step_size)
            position = position + WeightedDifferentials(derivatives, {LEAF: scale})(position)
        eta = arithmetic.number(case.method.step_size)
        distances = []
        for field, _ in zip(flow.fields(), range(steps), strict=False):
            slope = WeightedDifferentials(derivatives, _weights(field, eta, arithmetic))
            position = _runge_kutta(slope, position, eta, setting.precision)
            distances.append(float(_length(next(run).position - position)))
    return max(distances), max(distances[steps // 2 :])


def _weights(field: Coefficients, eta: Any, arithmetic: Arithmetic) -> dict[Tree, Any]:
    """Return the factors of the elementary differentials of ∇E."""
    return {
        tree: _number(value, arithmetic) * eta ** (tree.nodes - 1) * (-1) ** tree.nodes / tree.symmetry
        for tree, value in field.items()
    }


def _number(value: Any, arithmetic: Arithmetic) -> Any:
    return arithmetic.number(value) if isinstance(value, Fraction) else value


def _runge_kutta(slope: Callable[[Any], Any], at: Any, time: Any, pieces: int) -> Any:
    """Return the position after the given time, in that many classical Runge-Kutta steps."""
    h = time / pieces
    for _ in range(pieces):
        k1 = slope(at)
        k2 = slope(at + (h / 2) * k1)
        k3 = slope(at + (h / 2) * k2)
        k4 = slope(at + h * k3)
        at = at + (h / 6) * (k1 + mpf(2) * k2 + mpf(2) * k3 + k4)
    return at


def _length(vector: Any) -> Any:
    return sqrt(sum((entry * entry for entry in vector), start=mpf(0)))
