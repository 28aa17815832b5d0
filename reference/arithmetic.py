"""The small arithmetic interface that every recurrence is written over.

A recurrence sees numbers and vectors with ``+ - *`` and an `Arithmetic` that multiplies by X.
The same text therefore runs in mpmath (the readable definition), in Arb balls (the certificate),
in rationals (exact for short horizons) and in error-free float64 limbs (the replay, in `oracle`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Any, Protocol

__all__ = ["Arithmetic", "RationalArithmetic", "Vector"]

Number = Any  # mpf, arb, Fraction: the libraries share no nominal number type


class Vector:
    """Coordinates with elementwise ``+``, ``-`` and ``*``; a number times a vector scales it.

    Parameters
    ----------
    entries : list of numbers of one arithmetic, shape (d,)
    """

    __slots__ = ("entries",)

    def __init__(self, entries: list[Number]) -> None:
        self.entries = entries

    def __add__(self, other: Vector) -> Vector:
        return Vector([a + b for a, b in zip(self.entries, other.entries, strict=True)])

    def __sub__(self, other: Vector) -> Vector:
        return Vector([a - b for a, b in zip(self.entries, other.entries, strict=True)])

    def __mul__(self, other: Vector) -> Vector:
        return Vector([a * b for a, b in zip(self.entries, other.entries, strict=True)])

    def __rmul__(self, number: Number) -> Vector:
        return Vector([number * a for a in self.entries])

    def __neg__(self) -> Vector:
        return Vector([-a for a in self.entries])

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[Number]:
        return iter(self.entries)


class Arithmetic(Protocol):
    """What a recurrence may ask of its arithmetic.

    `Any` stands for the arithmetic's own number, vector and matrix types.
    """

    def number(self, value: Fraction) -> Any:
        """Return the arithmetic's number for an exact rational."""

    def vector(self, values: Sequence[Fraction]) -> Any:
        """Return the arithmetic's vector for exact rationals, shape (d,)."""

    def matrix(self, rows: Sequence[Sequence[Fraction]]) -> Any:
        """Return the arithmetic's matrix for exact rationals, shape (n, d)."""

    def times(self, matrix: Any, vector: Any) -> Any:
        """Return X θ, shape (n,)."""

    def transposed_times(self, matrix: Any, vector: Any) -> Any:
        """Return Xᵀ r, shape (d,)."""

    def join(self, vectors: Sequence[Any]) -> Any:
        """Return one vector that holds the given ones end to end."""

    def split(self, vector: Any, sizes: Sequence[int]) -> list[Any]:
        """Undo `join`."""

    def total(self, vector: Any) -> Any:
        """Return the sum of the entries, a number."""

    def entry(self, vector: Any, index: int) -> Any:
        """Return one coordinate, a number."""

    def stack(self, numbers: Sequence[Any]) -> Any:
        """Return the vector of the given numbers."""


class RationalArithmetic:
    """Exact rationals: no rounding at all, for short horizons and for initial states.

    Parameters
    ----------
    convert : callable, optional
        From `Fraction` to the exact number type to compute in.
    """

    def __init__(self, convert: Callable[[Fraction], Any] = Fraction) -> None:
        self.convert = convert

    def number(self, value: Fraction) -> Any:
        """Return the rational itself, in the chosen exact type."""
        return self.convert(value)

    def vector(self, values: Sequence[Fraction]) -> Vector:
        """Return the rationals as a `Vector`, shape (d,)."""
        return Vector([self.number(value) for value in values])

    def matrix(self, rows: Sequence[Sequence[Fraction]]) -> Any:
        """Return the rows as lists of numbers, shape (n, d)."""
        return [[self.number(value) for value in row] for row in rows]

    def times(self, matrix: Any, vector: Vector) -> Vector:
        """Return X θ, shape (n,)."""
        return Vector([self.dot(row, vector.entries) for row in matrix])

    def transposed_times(self, matrix: Any, vector: Vector) -> Vector:
        """Return Xᵀ r, shape (d,)."""
        columns = zip(*matrix, strict=True)
        return Vector([self.dot(column, vector.entries) for column in columns])

    def join(self, vectors: Sequence[Vector]) -> Vector:
        """Return one vector that holds the given ones end to end."""
        return Vector([entry for vector in vectors for entry in vector.entries])

    def split(self, vector: Vector, sizes: Sequence[int]) -> list[Vector]:
        """Undo `join`."""
        parts, start = [], 0
        for size in sizes:
            parts.append(Vector(vector.entries[start : start + size]))
            start += size
        return parts

    def total(self, vector: Vector) -> Any:
        """Return the sum of the entries."""
        return sum(vector.entries[1:], start=vector.entries[0])

    def entry(self, vector: Vector, index: int) -> Any:
        """Return one coordinate."""
        return vector.entries[index]

    def stack(self, numbers: Sequence[Any]) -> Vector:
        """Return the vector of the given numbers."""
        return Vector(list(numbers))

    def dot(self, left: Sequence[Any], right: Sequence[Any]) -> Any:
        """Return Σ left_i right_i."""
        return sum((a * b for a, b in zip(left, right, strict=True)), start=self.number(Fraction(0)))
