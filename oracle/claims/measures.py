"""Checks that several claims make: a measured order, two points that should be one, an exact identity."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import sqrt

from mpmath import mpf
from mpmath.libmp import to_rational

from oracle.claims.claim import Setting
from oracle.claims.evidence import Check, Grade, Line, Plot, Role
from oracle.claims.instances import Instance
from reference.case import Case, Flow, Method
from reference.certified import Certified
from reference.observed_order import ObservedOrder, OrderEstimate, observed_order

__all__ = [
    "LADDER",
    "apart",
    "identity_check",
    "ladder_plot",
    "measured_order",
    "order_check",
    "rational",
    "row",
]

LADDER = tuple(Fraction(1, 80 * 2**i) for i in range(4))
HORIZON = Fraction(1, 2)
BITS = 192
LARGEST_BAR = 0.25  # an estimate with a larger error bar decides nothing


def measured_order(
    instance: Instance,
    method: Method,
    flow_of: Callable[[Fraction], Flow],
    setting: Setting,
    *,
    ladder: Sequence[Fraction] = LADDER,
    horizon: Fraction = HORIZON,
) -> ObservedOrder:
    """Return how fast a flow's distance to a method falls on a halving ladder; both are enclosed.

    Parameters
    ----------
    instance : Instance
    method : Method
        Its step size is replaced by those of the ladder.
    flow_of : callable
        From a step size to the flow.
    setting : Setting
    ladder : sequence of Fraction
        At least three step sizes, each half of the one before.
    horizon : Fraction
        T, in the flow's time; a flow on another clock is held by `reference.observed_order.observed_order` itself.
    """
    case = Case(instance.case.problem, instance.case.model, instance.case.init, method)
    return observed_order(case, flow_of, ladder, horizon, bits=setting.bits(BITS))


def order_check(
    role: Role,
    seen: OrderEstimate,
    order: int,
    *,
    subject: str,
    instance: str,
    second_method: str = "",
) -> Check:
    """Return whether a measured order reaches a claimed one, within twice its error bar.

    Parameters
    ----------
    role : Role
    seen : OrderEstimate
        ``whole`` or ``settled`` of what `measured_order` returns.
    order : int
        The claim: O(η^order).
    subject : str
        What is close to what, and when, as in ``the flow is O(η²)-close over the whole horizon``.
    instance : str
    second_method : str
        What else gave the same answer, as ``the exact series of both differ first in η²``; without it the answer is
        observed, since a finite ladder proves no order.
    """
    undecided = seen.error_bar > LARGEST_BAR
    reaches = seen.order + 2 * seen.error_bar + 0.005 >= order
    methods = ("enclosures of method and flow on a halving ladder", *filter(None, (second_method,)))
    return Check(
        role=role,
        holds=None if undecided else reaches,
        asked=subject,
        found=f"measured order {seen.order:.3f} ± {seen.error_bar:.3f}",
        instance=instance,
        grade=Grade.CONFIRMED if second_method else Grade.OBSERVED,
        methods=methods,
    )


def ladder_plot(
    title: str, ladders: Sequence[tuple[str, ObservedOrder]], caption: str, *, settled: bool = False
) -> Plot:
    """Return error against step size on logarithmic axes, a line a ladder."""
    lines = tuple(
        Line(
            name,
            tuple(float(rung.step_size) for rung in seen.rungs),
            tuple(rung.settled if settled else rung.whole for rung in seen.rungs),
        )
        for name, seen in ladders
    )
    return Plot(title, "step size η", "largest distance", lines, x_log=True, y_log=True, caption=caption)


def identity_check(role: Role, holds: bool, asked: str, found: str, over: str, by: str) -> Check:
    """Return the answer of an exact identity of polynomials or rational functions, for all values of its symbols.

    Parameters
    ----------
    role : Role
    holds : bool
        Whether the difference of both sides is the zero polynomial, or a polynomial that is not.
    asked, found : str
    over : str
        The symbols, as in ``all η, μ and α``.
    by : str
        As in ``polynomials over the rationals (FLINT)``.
    """
    return Check(role, holds, asked, found, over, Grade.CERTIFIED, (by,), universal=True)


def rational(value: mpf) -> Fraction:
    """Return an mpf as the rational that it is."""
    return Fraction(*map(int, to_rational(value._mpf_)))


def row(found: Certified, name: str, index: int = 0) -> tuple[Fraction, ...]:
    """Return one row of a certified array as rationals, at the digits it was published with."""
    published = found.arrays[name].rows[index]
    return tuple(Fraction(integer) / Fraction(10) ** published.places for integer in published.integers)


def apart(left: Sequence[Fraction], right: Sequence[Fraction]) -> float:
    """Return |left − right|₂; 0 only where they are equal."""
    return sqrt(sum(float(a - b) ** 2 for a, b in zip(left, right, strict=True)))
