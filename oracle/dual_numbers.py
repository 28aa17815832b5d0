"""The recurrence once more, with every rounding: how small errors travel along a trajectory.

`DualArithmetic` adds the roundings of a declared arithmetic to the tangents of `oracle.tangents`, which has
three kinds of rows, in this order:

* systematic rows, one for each input that a candidate may hold rounded: η, μ, constant factors, X, y, the
  start.  Such an error is the same at every step.
* ensemble rows, every operation adds to each an independent normal number times the size u|z| that its
  rounding may have.  The rows are samples of the first-order error of a whole run, whose standard
  deviation in any coordinate is then σ = sqrt(Σ a_i²) over all elementary roundings i, a_i their largest
  effect there.
* carried rows, which operations add nothing to; `oracle.sampled_envelope` adds to them once a step.

Products with X stand for m additions, each of at most u_a M (M as in `oracle.rounding`), and m products,
each with 1 + `SPARE` roundings u|t_i|, and one more u_o|t_i| where operands are rounded to a narrower format;
a last rounding follows where sums are kept wider, and a summand that may be added inside the same loop is
rounded m times.  The rounding of X itself is systematic, in one row for X and one for Xᵀ.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import sqrt

import numpy as np

from oracle.error_free import DoubleDouble, Floats
from oracle.records.candidate import Declaration
from oracle.rounding import SPARE, Rounding, representable
from oracle.tangents import DualArray, DualMatrix, TangentArithmetic
from reference.exact import round_to_format

__all__ = ["DualArithmetic"]


class DualArithmetic(TangentArithmetic):
    """`TangentArithmetic` with the first-order roundings of a declared arithmetic.

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
    carried : int
        Rows that no operation adds to.
    """

    def __init__(
        self,
        declaration: Declaration,
        members: int,
        systematic: int,
        generator: np.random.Generator,
        known: Sequence[Fraction] = (),
        carried: int = 0,
    ) -> None:
        super().__init__(systematic + members + carried)
        self.declaration, self.rounding = declaration, Rounding.of(declaration)
        self.members, self.systematic = members, systematic
        self.generator, self.known = generator, tuple(known)
        self.roundings = 0
        self._numbers: dict[Fraction, DualArray] = {}
        self._rows = 0

    def number(self, value: Fraction) -> DualArray:
        """Return a number of the spec, shape (1, 1); the same one each time it is asked for."""
        if value not in self._numbers:
            numerator, denominator = abs(value.numerator), value.denominator
            power_of_two = numerator & (numerator - 1) == 0 and denominator & (denominator - 1) == 0
            change = self._change([[value]], self._exact.number(value))
            if value not in self.known:
                change = np.array(
                    [[0.0 if power_of_two else (1 + SPARE) * self.rounding.unit * float(value)]]
                )
            self._numbers[value] = self._input(np.array([[float(value)]]), change)
        return self._numbers[value]

    def vector(self, values: Sequence[Fraction]) -> DualArray:
        """Return numbers of the spec, shape (1, d)."""
        exact = self._exact.vector(values)
        return self._input(exact.hi, self._change([values], exact))

    def matrix(self, rows: Sequence[Sequence[Fraction]]) -> DualMatrix:
        """Return a matrix of the spec, shape (n, d)."""
        exact = self._exact.matrix(rows)
        change = self._change(rows, exact, self.declaration.operands)
        taken = (self._row(), self._row()) if change.any() else (-1, -1)
        return DualMatrix(exact.hi, change, *taken)

    def times(self, matrix: DualMatrix, vector: DualArray) -> DualArray:
        """Return X θ, shape (1, n)."""
        tangent = vector.tangent @ matrix.value.T
        if matrix.row >= 0:
            tangent[matrix.row] += (vector.value @ matrix.change.T)[0]
        value = vector.value @ matrix.value.T
        terms, unit = matrix.value.shape[1], self.rounding.accumulation_unit
        absolute = np.abs(vector.value) @ np.abs(matrix.value).T
        squares = vector.value**2 @ (matrix.value**2).T
        partial = (absolute + np.abs(value)) / 2
        variance = terms * (unit * partial) ** 2 + (self.rounding.unit * value) ** 2
        variance += ((1 + SPARE) * self.rounding.unit**2 + self.rounding.operand_unit**2) * squares
        self._disturb(tangent, np.sqrt(variance), (3 + SPARE) * terms + 1)
        return DualArray(value, tangent, self, sqrt(terms) * unit)

    def rounded(self, value: Floats, tangent: Floats, inside: Floats | None = None) -> DualArray:
        """Return the result of one operation with its own rounding added.

        Parameters
        ----------
        value, tangent : float64, shapes (1, m) and (E, m)
            The tangent is taken over, and changed.
        inside : float64, shape (1, m), optional
            Standard deviation of what rounding a summand inside a sum adds.
        """
        size = self.rounding.unit * np.abs(value)
        if inside is not None:
            size = np.sqrt(size**2 + inside**2)
        self._disturb(tangent, size, 1)
        return DualArray(value, tangent, self)

    def moved(self, array: DualArray, noise: Floats, carried: Floats) -> DualArray:
        """Return the same values with more in the ensemble, shape (members, m), and the carried rows."""
        tangent = array.tangent.copy()
        tangent[self.systematic : self.systematic + self.members] += noise
        tangent[self.systematic + self.members :] += carried
        return DualArray(array.value, tangent, self)

    def noise(self, size: Floats, roundings: int = 1) -> Floats:
        """Return independent samples of standard deviation `size`, shape (1, m), for the ensemble."""
        self.roundings += roundings * size.size
        normal = self.generator.standard_normal((self.members, size.size), dtype=np.float32)
        return normal * size

    def _disturb(self, tangent: Floats, size: Floats, roundings: int) -> None:
        """Add `roundings` roundings to each entry, of standard deviation `size` together."""
        tangent[self.systematic : self.systematic + self.members] += self.noise(size, roundings)

    def _input(self, value: Floats, change: Floats) -> DualArray:
        array = self.constant(value)
        return self.leaning(array, self._row(), change[0]) if change.any() else array

    def _change(self, rows: Sequence[Sequence[Fraction]], exact: DoubleDouble, operands: str = "") -> Floats:
        """Return what rounding to the dtype, and then to the format of operands, adds to each number."""
        formats = [self.declaration.dtype] + ([operands] if operands else [])
        held = np.logical_and.reduce([representable(exact, name) for name in formats])
        change = np.zeros_like(exact.hi)
        for i, j in np.argwhere(~held):
            change[i, j] = float(_rounded(rows[i][j], formats) - rows[i][j])
        return change

    def _row(self) -> int:
        self._rows += 1
        assert self._rows <= self.systematic, "more rounded inputs than rows set aside for them"
        return self._rows - 1


def _rounded(value: Fraction, formats: Sequence[str]) -> Fraction:
    """Return a number rounded to one format after the other."""
    for name in formats:
        value = round_to_format(value, name)
    return value
