"""Values with tangents: how small errors pass through one step of the recurrence.

A `DualArray` carries float64 values and E tangents, one row per direction of error, through the chain
rule.  With unit vectors for tangents a step returns its Jacobian; with samples of an error, what
the step makes of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from oracle.error_free import DoubleDoubleArithmetic, Floats
from reference.case import Case, Polynomial
from reference.models import MODELS
from reference.objective import Objective, PolynomialObjective, RegressionObjective, Samples

__all__ = [
    "DualArray",
    "DualMatrix",
    "TangentArithmetic",
    "TangentRegression",
    "observed",
    "tangent_objective",
]


@dataclass(frozen=True, eq=False)
class DualArray:
    """Values and their tangents; shapes broadcast.

    Parameters
    ----------
    value : float64, shape (1, m)
    tangent : float64, shape (E, m)
    owner : TangentArithmetic
        Adds the roundings.
    open_sum : float
        Of a sum to which one more summand may be added in the same loop: the standard deviation that
        this adds, in sizes of the summand.  0 for everything else.
    still : bool
        Whether all tangents are known to be zero.
    """

    value: Floats
    tangent: Floats
    owner: TangentArithmetic
    open_sum: float = 0.0
    still: bool = False

    __array_ufunc__ = None

    def __add__(self, other: DualArray) -> DualArray:
        return self._summed(self.value + other.value, self.tangent + other.tangent, other)

    def __sub__(self, other: DualArray) -> DualArray:
        return self._summed(self.value - other.value, self.tangent - other.tangent, other)

    def __mul__(self, other: DualArray) -> DualArray:
        if self.still:
            tangent = self.value * other.tangent
        else:
            tangent = other.value * self.tangent
            if not other.still:
                tangent += self.value * other.tangent
        return self.owner.rounded(self.value * other.value, tangent)

    def __neg__(self) -> DualArray:
        return DualArray(-self.value, -self.tangent, self.owner, self.open_sum)

    def __getitem__(self, index: Any) -> DualArray:
        return DualArray(self.value[index], self.tangent[index], self.owner)

    def _summed(self, value: Floats, tangent: Floats, other: DualArray) -> DualArray:
        if not (self.open_sum or other.open_sum):
            return self.owner.rounded(value, tangent)
        inside = self.open_sum * np.abs(other.value) + other.open_sum * np.abs(self.value)
        return self.owner.rounded(value, tangent, inside)


class DualMatrix(NamedTuple):
    """X with the change that rounding its entries makes, and the rows that carry it for X and for Xᵀ."""

    value: Floats
    change: Floats
    row: int
    transposed_row: int

    @property
    def T(self) -> DualMatrix:  # noqa: N802 - numpy's own name for the transpose
        """Return the transpose."""
        return DualMatrix(self.value.T, self.change.T, self.transposed_row, self.row)


class TangentArithmetic:
    """`reference.arithmetic.Arithmetic` over `DualArray`, one state at a time, without roundings.

    Parameters
    ----------
    rows : int
        E, tangents of every array.
    """

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self._exact = DoubleDoubleArithmetic()

    def constant(self, value: Floats) -> DualArray:
        """Return a value, shape (1, m), whose tangents are zero."""
        return DualArray(value, np.zeros((self.rows, value.shape[1])), self, still=True)

    def leaning(self, array: DualArray, row: int, change: Floats) -> DualArray:
        """Return an array with `change`, shape (m,), for tangent in one row."""
        tangent = array.tangent.copy()
        tangent[row] = change
        return DualArray(array.value, tangent, self)

    def number(self, value: Fraction) -> DualArray:
        """Return a number of the spec, shape (1, 1)."""
        return self.constant(np.array([[float(value)]]))

    def vector(self, values: Sequence[Fraction]) -> DualArray:
        """Return numbers of the spec, shape (1, d)."""
        return self.constant(self._exact.vector(values).hi)

    def matrix(self, rows: Sequence[Sequence[Fraction]]) -> DualMatrix:
        """Return a matrix of the spec, shape (n, d)."""
        value = self._exact.matrix(rows).hi
        return DualMatrix(value, np.zeros_like(value), -1, -1)

    def times(self, matrix: DualMatrix, vector: DualArray) -> DualArray:
        """Return X θ, shape (1, n)."""
        return DualArray(vector.value @ matrix.value.T, vector.tangent @ matrix.value.T, self)

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
        return self.times(DualMatrix(ones, np.zeros_like(ones), -1, -1), vector)

    def entry(self, vector: DualArray, index: int) -> DualArray:
        """Return one coordinate, shape (1, 1)."""
        return vector[:, index : index + 1]

    def stack(self, numbers: Sequence[DualArray]) -> DualArray:
        """Return the vector of the given numbers, shape (1, len(numbers))."""
        return self.join(numbers)

    def rounded(self, value: Floats, tangent: Floats, inside: Floats | None = None) -> DualArray:
        """Return the result of one operation; what a rounding inside a sum would add plays no part."""
        del inside
        return DualArray(value, tangent, self)


class TangentRegression(RegressionObjective):
    """A regression whose residual may be given tangents of its own.

    Parameters
    ----------
    case : Case
    arithmetic : TangentArithmetic
    """

    def __init__(self, case: Case, arithmetic: TangentArithmetic) -> None:
        super().__init__(case, arithmetic)
        self.disturb: Callable[[Floats], None] | None = None

    def residual(self, position: DualArray, samples: Samples) -> DualArray:
        """Return r = Xθ(β) − y, its tangents, shape (E, n), passed through `disturb` where that is set."""
        r: DualArray = super().residual(position, samples)
        if self.disturb is not None:
            self.disturb(r.tangent)
        return r


def tangent_objective(case: Case, arithmetic: TangentArithmetic) -> TangentRegression | PolynomialObjective:
    """Return the case's objective over tangents."""
    if isinstance(case.problem, Polynomial):
        return PolynomialObjective(case, arithmetic)
    return TangentRegression(case, arithmetic)


def observed(
    case: Case, objective: Objective, position: DualArray, observables: Sequence[str]
) -> dict[str, DualArray]:
    """Return the wanted observables of one position."""
    names = MODELS[case.model].names
    found = dict(zip(names, objective.arithmetic.split(position, objective.sizes), strict=True))
    if "theta" in observables and isinstance(objective, RegressionObjective):
        found["theta"] = objective.predictor(position)
    if "loss" in observables:
        found["loss"] = objective.loss(position)
    return {name: found[name] for name in observables}
