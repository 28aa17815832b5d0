"""The rounding model of `oracle.rounding` on plain float64 values, where double-double is more than is asked for.

Bounds need no more than the leading parts of the values they are computed from; nor does `oracle.float_filter`,
which knows how far such values may lie from the exact ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oracle.error_free import DoubleDouble, DoubleDoubleArithmetic, Floats
from oracle.records.candidate import Declaration
from oracle.rounding import RoundedArithmetic, RoundedArray, Rounding

__all__ = ["FloatArithmetic", "LeadingArithmetic", "LeadingPart", "leading"]

NOTHING = np.zeros((1, 1))


@dataclass(frozen=True, eq=False)
class LeadingPart(DoubleDouble):
    """A `DoubleDouble` whose arithmetic is that of its leading part, plain float64."""

    @classmethod
    def exactly(cls, values: NDArray[Any]) -> LeadingPart:
        """Return float64, float32 or float16 values as they are."""
        return leading(values.astype(np.float64, copy=False))

    def __add__(self, other: DoubleDouble) -> LeadingPart:
        return leading(self.hi + other.hi)

    def __sub__(self, other: DoubleDouble) -> LeadingPart:
        return leading(self.hi - other.hi)

    def __mul__(self, other: DoubleDouble) -> LeadingPart:
        return leading(self.hi * other.hi)

    def __neg__(self) -> LeadingPart:
        return LeadingPart(-self.hi, self.lo)

    def __abs__(self) -> Floats:
        return self._size

    @cached_property
    def _size(self) -> Floats:
        """Return |hi|, which an operand is asked for again and again."""
        return np.abs(self.hi)

    def __getitem__(self, index: Any) -> LeadingPart:
        return leading(self.hi[index])


class LeadingArithmetic(DoubleDoubleArithmetic):
    """`DoubleDoubleArithmetic` on leading parts; numbers of the spec keep what they leave over."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[Sequence[Fraction], LeadingPart]] = {}

    def matrix(self, rows: Sequence[Sequence[Fraction]]) -> LeadingPart:
        """Return the rationals, with their remainders, which tell what a format holds."""
        parts = [self._row(row) for row in rows]
        return LeadingPart(
            np.concatenate([part.hi for part in parts]), np.concatenate([part.lo for part in parts])
        )

    def exactly(self, values: NDArray[Any]) -> LeadingPart:
        """Return values that float64 holds."""
        return LeadingPart.exactly(values)

    def held(self, value: DoubleDouble) -> LeadingPart:
        """Return the leading part of a number, with its remainder."""
        return LeadingPart(value.hi, value.lo)

    def _row(self, row: Sequence[Fraction]) -> LeadingPart:
        """Return one row, shape (1, d), converted once for all the matrices it stands in."""
        if not isinstance(row, tuple):
            value = super().matrix([row])
            return LeadingPart(value.hi, value.lo)
        if id(row) not in self._kept:  # the row is kept too, so that no other takes its place in memory
            value = super().matrix([row])
            self._kept[id(row)] = row, LeadingPart(value.hi, value.lo)
        return self._kept[id(row)][1]

    def times(self, matrix: DoubleDouble, vector: DoubleDouble) -> LeadingPart:
        """Return X θ, from shapes (n, d) and (K, d) to (K, n)."""
        return leading(vector.hi @ matrix.hi.T)

    def join(self, vectors: Sequence[DoubleDouble]) -> LeadingPart:
        """Return one vector that holds the given ones end to end."""
        joined = np.concatenate([vector.hi for vector in vectors], axis=-1)
        if all(vector.lo is NOTHING for vector in vectors):
            return leading(joined)
        return LeadingPart(
            joined,
            np.concatenate([np.broadcast_to(vector.lo, vector.hi.shape) for vector in vectors], axis=-1),
        )

    def stack(self, numbers: Sequence[DoubleDouble]) -> LeadingPart:
        """Return the vector of the given numbers, shape (K, len(numbers))."""
        return self.join(numbers)


def leading(hi: Floats) -> LeadingPart:
    """Return float64 values with nothing left over."""
    return LeadingPart(hi, NOTHING)


class FloatArithmetic(RoundedArithmetic):
    """`RoundedArithmetic` with given units, on leading parts, which makes each number of the spec once."""

    def __init__(self, declaration: Declaration, rounding: Rounding, exact: LeadingArithmetic) -> None:
        super().__init__(declaration)
        self.rounding, self.exact = rounding, exact
        self._numbers: dict[Fraction, RoundedArray] = {}

    def number(self, value: Fraction) -> RoundedArray:
        """Return a number of the spec, shape (1, 1)."""
        if value not in self._numbers:
            self._numbers[value] = super().number(value)
        return self._numbers[value]
