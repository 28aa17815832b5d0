"""mpmath behind the arithmetic interface: the normative, readable reference."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from threading import RLock
from typing import Any

from mpmath import mp, mpf

from reference.arithmetic import RationalArithmetic

__all__ = ["MpmathArithmetic", "mpmath_precision", "nearest_mpf"]


_ONE_THREAD = RLock()


@contextmanager
def mpmath_precision(bits: int) -> Iterator[None]:
    """Compute in mpmath with `bits` bits inside the block; the old precision always returns.

    mpmath's precision is global to the process, so other threads wait.
    """
    with _ONE_THREAD, mp.workprec(bits):
        yield


def nearest_mpf(value: Fraction) -> Any:
    """Return the mpf nearest to a rational at the precision in force."""
    return mpf(value.numerator) / value.denominator


class MpmathArithmetic(RationalArithmetic):
    """mpmath numbers in `Vector`s; every operation rounds to the precision in force.

    Matrix products use `mpmath.fdot`, which rounds each entry once.
    """

    def __init__(self) -> None:
        super().__init__(nearest_mpf)

    def dot(self, left: Sequence[Any], right: Sequence[Any]) -> Any:
        """Return Σ left_i right_i with a single rounding."""
        return mp.fdot(left, right)

    def number(self, value: Fraction) -> Any:
        """Return the nearest mpf to a rational at the precision in force."""
        return self.convert(value)
