"""Powers of η read off errors on a halving ladder, and what a claimed power makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from oracle.claims.evidence import Check, Grade, Line, Role
from oracle.claims.measures import LARGEST_BAR
from reference.observed_order import OrderEstimate, estimate_order

__all__ = ["power_check", "power_line"]

SLACK = 0.1  # of an estimate extrapolated from three rungs


def power_check(
    role: Role, errors: Sequence[float], power: int, asked: str, instance: str, methods: tuple[str, ...]
) -> Check:
    """Return whether errors on a halving ladder fall at least like η^power, within twice the error bar.

    Parameters
    ----------
    role : Role
    errors : sequence of float
        At η, η/2, η/4, …; at least three.
    power : int
    asked, instance : str
    methods : tuple of str
        Two of them make the answer confirmed; one, observed.
    """
    seen: OrderEstimate = estimate_order(errors)
    undecided = seen.error_bar > LARGEST_BAR
    reaches = seen.order + 2 * seen.error_bar + SLACK >= power
    ladder = ", ".join(f"{error:.2g}" for error in errors)
    return Check(
        role=role,
        holds=None if undecided else reaches,
        asked=asked,
        found=f"errors {ladder}: power {seen.order:.2f} ± {seen.error_bar:.2f} of η",
        instance=instance,
        grade=Grade.CONFIRMED if len(set(methods)) > 1 else Grade.OBSERVED,
        methods=methods,
    )


def power_line(name: str, ladder: Sequence[Fraction], errors: Sequence[float]) -> Line:
    """Return the errors over the step sizes."""
    return Line(name, tuple(map(float, ladder)), tuple(errors))
