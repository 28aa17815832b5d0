"""Error-free transformations and double-doubles, against exact rationals."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle.error_free import DoubleDouble, DoubleDoubleArithmetic, dot_error, two_prod, two_sum

NUMBERS = st.floats(-(2.0**300), 2.0**300, allow_nan=False).filter(lambda x: x == 0 or abs(x) > 2.0**-300)
RATIONALS = st.fractions(-(10**6), 10**6, max_denominator=10**9)


def as_array(value: float) -> np.ndarray:
    """Return one number as an array, shape (1, 1)."""
    return np.array([[value]])


def exact(value: DoubleDouble) -> Fraction:
    """Return the sum hi + lo of a single number."""
    return Fraction(float(value.hi.ravel()[0])) + Fraction(float(value.lo.ravel()[0]))


@given(a=NUMBERS, b=NUMBERS)
def test_two_sum_and_two_prod_lose_nothing(a: float, b: float) -> None:
    """s + e = a + b and p + e = a·b as rationals."""
    for transform, truth in ((two_sum, Fraction(a) + Fraction(b)), (two_prod, Fraction(a) * Fraction(b))):
        result, error = transform(as_array(a), as_array(b))
        assert Fraction(float(result[0, 0])) + Fraction(float(error[0, 0])) == truth


@given(a=RATIONALS, b=RATIONALS)
def test_operations_keep_their_stated_error(a: Fraction, b: Fraction) -> None:
    """Conversion 2^-106, sums 2^-104 and products 2^-103, relative to exact results on the operands."""
    arithmetic = DoubleDoubleArithmetic()
    x, y = arithmetic.number(a), arithmetic.number(b)
    assert abs(exact(x) - a) <= Fraction(1, 2**106) * abs(a)
    total, product = exact(x) + exact(y), exact(x) * exact(y)
    assert abs(exact(x + y) - total) <= Fraction(1, 2**104) * abs(total)
    assert abs(exact(x - y) - (exact(x) - exact(y))) <= Fraction(1, 2**104) * abs(exact(x) - exact(y))
    assert abs(exact(x * y) - product) <= Fraction(1, 2**103) * abs(product)


def drop_low(value: DoubleDouble) -> DoubleDouble:
    """Plant a fault: the low part is lost."""
    return DoubleDouble(value.hi, np.zeros_like(value.lo))


@pytest.mark.parametrize(("spoil", "passes"), [(lambda x: x, True), (drop_low, False)])
def test_products_with_a_matrix_keep_their_stated_error(
    spoil: Callable[[DoubleDouble], DoubleDouble], passes: bool
) -> None:
    """|computed − exact| ≤ dot_error(m) Σ|x θ|, although the sums cancel; without low parts it is not."""
    numbers = np.random.default_rng(4)
    rows = [[Fraction(float(x)) / 3 for x in row] for row in numbers.standard_normal((5, 60))]
    theta = [Fraction(float(x)) / 7 for x in numbers.standard_normal(60)]
    arithmetic = DoubleDoubleArithmetic()
    matrix, vector = arithmetic.matrix(rows), arithmetic.vector(theta)
    computed = spoil(arithmetic.times(matrix, vector))
    within = []
    for i, row in enumerate(rows):
        truth = sum((x * t for x, t in zip(row, theta, strict=True)), start=Fraction(0))
        size = sum((abs(x * t) for x, t in zip(row, theta, strict=True)), start=Fraction(0))
        conversion = Fraction(3, 2**106) * size
        within.append(
            abs(exact(computed[..., i : i + 1]) - truth) <= Fraction(dot_error(60)) * size + conversion
        )
    assert all(within) is passes
