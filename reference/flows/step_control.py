"""How far a step may go: as far as its last order is worth about one unit."""

from __future__ import annotations

from fractions import Fraction
from math import floor, log2

__all__ = ["FIRST_SCALE", "next_scale", "usable_part"]

FIRST_SCALE = Fraction(1, 64)  # a first guess; the first series corrects it
SAFETY = 0.97
LARGEST_GROWTH = 4.0  # from one step to the next


def usable_part(size: int, orders: int) -> Fraction:
    """Return the part of the step over which the last order is worth about one unit."""
    if size <= 2:
        return Fraction(1)
    return max(Fraction(1, 1024), Fraction(floor(1024 * 2.0 ** (-log2_of(size) / orders)), 1024))


def next_scale(clipped: Fraction, scale: Fraction, size: int, orders: int) -> Fraction:
    """Return the step whose last order would be worth one unit, in few bits."""
    if clipped < scale:
        return scale
    factor = min(LARGEST_GROWTH, SAFETY * 2.0 ** (-log2_of(max(size, 1)) / orders))
    if size <= 2:
        factor = 1.5
    wanted = float(scale) * factor
    shift = 12 - floor(log2(wanted))
    return Fraction(floor(wanted * 2.0**shift), 1) / Fraction(2) ** shift


def log2_of(amount: int) -> float:
    """Return log2 of a positive integer of any size, to float accuracy."""
    shift = max(0, int(amount).bit_length() - 60)
    return shift + log2(float(int(amount) >> shift))
