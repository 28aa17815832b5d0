"""Arb balls behind the arithmetic interface: every result encloses the exact one.

Hazards of python-flint that are met here: the precision is global to the process, so constants
are built inside `ball_precision`, which one thread at a time may enter; comparisons of
overlapping balls are False both ways, so none is used; balls do not pickle, so values leave as
exact (mantissa, exponent) pairs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from threading import RLock
from typing import Any, NamedTuple

from flint import arb, arb_mat, ctx, fmpq

from reference.arithmetic import RationalArithmetic, Vector

__all__ = ["BallArithmetic", "BallMatrix", "ball", "ball_precision", "inflate", "upper_fraction"]


_ONE_THREAD = RLock()


@contextmanager
def ball_precision(bits: int) -> Iterator[None]:
    """Compute balls with `bits` bits inside the block; the old precision always returns.

    Other threads wait: at another thread's precision a rounding would not be the one accounted for.
    """
    with _ONE_THREAD:
        before = ctx.prec
        ctx.prec = bits
        try:
            yield
        finally:
            ctx.prec = before


class BallMatrix(NamedTuple):
    """X and its transpose, kept as Arb matrices so that a product is one call."""

    X: Any
    transpose: Any


class BallArithmetic(RationalArithmetic):
    """Arb balls in `Vector`s; matrix products run inside Arb."""

    def __init__(self) -> None:
        super().__init__(ball)

    def matrix(self, rows: Sequence[Sequence[Fraction]]) -> BallMatrix:
        """Return X, shape (n, d), with its transpose."""
        entries = [self.number(value) for row in rows for value in row]
        X = arb_mat(len(rows), len(rows[0]), entries)
        return BallMatrix(X, X.transpose())

    def times(self, matrix: BallMatrix, vector: Vector) -> Vector:
        """Return X θ, shape (n,)."""
        return _product(matrix.X, vector)

    def transposed_times(self, matrix: BallMatrix, vector: Vector) -> Vector:
        """Return Xᵀ r, shape (d,)."""
        return _product(matrix.transpose, vector)

    def weighted_gram(self, matrix: BallMatrix, weights: Sequence[Any]) -> Any:
        """Return X diag(w) Xᵀ, shape (n, n), as an Arb matrix."""
        n, d = matrix.X.nrows(), matrix.X.ncols()
        scaled = arb_mat(n, d, [entry * weights[i % d] for i, entry in enumerate(matrix.X.entries())])
        return scaled * matrix.transpose


def ball(value: Fraction | int) -> Any:
    """Return the ball around an exact rational at the precision in force; dyadics that fit are exact."""
    value = Fraction(value)
    return arb(fmpq(value.numerator, value.denominator))


def inflate(vector: Vector, radius: Any, exact: Collection[int] = ()) -> Vector:
    """Return balls around the given centres, each wider by `radius`, an upper bound held in a ball.

    Coordinates whose index is in `exact` are left as they are.
    """
    spread = arb(0, radius.abs_upper())
    return Vector([x if j in exact else x + spread for j, x in enumerate(vector.entries)])


def upper_fraction(value: Any) -> Fraction:
    """Return a rational that no point of the ball exceeds in absolute value."""
    mantissa, exponent = value.abs_upper().man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def _product(matrix: Any, vector: Vector) -> Vector:
    """Return the matrix times the vector, through Arb's own matrix product."""
    column = arb_mat(len(vector.entries), 1, vector.entries)
    return Vector((matrix * column).entries())
