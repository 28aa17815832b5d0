"""The recurrence once more, on values with tangents: how small errors travel along a trajectory.

A `DualArray` carries float64 values and E tangents, one row per direction of error, through the chain
rule.  Two kinds of rows:

* systematic rows, one for each input that a candidate may hold rounded: η, μ, constant factors, X, y, the
  start.  Such an error is the same at every step.
* ensemble rows, every operation adds to each an independent normal number times the size u|z| that its
  rounding may have.  The rows are samples of the first-order error of a whole run, whose standard
  deviation in any coordinate is then σ = sqrt(Σ a_i²) over all elementary roundings i, a_i their largest
  effect there.

Products with X stand for m additions, each of at most u_a M (M as in `oracle.rounding`), and m products,
each with 1 + `SPARE` roundings u|t_i|; the arithmetic counts them all in `roundings`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from oracle.error_free import DoubleDoubleArithmetic, Floats
from oracle.records.candidate import Declaration
from oracle.rounding import SPARE, Rounding
from reference.exact import round_to_format

__all__ = ["DualArithmetic", "DualArray", "DualMatrix"]


@dataclass(frozen=True, eq=False)
class DualArray:
    """Values and their tangents; shapes broadcast.

    Parameters
    ----------
    value : float64, shape (1, m)
    tangent : float64, shape (E, m)
    owner : DualArithmetic
        Adds the roundings.
    """

    value: Floats
    tangent: Floats
    owner: DualArithmetic

    __array_ufunc__ = None

    def __add__(self, other: DualArray) -> DualArray:
        return self.owner.rounded(self.value + other.value, self.tangent + other.tangent)

    def __sub__(self, other: DualArray) -> DualArray:
        return self.owner.rounded(self.value - other.value, self.tangent - other.tangent)

    def __mul__(self, other: DualArray) -> DualArray:
        tangent = self.value * other.tangent + other.value * self.tangent
        return self.owner.rounded(self.value * other.value, tangent)

    def __neg__(self) -> DualArray:
        return DualArray(-self.value, -self.tangent, self.owner)

    def __getitem__(self, index: Any) -> DualArray:
        return DualArray(self.value[index], self.tangent[index], self.owner)

    def moved(self, noise: Floats) -> DualArray:
        """Return the same values with `noise`, shape (members, m), added to the ensemble."""
        tangent = self.tangent.copy()
        tangent[self.owner.systematic :] += noise
        return DualArray(self.value, tangent, self.owner)


class DualMatrix(NamedTuple):
    """X with the change that rounding its entries makes, and the row that carries it."""

    value: Floats
    change: Floats
    row: int

    @property
    def T(self) -> DualMatrix:  # noqa: N802 - numpy's own name for the transpose
        """Return the transpose."""
        return DualMatrix(self.value.T, self.change.T, self.row)


class DualArithmetic:
    """`reference.arithmetic.Arithmetic` over `DualArray`, one state at a time.

    Parameters
    ----------
    declaration : Declaration
    members : int
        Ensemble rows.
    systematic : int
        Room for systematic rows.
    generator : numpy Generator
    known : numbers of the spec that a candidate is handed in its dtype, η and μ
        All other numbers are constant factors, which it may multiply together beforehand.
    """

    def __init__(
        self,
        declaration: Declaration,
        members: int,
        systematic: int,
        generator: np.random.Generator,
        known: Sequence[Fraction] = (),
    ) -> None:
        self.dtype, self.rounding = declaration.dtype, Rounding.of(declaration)
        self.members, self.systematic = members, systematic
        self.generator, self.known = generator, tuple(known)
        self.roundings = 0
        self._exact = DoubleDoubleArithmetic()
        self._numbers: dict[Fraction, DualArray] = {}
        self._rows = 0

    def number(self, value: Fraction) -> DualArray:
        """Return a number of the spec, shape (1, 1); the same one each time it is asked for."""
        if value not in self._numbers:
            numerator, denominator = abs(value.numerator), value.denominator
            power_of_two = numerator & (numerator - 1) == 0 and denominator & (denominator - 1) == 0
            change = self._change([[value]])
            if value not in self.known:
                change = np.array(
                    [[0.0 if power_of_two else (1 + SPARE) * self.rounding.unit * float(value)]]
                )
            self._numbers[value] = self._input(np.array([[float(value)]]), change)
        return self._numbers[value]

    def vector(self, values: Sequence[Fraction]) -> DualArray:
        """Return numbers of the spec, shape (1, d)."""
        return self._input(self._exact.vector(values).hi, self._change([values]))

    def matrix(self, rows: Sequence[Sequence[Fraction]]) -> DualMatrix:
        """Return a matrix of the spec, shape (n, d)."""
        change = self._change(rows)
        return DualMatrix(self._exact.matrix(rows).hi, change, self._row() if change.any() else -1)

    def times(self, matrix: DualMatrix, vector: DualArray) -> DualArray:
        """Return X θ, shape (1, n)."""
        tangent = vector.tangent @ matrix.value.T
        if matrix.row >= 0:
            tangent[matrix.row] += (vector.value @ matrix.change.T)[0]
        value = vector.value @ matrix.value.T
        terms = matrix.value.shape[1]
        absolute = np.abs(vector.value) @ np.abs(matrix.value).T
        squares = vector.value**2 @ (matrix.value**2).T
        partial = (absolute + np.abs(value)) / 2
        variance = terms * (self.rounding.accumulation_unit * partial) ** 2
        variance += (1 + SPARE) * self.rounding.unit**2 * squares
        return self.disturbed(value, tangent, np.sqrt(variance), (2 + SPARE) * terms)

    def transposed_times(self, matrix: DualMatrix, vector: DualArray) -> DualArray:
        """Return Xᵀ r, shape (1, d)."""
        return self.times(matrix.T, vector)

    def join(self, vectors: Sequence[DualArray]) -> DualArray:
        """Return one vector that holds the given ones end to end."""
        value = np.concatenate([vector.value for vector in vectors], axis=1)
        return DualArray(value, np.concatenate([vector.tangent for vector in vectors], axis=1), self)

    def split(self, vector: DualArray, sizes: Sequence[int]) -> list[DualArray]:
        """Undo `join`."""
        ends = np.cumsum(sizes)
        return [vector[:, end - size : end] for size, end in zip(sizes, ends, strict=True)]

    def total(self, vector: DualArray) -> DualArray:
        """Return the sum of the entries, shape (1, 1)."""
        ones = np.ones((1, vector.value.shape[1]))
        return self.times(DualMatrix(ones, np.zeros_like(ones), -1), vector)

    def entry(self, vector: DualArray, index: int) -> DualArray:
        """Return one coordinate, shape (1, 1)."""
        return vector[:, index : index + 1]

    def stack(self, numbers: Sequence[DualArray]) -> DualArray:
        """Return the vector of the given numbers, shape (1, len(numbers))."""
        return self.join(numbers)

    def rounded(self, value: Floats, tangent: Floats) -> DualArray:
        """Return the result of one operation with its own rounding added."""
        return self.disturbed(value, tangent, self.rounding.unit * np.abs(value), 1)

    def disturbed(self, value: Floats, tangent: Floats, size: Floats, roundings: int) -> DualArray:
        """Return `value` with `roundings` roundings in each entry, of standard deviation `size` together."""
        noise = self.noise(size, roundings)
        noise += tangent[self.systematic :]
        return DualArray(value, np.concatenate([tangent[: self.systematic], noise]), self)

    def noise(self, size: Floats, roundings: int = 1) -> Floats:
        """Return independent samples of standard deviation `size`, shape (1, m), for the ensemble."""
        self.roundings += roundings * size.size
        normal = self.generator.standard_normal((self.members, size.size), dtype=np.float32)
        return normal * size

    def _input(self, value: Floats, change: Floats) -> DualArray:
        tangent = np.zeros((self.systematic + self.members, value.shape[1]))
        if change.any():
            tangent[self._row()] = change[0]
        return DualArray(value, tangent, self)

    def _change(self, rows: Sequence[Sequence[Fraction]]) -> Floats:
        """Return what rounding to the dtype adds to each number."""
        return np.array(
            [[float(round_to_format(value, self.dtype) - value) for value in row] for row in rows]
        )

    def _row(self) -> int:
        self._rows += 1
        assert self._rows <= self.systematic, "more rounded inputs than rows set aside for them"
        return self._rows - 1
