"""Quadratic forms in three variables whose entries are polynomials in one parameter.

What the proof in `reference.error_norm` is made of: linear functionals of (n, p, s) with polynomial
coefficients, their weighted squares as symmetric matrices, and the leading minors of such a matrix.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from flint import fmpq

__all__ = ["Entry", "Functional", "exact", "floats", "horner", "minors", "plus", "square", "sum_of", "times"]

Functional = tuple[Any, Any, Any]  # coefficients of (n, p, s), polynomials in a
Entry = Any


def exact(value: float | Fraction) -> Any:
    """Return the rational a float or Fraction is."""
    value = Fraction(value)
    return fmpq(value.numerator, value.denominator)


def plus(left: Functional, right: Functional) -> Functional:
    """Return the sum of two linear functionals."""
    return (left[0] + right[0], left[1] + right[1], left[2] + right[2])


def times(factor: Any, functional: Functional) -> Functional:
    """Return a multiple of a linear functional."""
    return (factor * functional[0], factor * functional[1], factor * functional[2])


def square(weight: Any, functional: Functional) -> list[list[Entry]]:
    """Return the matrix of weight · functional²."""
    return [[weight * left * right for right in functional] for left in functional]


def sum_of(*forms: list[list[Entry]]) -> list[list[Entry]]:
    """Return the sum of 3 × 3 matrices."""
    first, *rest = forms
    result = [list(row) for row in first]
    for form in rest:
        result = [[result[i][j] + form[i][j] for j in range(3)] for i in range(3)]
    return result


def minors(m: list[list[Entry]]) -> list[Entry]:
    """Return the three leading principal minors of a symmetric 3 × 3 matrix."""
    second = m[0][0] * m[1][1] - m[0][1] * m[0][1]
    third = (
        m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[1][2])
        - m[0][1] * (m[0][1] * m[2][2] - m[1][2] * m[0][2])
        + m[0][2] * (m[0][1] * m[1][2] - m[1][1] * m[0][2])
    )
    return [m[0][0], second, third]


def floats(polynomial: Any) -> list[float]:
    """Return the coefficients of a rational polynomial as floats, lowest power first."""
    return [int(c.p) / int(c.q) for c in polynomial.coeffs()]


def horner(coefficients: list[float], a: float) -> float:
    """Return the polynomial's value at a."""
    value = 0.0
    for coefficient in reversed(coefficients):
        value = value * a + coefficient
    return value
