"""Decimal grid values as fixed-point binary integers, and their splitting into float64 limbs.

All in Python integers: exact, and the same on every machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import sub

import numpy as np
from numpy.typing import NDArray

from reference.decimal_grid import GridRow

__all__ = ["fixed_point", "fraction_bits", "join_limbs", "nearest_limb", "radius_above", "ten_power_bits"]

Floats = NDArray[np.float64]

_GUARD_BITS = 20


def ten_power_bits(exponent: int) -> int:
    """Return an integer no smaller than log2(10^exponent), and less than 1 above it."""
    ten: int = 10 ** abs(exponent)
    return ten.bit_length() if exponent >= 0 else 1 - ten.bit_length()


def fraction_bits(row: GridRow, digits: int) -> int:
    """Return S ≥ 0 such that rounding the row to multiples of 2^−S is far below its half unit.

    2^−S ≤ 2^−20·unit.  A row of exact values has no radius to measure by: there `digits` relative
    to its largest magnitude stand in for the unit where they are finer.
    """
    bits = ten_power_bits(row.places)
    if not any(row.half_units):
        largest = max(map(abs, row.integers), default=0)
        if largest:
            bits = max(bits, ten_power_bits(row.places + digits) - largest.bit_length() + 1)
    return max(0, bits + _GUARD_BITS)


def fixed_point(row: GridRow, bits: int) -> list[int]:
    """Return V with |N·10^−places − V·2^−bits| ≤ 2^−(bits+1), zero for values that fit."""
    if row.places <= 0:
        factor = 10**-row.places << bits
        return [n * factor for n in row.integers]
    divisor = 5**row.places
    shift = bits + 1 - row.places  # positive: `bits` exceeds log2(10^places)
    return [((n << shift) // divisor + 1) >> 1 for n in row.integers]


def nearest_limb(values: Sequence[int], bits: int) -> tuple[Floats, list[int]]:
    """Split the float64 nearest to each V·2^−bits off; `bits` may be negative.

    Parameters
    ----------
    values : sequence of int, shape (d,)
        V, small enough that no quotient overflows.
    bits : int
        The binary scale.

    Returns
    -------
    limb : float64, shape (d,)
        Ties to even; gradual underflow below 2^−1022.
    remainder : list of int, shape (d,)
        V − limb·2^bits, exactly.
    """
    one = 1 << max(bits, 0)
    up = max(-bits, 0)
    # the quotient of two integers is correctly rounded, however long they are
    limb = np.array([(v << up) / one for v in values], dtype=np.float64)
    return limb, list(map(sub, values, _integers(limb, bits)))


def join_limbs(limbs: Sequence[Floats], exponents: Sequence[int]) -> tuple[list[int], int]:
    """Return integers V and S with Σ limbs[i]·2^exponents[i] = V·2^−S exactly, one row.

    Parameters
    ----------
    limbs : sequence of float64 arrays, each shape (d,)
        Finite.
    exponents : sequence of int
        One per limb.
    """
    used = [(limb, e) for limb, e in zip(limbs, exponents, strict=True) if np.any(limb)]
    if not used:
        return [0] * len(limbs[0]), 0
    bits = max(0, *(_finest_bit(limb) - e for limb, e in used))
    columns = [_integers(limb, bits + e) for limb, e in used]
    return [sum(column) for column in zip(*columns, strict=True)], bits


def radius_above(half_units: int, places: int, bits: int | None, exponent: int) -> float:
    """Return a float64 r with r·2^exponent ≥ half_units·10^−places/2 + 2^−(bits+1), tightly.

    `bits` None stands for no truncation.  r is the least such float64.
    """
    ten = 10 ** abs(places)
    numerator, denominator = (half_units, 2 * ten) if places > 0 else (half_units * ten, 2)
    if bits is not None:
        numerator = (numerator << (bits + 1)) + denominator
        denominator <<= bits + 1
    numerator <<= max(-exponent, 0)
    denominator <<= max(exponent, 0)
    nearest = numerator / denominator
    over, under = nearest.as_integer_ratio()
    return float(np.nextafter(nearest, np.inf)) if over * denominator < numerator * under else nearest


def _integers(limb: Floats, bits: int) -> list[int]:
    """Return limb·2^bits, which must be integers."""
    mantissa, exponent = np.frexp(limb)
    whole: list[int] = np.ldexp(mantissa, 53).astype(np.int64).tolist()
    shifts: list[int] = (exponent.astype(np.int64) + (bits - 53)).tolist()
    return [m << s if s >= 0 else m >> -s for m, s in zip(whole, shifts, strict=True)]


def _finest_bit(limb: Floats) -> int:
    """Return a k such that every value of a limb that is not all zero is a multiple of 2^−k."""
    nonzero = limb[limb != 0]
    return 53 - int(np.frexp(nonzero)[1].min())
