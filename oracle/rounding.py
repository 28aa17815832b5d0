"""The rounding model: a recurrence run once gives the exact step and what a candidate may miss it by.

A `RoundedArray` holds v, in double-double, and e ≥ 0 such that every computation the model admits ends
within e of v.  Each operation passes on what its operands carry and adds what the candidate's own
operation may do.  With u = 2^−precision of the declared dtype, u_a of its accumulations, and ω the
largest error of a result that underflows:

``+ -``
    ẑ = (x̂ ± ŷ)(1 + δ) + ε, |δ| ≤ u, |ε| ≤ ω, hence e_z = e_x + e_y + u(|z| + e_x + e_y) + ω.
``*``
    the same with |x|e_y + |y|e_x + e_x e_y passed on.
numbers
    A number of the spec that the dtype cannot represent may enter rounded, e = u|x|, or in a wider
    format, e = 0; one that it can represent enters exactly.  Where the state is kept narrower than the
    dtype, so may the numbers of the spec be.
products with X
    m products t_i = x_i θ_i, each with up to 1 + `SPARE` factors (1 + δ), added in any order and any
    bracketing.  Let A ≥ Σ|t̂_i| and S = Σ t_i.  A partial sum lies between the sum of the negative and
    the sum of the positive terms, so its size is at most M = (A + |Ŝ|)/2; and it is computed to within
    G·A, G = (1 + u_a)^(m+1) − 1.  Each of the m − 1 additions errs by at most u_a(M + G·A).  We count m,
    for one summand that may be added inside the same loop (``acc = -y[i]``), and once that summand
    is added, also m u_a(1 + G) times its size.  Where the sum is kept wider than the dtype, a last
    rounding follows.  Where the operands are declared narrower than the dtype, as tensor cores take them, x_i
    and θ_i each change by at most u_o times their size before they are multiplied, x_i not where the
    narrower format holds it; in TF32 by 2u_o, since its last bits may be cut off.

Admitted by this are: any order and blocking of sums, fused multiply-adds (they leave out roundings and
add none), constant factors such as 2/n or η applied before or after a sum, to r, to X or to g, in any
association (`SPARE` roundings are set aside for them), factors 2 written as g·u + g·u, and automatic
differentiation, whose order of products is one of those.  Not admitted: forming XᵀX, products in a format
narrower than declared, and in float16 constant factors applied where they make a result underflow.

ω is the smallest normal number, so flushing subnormal numbers to zero is admitted; float16, whose normal
numbers end at 6·10⁻⁵, is taken with gradual underflow, half its smallest subnormal number.

The errors of the double-double arithmetic are added (`RELATIVE_ERROR`, `FLOOR`).  The bounds themselves
are sums and products of non-negative float64: each operation loses a relative 2⁻⁵³ at most, less
than 2²⁰ of them follow one another, and `RoundedArray.bound` gives back 2⁻³⁰.

Source: the standard model and running error analysis are Higham 2002, sections 2.2, 3.3 and 4.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import expm1, log1p
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from oracle.error_free import (
    FLOOR,
    RELATIVE_ERROR,
    DoubleDouble,
    DoubleDoubleArithmetic,
    Floats,
    dot_error,
)
from oracle.records.candidate import Declaration
from reference.exact import BINARY_FORMATS

__all__ = [
    "DRIFT",
    "GIVE_BACK",
    "NONE",
    "SPARE",
    "RoundedArithmetic",
    "RoundedArray",
    "RoundedMatrix",
    "Rounding",
    "representable",
    "underflow_of",
]

SPARE = 4  # roundings of constant factors that may fall inside or outside a product with X
GIVE_BACK = 1 + 2.0**-30  # for the float64 rounding of the bounds themselves
NONE = np.zeros((1, 1))  # no error at all
NONE.setflags(write=False)
DRIFT = 128.0  # in units of `Rounding.doubt`: how far bounds move with the values they are computed from


@dataclass(frozen=True)
class Rounding:
    """What one operation of a declared arithmetic may do.

    Parameters
    ----------
    unit, accumulation_unit : float
        u and u_a, 2^−precision.
    underflow : float
        ω.
    operand_unit, operand_underflow : float
        u_o and ω of the operands of matrix products; 0 where they are not rounded.
    input_unit, input_underflow : float
        u and ω of the format that numbers of the spec may be rounded to.
    doubt : float
        θ: by how much of its error a value that stands for the exact one may itself be off; 0 in double-double,
        whose errors are part of the error.  See `oracle.float_filter`.
    """

    unit: float
    accumulation_unit: float
    underflow: float
    operand_unit: float = 0.0
    operand_underflow: float = 0.0
    input_unit: float = 0.0
    input_underflow: float = 0.0
    doubt: float = 0.0

    @classmethod
    def of(cls, declaration: Declaration) -> Rounding:
        """Return the rounding of a declared arithmetic.

        Raises
        ------
        KeyError
            If a format is no name in `reference.exact.BINARY_FORMATS`.
        """
        names = (declaration.dtype, declaration.accumulate, declaration.operands)
        formats = [BINARY_FORMATS[name or declaration.dtype] for name in names]
        units = [2.0**-form.precision for form in formats]
        underflows = [underflow_of(form.name) for form in formats]
        # tensor cores that are handed float32 as it is ignore its last bits: TF32 by truncation, not by rounding
        operand = 2 * units[2] if declaration.operands == "tfloat32" else units[2]
        operands = (operand, underflows[2]) if declaration.operands else (0.0, 0.0)
        input_unit = 2.0 ** -BINARY_FORMATS[declaration.kept_in].precision
        inputs = (input_unit, underflow_of(declaration.kept_in))
        return cls(units[0], units[1], max(underflows[:2]), *operands, *inputs)

    def compound(self, count: int) -> float:
        """Return (1 + u)^count − 1, the most that `count` factors (1 + δ) change a product by."""
        return expm1(count * log1p(self.unit)) * GIVE_BACK


@dataclass(frozen=True, eq=False)
class RoundedArray:
    """Exact values and what an admitted computation may miss them by; shapes broadcast.

    Parameters
    ----------
    value : DoubleDouble, shape (..., m)
    error : float64, shape (..., m)
        `NONE` itself where there is none anywhere, which costs nothing to carry on.
    rounding : Rounding
    open_sum : float
        Of a sum to which one more summand may be added in the same loop: what that summand's
        size adds to the error, m u_a(1 + G).  0 for everything else.
    """

    value: DoubleDouble
    error: Floats
    rounding: Rounding
    open_sum: float = 0.0

    __array_ufunc__ = None

    def __add__(self, other: RoundedArray) -> RoundedArray:
        return self._rounded(self.value + other.value, self._added(other))

    def __sub__(self, other: RoundedArray) -> RoundedArray:
        return self._rounded(self.value - other.value, self._added(other))

    def __mul__(self, other: RoundedArray) -> RoundedArray:
        if other.error is NONE:
            passed_on = NONE if self.error is NONE else abs(other.value) * self.error
        elif self.error is NONE:
            passed_on = abs(self.value) * other.error
        else:
            passed_on = (abs(self.value) + self.error) * other.error + abs(other.value) * self.error
        return self._rounded(self.value * other.value, passed_on)

    def __neg__(self) -> RoundedArray:
        return RoundedArray(-self.value, self.error, self.rounding, self.open_sum)

    def __getitem__(self, index: Any) -> RoundedArray:
        error = self.error if self.error is NONE else self.error[index]
        return RoundedArray(self.value[index], error, self.rounding)

    def widened(self, error: Floats) -> RoundedArray:
        """Return the same values with `error` more uncertainty."""
        if error is NONE:
            return self
        total = _sum(self.error, error)
        if total.shape[-1:] != self.value.hi.shape[-1:]:  # one error for all entries
            total = np.broadcast_to(total, np.broadcast_shapes(total.shape, self.value.hi.shape))
        return RoundedArray(self.value, total, self.rounding, self.open_sum)

    def size(self) -> Floats:
        """Return the largest |x̂| that is admitted."""
        return _sum(abs(self.value), self.error)

    def bound(self) -> Floats:
        """Return the error, rounded up past all float64 rounding in its own computation."""
        return self.error * GIVE_BACK

    def _added(self, other: RoundedArray) -> Floats:
        """Return what the operands of a sum or a difference pass on."""
        passed_on = _sum(self.error, other.error)
        if self.open_sum:
            passed_on = passed_on + self.open_sum * other.size()
        if other.open_sum:
            passed_on = passed_on + other.open_sum * self.size()
        return passed_on

    def _rounded(self, value: DoubleDouble, passed_on: Floats) -> RoundedArray:
        unit, underflow = self.rounding.unit, self.rounding.underflow
        own: Floats = abs(value) * (unit + 2 * RELATIVE_ERROR)
        error = own
        if passed_on is not NONE:
            error = passed_on * (1 + unit)
            error = np.add(error, own, out=error if error.shape == own.shape else None)
        error += underflow + 2 * FLOOR
        return RoundedArray(value, error, self.rounding)


class RoundedMatrix(NamedTuple):
    """X, |X| and the error its entries may carry as operands of a product, each shape (n, d)."""

    value: DoubleDouble
    size: Floats
    error: Floats

    @property
    def T(self) -> RoundedMatrix:  # noqa: N802 - numpy's own name for the transpose
        """Return the transpose."""
        return RoundedMatrix(DoubleDouble(self.value.hi.T, self.value.lo.T), self.size.T, self.error.T)


class RoundedArithmetic:
    """`reference.arithmetic.Arithmetic` under a rounding model, batched over the leading axis.

    Parameters
    ----------
    declaration : Declaration
        Names the dtype of the state and that of the accumulations.
    """

    def __init__(self, declaration: Declaration) -> None:
        self.rounding = Rounding.of(declaration)
        self.inputs, self.operands = declaration.kept_in, declaration.operands
        self.wide_sums = declaration.accumulate not in ("", declaration.dtype)
        self.exact = DoubleDoubleArithmetic()

    def recorded(self, values: NDArray[Any]) -> RoundedArray:
        """Return numbers that a candidate recorded: exactly what they are, shape (K, d)."""
        return RoundedArray(self.exact.exactly(values), NONE, self.rounding)

    def number(self, value: Fraction) -> RoundedArray:
        """Return a number of the spec, shape (1, 1)."""
        return self.vector([value])

    def vector(self, values: Sequence[Fraction]) -> RoundedArray:
        """Return numbers of the spec, shape (1, d)."""
        return self.given_vector(self.exact.vector(values))

    def matrix(self, rows: Sequence[Sequence[Fraction]]) -> RoundedMatrix:
        """Return a matrix of the spec, shape (n, d)."""
        return self.given_matrix(self.exact.matrix(rows))

    def given_vector(self, numbers: DoubleDouble) -> RoundedArray:
        """Return numbers of the spec that were converted before, shape (1, d)."""
        value = self.exact.held(numbers)
        error = self._conversion_error(value)
        return RoundedArray(value, error if error.any() else NONE, self.rounding)

    def given_matrix(self, numbers: DoubleDouble) -> RoundedMatrix:
        """Return a matrix of the spec that was converted before, shape (n, d)."""
        value = self.exact.held(numbers)
        size, error = abs(value), self._conversion_error(value)
        if self.operands:
            narrowed = ~representable(value, self.operands) | (error > 0)
            error = error + narrowed * self._narrowing(size + error)
        return RoundedMatrix(value, size, error)

    def times(self, matrix: RoundedMatrix, vector: RoundedArray) -> RoundedArray:
        """Return X θ, from shapes (n, d) and (K, d) to (K, n), by the sum of the module docstring."""
        terms = matrix.size.shape[1]
        value = self.exact.times(matrix.value, vector.value)
        absolute = abs(vector.value) @ matrix.size.T
        carried = _sum(vector.error, self._narrowing(vector.size())) if self.operands else vector.error
        passed_on = 0 * absolute if carried is NONE else carried @ (matrix.size + matrix.error).T
        if matrix.error.any():
            passed_on += abs(vector.value) @ matrix.error.T
        return self._summed(value, absolute, passed_on, terms)

    def transposed_times(self, matrix: RoundedMatrix, vector: RoundedArray) -> RoundedArray:
        """Return Xᵀ r, from shapes (n, d) and (K, n) to (K, d)."""
        return self.times(matrix.T, vector)

    def join(self, vectors: Sequence[RoundedArray]) -> RoundedArray:
        """Return one vector that holds the given ones end to end."""
        if all(vector.error is NONE for vector in vectors):
            error = NONE
        else:
            shapes = [np.broadcast_shapes(vector.error.shape, vector.value.hi.shape) for vector in vectors]
            errors = [
                np.broadcast_to(vector.error, shape) for vector, shape in zip(vectors, shapes, strict=True)
            ]
            error = np.concatenate(errors, axis=-1)
        return RoundedArray(self.exact.join([vector.value for vector in vectors]), error, self.rounding)

    def split(self, vector: RoundedArray, sizes: Sequence[int]) -> list[RoundedArray]:
        """Undo `join`."""
        ends = np.cumsum(sizes)
        return [vector[..., end - size : end] for size, end in zip(sizes, ends, strict=True)]

    def total(self, vector: RoundedArray) -> RoundedArray:
        """Return the sum of the entries, from shape (K, m) to (K, 1)."""
        terms = vector.value.hi.shape[-1]
        ones = RoundedMatrix(
            DoubleDouble.exactly(np.ones((1, terms))), np.ones((1, terms)), np.zeros((1, terms))
        )
        absolute = abs(vector.value) @ ones.size.T
        passed_on = 0 * absolute if vector.error is NONE else vector.error @ ones.size.T
        return self._summed(self.exact.times(ones.value, vector.value), absolute, passed_on, terms)

    def entry(self, vector: RoundedArray, index: int) -> RoundedArray:
        """Return one coordinate, shape (K, 1)."""
        return vector[..., index : index + 1]

    def stack(self, numbers: Sequence[RoundedArray]) -> RoundedArray:
        """Return the vector of the given numbers, shape (K, len(numbers))."""
        error = np.concatenate(np.broadcast_arrays(*[number.error for number in numbers]), axis=-1)
        return RoundedArray(self.exact.stack([number.value for number in numbers]), error, self.rounding)

    def _summed(self, value: DoubleDouble, absolute: Floats, passed_on: Floats, terms: int) -> RoundedArray:
        """Return a sum of `terms` products with absolute sum `absolute`, whose operands err by `passed_on`."""
        rounding = self.rounding
        unit, growth = rounding.accumulation_unit, expm1((terms + 1) * log1p(rounding.accumulation_unit))
        error = absolute + passed_on
        error *= rounding.compound(1 + SPARE)
        error += passed_on
        error += dot_error(terms) * absolute
        error += terms * rounding.underflow + FLOOR
        largest = absolute + error
        partial = largest + abs(value)
        partial += error
        partial /= 2
        largest *= growth
        partial += largest
        partial *= terms * unit
        error += partial
        error += terms * rounding.underflow
        if self.wide_sums:
            error += rounding.unit * (abs(value) + error) + rounding.underflow
        return RoundedArray(value, error, rounding, open_sum=terms * unit * (1 + growth))

    def _narrowing(self, size: Floats) -> Floats:
        """Return by how much an operand of this size changes when it is rounded for a product."""
        narrowing: Floats = self.rounding.operand_unit * size + self.rounding.operand_underflow
        return narrowing

    def _conversion_error(self, value: DoubleDouble) -> Floats:
        inexact = ~representable(value, self.inputs)
        return inexact * (self.rounding.input_unit * abs(value) + self.rounding.input_underflow)


def _sum(first: Floats, second: Floats) -> Floats:
    """Return the sum of two errors."""
    if second is NONE:
        return first
    return second if first is NONE else first + second


def underflow_of(fmt: str) -> float:
    """Return ω: the smallest normal number, or for float16 half the smallest subnormal one."""
    form = BINARY_FORMATS[fmt]
    exponent = form.min_exponent - form.precision if form.name == "float16" else form.min_exponent
    return float(2.0**exponent)


def representable(value: DoubleDouble, dtype: str) -> NDArray[np.bool_]:
    """Tell which numbers a format holds exactly, subnormal numbers included."""
    form = BINARY_FORMATS[dtype]
    _, exponents = np.frexp(value.hi)
    units = np.maximum(exponents, form.min_exponent + 1) - form.precision
    scaled = np.ldexp(value.hi, -units)
    answer: NDArray[np.bool_] = (value.lo == 0) & (scaled == np.rint(scaled))
    return answer
