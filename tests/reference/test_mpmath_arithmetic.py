"""mpmath behind the arithmetic interface."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import pytest

from reference.mpmath_arithmetic import MpmathArithmetic, mpmath_precision


def test_numbers_are_rounded_at_the_precision_in_force() -> None:
    """1/3 at 100 bits is within half a unit of its 100th bit, and no closer than it can be."""
    with mpmath_precision(100):
        third = MpmathArithmetic().number(Fraction(1, 3))
    mantissa, exponent = third.man_exp
    error = abs(Fraction(mantissa) * Fraction(2) ** exponent - Fraction(1, 3))
    assert 0 < error <= Fraction(1, 2**102)


def test_dot_rounds_once() -> None:
    """1·1 + 2^-80·1 − 1·1 = 2^-80 survives at 53 bits because products are summed exactly."""
    arithmetic = MpmathArithmetic()
    tiny = mpmath.ldexp(1, -80)
    assert arithmetic.dot([1, tiny, -1], [1, 1, 1]) == tiny


def test_precision_is_restored_after_an_error() -> None:
    """mpmath's working precision returns even when the block fails."""
    before = mpmath.mp.prec
    with pytest.raises(RuntimeError, match="planted"), mpmath_precision(333):
        raise RuntimeError("planted")
    assert mpmath.mp.prec == before
