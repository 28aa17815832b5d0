"""From balls to correctly rounded decimals, and the bits still missing where that fails."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import ceil, floor, log2, log10
from typing import Any

from flint import arb

from reference.balls import upper_fraction
from reference.decimal_grid import GridRow

__all__ = ["coarse_row", "exact_row", "missing_bits", "rounded_row"]

MARGIN_BITS = 30  # a ball 2^30 times finer than the grid straddles a rounding boundary once in 2^29


def exact_row(values: Sequence[Fraction], digits: int) -> GridRow:
    """Return the row of values known exactly; those that are multiples of the unit get radius 0.

    Parameters
    ----------
    values : sequence of Fraction, shape (d,)
    digits : int
        The half unit is at most 10^−digits times the largest magnitude.
    """
    places = _places(max(map(abs, values)), digits)
    scaled = [value * Fraction(10) ** places for value in values]
    integers = tuple(round(value) for value in scaled)
    if max(map(abs, integers)) == 10 ** (digits + 1):  # rounded up to the next power of ten
        places -= 1
        scaled = [value * Fraction(10) ** places for value in values]
        integers = tuple(round(value) for value in scaled)
    exact = tuple(int(value != integer) for value, integer in zip(scaled, integers, strict=True))
    return GridRow(places, integers, exact)


def rounded_row(balls: Sequence[Any], digits: int) -> GridRow | None:
    """Return the correctly rounded row of values enclosed in balls, or None if one is undecided.

    The grid is the finest on which the largest rounded magnitude has at most digits + 1 digits,
    which depends on the values alone, also where the largest is next to a power of ten.

    Parameters
    ----------
    balls : sequence of arb, shape (d,)
        The working precision in force must be able to hold them scaled by a power of ten.
    digits : int
        The half unit is at most 10^−digits times the largest magnitude.
    """
    if all(value.is_zero() for value in balls):
        return GridRow(0, (0,) * len(balls), (0,) * len(balls))
    reached = _smallest_largest(balls)
    if not reached:
        return None
    coarse, fine = _places(_largest(balls), digits), _places(reached, digits)
    if fine - coarse > 1:  # the largest magnitude is not known to a factor of ten
        return None
    for places in dict.fromkeys((fine, coarse, coarse - 1)):
        row = _rounded_to(balls, places)
        if row is None or max(map(abs, row.integers)) < 10 ** (digits + 1):
            return row
    return None


def _rounded_to(balls: Sequence[Any], places: int) -> GridRow | None:
    """Return the row on a given grid, or None if a value has no one nearest multiple."""
    scale, half = _power_of_ten(places), arb(1) / 2
    integers = [(value * scale + half).floor().unique_fmpz() for value in balls]
    if any(integer is None for integer in integers):
        return None
    return GridRow(places, tuple(int(integer) for integer in integers), (1,) * len(balls))


def coarse_row(balls: Sequence[Any], digits: int) -> tuple[GridRow, int]:
    """Return the row on the finest grid that the balls support, and the digits that it keeps.

    For use where more precision is not to be had.  The unit is at least the largest radius, so the
    multiple nearest to the midpoint is within one unit and a half of the true value; and it is at
    most a tenth of the asked accuracy, so that the row keeps as many digits as it says.
    """
    largest, widest = _largest(balls), _widest(balls)
    kept = digits
    while kept > 0 and Fraction(10) ** -(_places(largest, kept) + 1) < widest:
        kept -= 1
    places = _places(largest, kept) + 1
    if kept == 0:
        places = min(places, -_exponent_above(widest))
    integers = tuple(round(_midpoint(value) * Fraction(10) ** places) for value in balls)
    return GridRow(places, integers, (3,) * len(balls)), kept


def missing_bits(balls: Sequence[Any], digits: int) -> int:
    """Return how many bits finer the balls must be for the row to be rounded with confidence."""
    if all(value.is_zero() for value in balls):
        return 0
    widest = _widest(balls)
    if not widest:
        return 0
    unit = Fraction(10) ** -_row_places(balls, digits)
    return max(0, ceil(_log2(widest / unit)) + MARGIN_BITS)


def _row_places(balls: Sequence[Any], digits: int) -> int:
    """Return the places for the largest magnitude of a row of balls."""
    return _places(_largest(balls), digits)


def _largest(balls: Sequence[Any]) -> Fraction:
    """Return a bound on the magnitudes; the compared numbers are exact, so `max` can decide."""
    return upper_fraction(max(value.abs_upper() for value in balls))


def _smallest_largest(balls: Sequence[Any]) -> Fraction:
    """Return a number that the largest magnitude is known to reach; 0 if all balls contain zero."""
    return upper_fraction(max(value.abs_lower() for value in balls))


def _widest(balls: Sequence[Any]) -> Fraction:
    """Return the largest radius."""
    return upper_fraction(max(value.rad() for value in balls))


def _places(largest: Fraction, digits: int) -> int:
    """Return digits − floor(log10(largest)); 0 for a row of zeros."""
    if not largest:
        return 0
    exponent = floor(_log2(largest) * log10(2))
    while Fraction(10) ** exponent > largest:
        exponent -= 1
    while Fraction(10) ** (exponent + 1) <= largest:
        exponent += 1
    return digits - exponent


def _exponent_above(value: Fraction) -> int:
    """Return an integer e with value ≤ 10^e."""
    exponent = ceil(_log2(value) * log10(2))
    while Fraction(10) ** exponent < value:
        exponent += 1
    return exponent


def _log2(value: Fraction) -> float:
    """Return log2 of a positive rational of any size, to float accuracy."""
    shift = value.numerator.bit_length() - value.denominator.bit_length()
    return shift + log2(float(value / Fraction(2) ** shift))


def _power_of_ten(places: int) -> Any:
    """Return 10^places as a ball."""
    return arb(10) ** places if places >= 0 else 1 / arb(10) ** -places


def _midpoint(value: Any) -> Fraction:
    """Return a ball's midpoint, exactly."""
    mantissa, exponent = value.mid().man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)
