"""What the coefficients of a Taylor series are made of: integers of a fixed unit, or mpmath numbers.

Fixed-point integers make the series fast and its errors countable: every operation below is exact
but for one rounding, by less than one unit 2^−bits.  mpmath numbers make the same series readable.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import lcm
from operator import mul
from typing import Any, NamedTuple, Protocol

from flint import fmpz_mat
from mpmath import mp
from mpmath.libmp import MPZ

from reference.mpmath_arithmetic import nearest_mpf

__all__ = ["FixedPoint", "FixedPointMatrix", "MpmathTerms", "Terms"]

Column = list[Any]  # one coordinate's coefficients, lowest order first


class Terms(Protocol):
    """What a series asks of its coefficients."""

    def term(self, value: Fraction) -> Any:
        """Return the coefficient nearest to a rational, or next below it."""

    def convolved(self, left: Column, right: Column) -> Any:
        """Return Σ_{i ≤ k} left_i right_{k−i}, k the last order of both."""

    def squared(self, column: Column) -> Any:
        """Return Σ_{i ≤ k} column_i column_{k−i}."""

    def scaling(self, factor: Fraction) -> Callable[[Any], Any]:
        """Return the multiplication of a coefficient by a rational."""

    def divided(self, left: Any, right: Any) -> Any:
        """Return a quotient of two coefficients."""

    def matrix(self, rows: Sequence[Sequence[Fraction]]) -> Any:
        """Return X, shape (n, d), ready for products with lists of coefficients."""

    def times(self, matrix: Any, entries: list[Any], *, transposed: bool) -> list[Any]:
        """Return X θ or Xᵀ r."""


class FixedPointMatrix(NamedTuple):
    """X as integers over one denominator, and its transpose."""

    X: Any
    transpose: Any
    denominator: int


class FixedPoint:
    """Integers in units of 2^−bits; a product or a quotient is rounded down to a whole unit.

    Parameters
    ----------
    bits : int
        Binary places of every coefficient.
    """

    def __init__(self, bits: int) -> None:
        self.bits = bits

    def term(self, value: Fraction) -> Any:
        """Return the largest integer of units that does not exceed a rational."""
        return MPZ((value.numerator << self.bits) // value.denominator)

    def convolved(self, left: Column, right: Column) -> Any:
        """Return the convolution at its last order: summed exactly, rounded once."""
        return sum(map(mul, left, right[::-1])) >> self.bits

    def squared(self, column: Column) -> Any:
        """Return the convolution of a column with itself, at half the cost."""
        size = len(column)
        half = size // 2
        twice = 2 * sum(map(mul, column[:half], column[: size - half - 1 : -1]), start=MPZ(0))
        return (twice + column[half] ** 2 if size % 2 else twice) >> self.bits

    def scaling(self, factor: Fraction) -> Callable[[Any], Any]:
        """Return the multiplication by a rational, rounded down."""
        numerator, denominator = MPZ(factor.numerator), MPZ(factor.denominator)
        if denominator == 1:
            return lambda term: numerator * term
        return lambda term: numerator * term // denominator

    def divided(self, left: Any, right: Any) -> Any:
        """Return left/right, rounded down.

        Raises
        ------
        ZeroDivisionError
            If `right` is zero.
        """
        return (left << self.bits) // right

    def matrix(self, rows: Sequence[Sequence[Fraction]]) -> FixedPointMatrix:
        """Return X over the common denominator of its entries."""
        denominator = lcm(*(entry.denominator for row in rows for entry in row))
        integers = [int(entry * denominator) for row in rows for entry in row]
        X = fmpz_mat(len(rows), len(rows[0]), integers)
        return FixedPointMatrix(X, X.transpose(), denominator)

    def times(self, matrix: FixedPointMatrix, entries: list[Any], *, transposed: bool) -> list[Any]:
        """Return X θ or Xᵀ r, each entry rounded once."""
        factor = matrix.transpose if transposed else matrix.X
        column = fmpz_mat(len(entries), 1, [int(entry) for entry in entries])
        products = [MPZ(int(entry)) for entry in (factor * column).entries()]
        if matrix.denominator == 1:
            return products
        return [product // matrix.denominator for product in products]


class MpmathTerms:
    """mpmath numbers at the precision in force."""

    def term(self, value: Fraction) -> Any:
        """Return the nearest mpf to a rational."""
        return nearest_mpf(value)

    def convolved(self, left: Column, right: Column) -> Any:
        """Return the convolution at its last order, rounded once."""
        return mp.fdot(left, right[::-1])

    def squared(self, column: Column) -> Any:
        """Return the convolution of a column with itself."""
        return mp.fdot(column, column[::-1])

    def scaling(self, factor: Fraction) -> Callable[[Any], Any]:
        """Return the multiplication by a rational."""
        return lambda term: term * factor.numerator / factor.denominator

    def divided(self, left: Any, right: Any) -> Any:
        """Return left/right."""
        return left / right

    def matrix(self, rows: Sequence[Sequence[Fraction]]) -> list[list[Any]]:
        """Return X as lists of mpf."""
        return [[self.term(entry) for entry in row] for row in rows]

    def times(self, matrix: list[list[Any]], entries: list[Any], *, transposed: bool) -> list[Any]:
        """Return X θ or Xᵀ r, each entry rounded once."""
        rows = zip(*matrix, strict=True) if transposed else matrix
        return [mp.fdot(row, entries) for row in rows]
