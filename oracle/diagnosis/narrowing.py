"""Rounding to a narrower format as an operation of the replay: exact wherever the result is certain.

A number known as v ± e rounds to round(v) for certain where no midpoint of neighbours lies within e of v;
the result is then exact, e = 0.  Elsewhere it is one of the numbers that v − e and v + e round to.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from oracle.error_free import DoubleDouble, Floats
from oracle.rounding import RoundedArray, RoundedMatrix
from reference.exact import BINARY_FORMATS

__all__ = ["narrow", "narrow_matrix", "rounded_to"]


def rounded_to(values: Floats, fmt: str) -> Floats:
    """Return float64 values rounded to nearest, ties to even, in a binary format; beyond its range infinite.

    Parameters
    ----------
    values : float64, any shape
    fmt : str
        A name in `reference.exact.BINARY_FORMATS`.
    """
    form = BINARY_FORMATS[fmt]
    with np.errstate(all="ignore"):
        _, exponents = np.frexp(values)
        units = np.maximum(exponents, form.min_exponent + 1) - form.precision
        result: Floats = np.ldexp(np.rint(np.ldexp(values, -units)), units)
        beyond = np.abs(result) > np.ldexp(2.0 - 2.0 ** (1 - form.precision), form.max_exponent)
        result = np.where(beyond, np.copysign(np.inf, values), result)
    return np.where(np.isfinite(values), result, values)


def narrow(array: RoundedArray, fmt: str) -> RoundedArray:
    """Return the array rounded to a format."""
    with np.errstate(all="ignore"):
        value = array.value.hi + array.value.lo
        error = array.bound() + (array.value.lo != 0) * 2.0**-52 * np.abs(value)  # of that sum
        middle = rounded_to(value, fmt)
        low, high = rounded_to(value - error, fmt), rounded_to(value + error, fmt)
        spread = np.maximum(np.abs(high - middle), np.abs(middle - low))
    return replace(array, value=DoubleDouble(middle, np.zeros_like(middle)), error=spread)


def narrow_matrix(matrix: RoundedMatrix, fmt: str) -> RoundedMatrix:
    """Return the matrix with every entry rounded to a format."""
    value = rounded_to(matrix.value.hi + matrix.value.lo, fmt)
    return RoundedMatrix(DoubleDouble(value, np.zeros_like(value)), np.abs(value), np.zeros_like(value))
