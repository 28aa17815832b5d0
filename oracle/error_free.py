"""Sums and products of float64 arrays whose rounding errors are kept: double-double arithmetic.

A number is the unevaluated sum of two float64, hi + lo with |lo| ≤ u|hi| and u = 2⁻⁵³, some 106 bits.
The recurrences of `reference` run in it as they stand, batched: a vector has shape (K, d) for K
independent states, a number shape (1, 1) or (K, 1).

Error constants, relative to the exact result of the operation on its double-double operands and
valid where nothing overflows and no product falls below 2⁻⁹⁶⁰ (there an absolute 2⁻¹⁰⁶⁰ is added):

===================  =======================  =================================================
operation            bound                    why
===================  =======================  =================================================
conversion           2⁻¹⁰⁶                    hi and lo are both rounded to nearest
``+``, ``-``         2⁻¹⁰⁴                    AccurateDWPlusDW: 3u²/(1 − 4u)
``*``                2⁻¹⁰³                    DWTimesDW without fused operations: 7u²
``times``            `dot_error` · Σ|x θ|     derived there
===================  =======================  =================================================

Source: two_sum is Knuth, TAOCP 2, 4.2.2; the product by splitting is Dekker and Veltkamp (Dekker 1971);
the double-double bounds are Joldes, Muller, Popescu 2017, theorems 3.1 and 5.1; the compensated product
sum follows Dot2 of Ogita, Rump, Oishi 2005, keeping both parts of its result.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "FLOOR",
    "RELATIVE_ERROR",
    "DoubleDouble",
    "DoubleDoubleArithmetic",
    "Floats",
    "dot_error",
    "two_prod",
    "two_sum",
]

Floats = NDArray[np.float64]

RELATIVE_ERROR = 2.0**-103  # the largest of the elementwise constants above
FLOOR = 2.0**-1060  # for error terms of products that underflow

_SPLITTER = 2.0**27 + 1
_OUTER_PRODUCT_CELLS = 1 << 17  # of a block in `times`: a dozen such arrays stay inside a second-level cache


def two_sum(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Return (s, e) with s = fl(a + b) and s + e = a + b exactly; shapes broadcast."""
    s = a + b
    shadow = s - a
    return s, (a - (s - shadow)) + (b - shadow)


def two_prod(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Return (p, e) with p = fl(a·b) and p + e = a·b exactly, for |a|, |b| < 2⁹⁹⁶; shapes broadcast."""
    return _product_of_split(a, _split(a), b, _split(b))


def dot_error(terms: int) -> float:
    """Return c such that a compensated sum of `terms` products errs by at most c · Σ|x_i θ_i|.

    With A = Σ|x_i θ_i| over m terms, the high parts are added by two_sum, whose errors together
    with those of two_prod and the products of low parts come to at most (m + 2)uA in absolute
    sum.  They are added in plain float64 in at most 3m + 3 operations, which errs by at most
    (3m + 3)u · (m + 2)uA to first order; lo·lo is left out, u²A, and the low products are
    themselves rounded, 6u²A.  Altogether below 4(m + 2)²u²A.
    """
    return 4.0 * (terms + 2) ** 2 * 2.0**-106


@dataclass(frozen=True, eq=False)
class DoubleDouble:
    """An array of unevaluated sums hi + lo with elementwise ``+ - *``; shapes broadcast.

    Parameters
    ----------
    hi, lo : float64, equal shapes (..., m)
    """

    hi: Floats
    lo: Floats

    __array_ufunc__ = None  # numpy scalars leave the multiplication to us

    @classmethod
    def exactly(cls, values: NDArray[Any]) -> DoubleDouble:
        """Return float64, float32 or float16 values as they are, lo = 0."""
        hi = values.astype(np.float64, copy=False)
        return cls(hi, np.zeros_like(hi))

    def __add__(self, other: DoubleDouble) -> DoubleDouble:
        s, e = two_sum(self.hi, other.hi)
        t, f = two_sum(self.lo, other.lo)
        s, e = _fast_two_sum(s, e + t)
        return DoubleDouble(*_fast_two_sum(s, e + f))

    def __sub__(self, other: DoubleDouble) -> DoubleDouble:
        return self + -other

    def __mul__(self, other: DoubleDouble) -> DoubleDouble:
        p, e = two_prod(self.hi, other.hi)
        return DoubleDouble(*_fast_two_sum(p, e + (self.hi * other.lo + self.lo * other.hi)))

    def __neg__(self) -> DoubleDouble:
        return DoubleDouble(-self.hi, -self.lo)

    def __abs__(self) -> Floats:
        """Return |hi + lo| in float64, to a relative 2⁻⁵²."""
        return np.abs(self.hi + self.lo)

    def __getitem__(self, index: Any) -> DoubleDouble:
        return DoubleDouble(self.hi[index], self.lo[index])


class DoubleDoubleArithmetic:
    """`reference.arithmetic.Arithmetic` in double-double, batched over the leading axis."""

    def number(self, value: Fraction) -> DoubleDouble:
        """Return the rational to a relative 2⁻¹⁰⁶, shape (1, 1)."""
        return self.vector([value])

    def vector(self, values: Sequence[Fraction]) -> DoubleDouble:
        """Return the rationals to a relative 2⁻¹⁰⁶, shape (1, d)."""
        return self.matrix([values])

    def matrix(self, rows: Sequence[Sequence[Fraction]]) -> DoubleDouble:
        """Return the rationals to a relative 2⁻¹⁰⁶, shape (n, d)."""
        hi = [[float(value) for value in row] for row in rows]
        lo = [
            [_left_over(value, high) for value, high in zip(row, highs, strict=True)]
            for row, highs in zip(rows, hi, strict=True)
        ]
        return DoubleDouble(np.array(hi, dtype=np.float64), np.array(lo, dtype=np.float64))

    def exactly(self, values: NDArray[Any]) -> DoubleDouble:
        """Return values that float64 holds."""
        return DoubleDouble.exactly(values)

    def held(self, value: DoubleDouble) -> DoubleDouble:
        """Return a double-double number as this arithmetic holds it: itself."""
        return value

    def times(self, matrix: DoubleDouble, vector: DoubleDouble) -> DoubleDouble:
        """Return X θ, from shapes (n, d) and (K, d) to (K, n), to `dot_error(d)` · Σ|X||θ|."""
        rows = max(1, _OUTER_PRODUCT_CELLS // (8 * len(matrix.hi)))
        count = len(vector.hi)
        if count <= rows:
            return _product_sum(matrix, vector)
        parts = [_product_sum(matrix, vector[start : start + rows]) for start in range(0, count, rows)]
        return DoubleDouble(np.concatenate([p.hi for p in parts]), np.concatenate([p.lo for p in parts]))

    def transposed_times(self, matrix: DoubleDouble, vector: DoubleDouble) -> DoubleDouble:
        """Return Xᵀ r, from shapes (n, d) and (K, n) to (K, d), to `dot_error(n)` · Σ|X||r|."""
        return self.times(DoubleDouble(matrix.hi.T, matrix.lo.T), vector)

    def join(self, vectors: Sequence[DoubleDouble]) -> DoubleDouble:
        """Return one vector that holds the given ones end to end."""
        return DoubleDouble(
            np.concatenate([vector.hi for vector in vectors], axis=-1),
            np.concatenate([vector.lo for vector in vectors], axis=-1),
        )

    def split(self, vector: DoubleDouble, sizes: Sequence[int]) -> list[DoubleDouble]:
        """Undo `join`."""
        ends = np.cumsum(sizes)
        return [vector[..., end - size : end] for size, end in zip(sizes, ends, strict=True)]

    def total(self, vector: DoubleDouble) -> DoubleDouble:
        """Return the sum of the entries, from shape (K, m) to (K, 1), to `dot_error(m)` · Σ|entry|."""
        ones = np.ones((1, vector.hi.shape[-1]))
        return self.times(DoubleDouble(ones, np.zeros_like(ones)), vector)

    def entry(self, vector: DoubleDouble, index: int) -> DoubleDouble:
        """Return one coordinate, shape (K, 1)."""
        return vector[..., index : index + 1]

    def stack(self, numbers: Sequence[DoubleDouble]) -> DoubleDouble:
        """Return the vector of the given numbers, shape (K, len(numbers))."""
        hi = np.concatenate(np.broadcast_arrays(*[number.hi for number in numbers]), axis=-1)
        lo = np.concatenate(np.broadcast_arrays(*[number.lo for number in numbers]), axis=-1)
        return DoubleDouble(hi, lo)


def _left_over(value: Fraction, high: float) -> float:
    """Return value − high, rounded; most numbers of a spec are float64 numbers and leave nothing over."""
    if high.as_integer_ratio() == (value.numerator, value.denominator):
        return 0.0
    return float(value - Fraction(high))


def _fast_two_sum(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Return (s, e) as `two_sum`, for |a| ≥ |b| or a = 0."""
    s = a + b
    return s, b - (s - a)


def _split(a: Floats) -> tuple[Floats, Floats]:
    """Return a as the exact sum of two halves of at most 26 bits."""
    scaled = _SPLITTER * a
    high = scaled - (scaled - a)
    return high, a - high


def _product_of_split(
    a: Floats, halves_a: tuple[Floats, Floats], b: Floats, halves_b: tuple[Floats, Floats]
) -> tuple[Floats, Floats]:
    (a1, a2), (b1, b2) = halves_a, halves_b
    p = a * b
    return p, a2 * b2 - (((p - a1 * b1) - a2 * b1) - a1 * b2)


def _product_sum(matrix: DoubleDouble, vector: DoubleDouble) -> DoubleDouble:
    """Return Σ_j X_ij θ_kj for all k, i, one compensated outer product after another."""
    total: Floats = np.zeros((len(vector.hi), len(matrix.hi)))
    kept = np.zeros_like(total)
    # the products of one column at a time where there are many rows, of all columns where there is one
    columns = max(1, _OUTER_PRODUCT_CELLS // max(1, 8 * total.size))
    for start in range(0, vector.hi.shape[-1], columns):
        part = slice(start, start + columns)
        for product, error in zip(*_products(matrix[:, part], vector[:, part]), strict=True):
            total, rounding = two_sum(total, product)
            kept += rounding + error
    return DoubleDouble(*two_sum(total, kept))


def _products(matrix: DoubleDouble, vector: DoubleDouble) -> tuple[Floats, Floats]:
    """Return X_ij θ_kj, shape (j, k, i), and what it leaves over; from (i, j) and (k, j)."""
    (x, v), (x_low, v_low) = _outer(matrix.hi, vector.hi), _outer(matrix.lo, vector.lo)
    halves_x, halves_v = _split(x), _split(v)
    p, e = _product_of_split(v, halves_v, x, halves_x)
    e += v_low * x
    if matrix.lo.any():
        e += v * x_low
    return p, e


def _outer(matrix: Floats, vector: Floats) -> tuple[Floats, Floats]:
    """Return (j, 1, i) and (j, k, 1) of shapes (i, j) and (k, j)."""
    return matrix.T[:, None, :], vector.T[:, :, None]
