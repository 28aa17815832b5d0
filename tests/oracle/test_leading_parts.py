"""The rounding model on float64 values: float64's own arithmetic, and bounds like those of double-double."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from oracle.error_free import DoubleDouble
from oracle.leading_parts import FloatArithmetic, LeadingArithmetic, LeadingPart
from oracle.records.candidate import Declaration
from oracle.rounding import NONE, RoundedArithmetic, RoundedArray, Rounding

DECLARATION = Declaration(dtype="float32")


def arithmetic() -> FloatArithmetic:
    """Return the model of a run in float32."""
    return FloatArithmetic(DECLARATION, Rounding.of(DECLARATION), LeadingArithmetic())


def test_operations_are_those_of_float64() -> None:
    """Sum, difference, product, sign and size are numpy's on the leading parts."""
    values = np.random.default_rng(0).normal(size=(2, 3, 4))
    a, b = (LeadingPart.exactly(value) for value in values)
    x, y = values
    for found, expected in ((a + b, x + y), (a - b, x - y), (a * b, x * y), (-a, -x)):
        assert isinstance(found, LeadingPart)
        assert (found.hi == expected).all()
    assert (abs(a) == np.abs(x)).all()


def test_numbers_keep_what_tells_which_format_holds_them() -> None:
    """1/3 leaves a remainder and enters with an error, 1/8 without one, alone and joined."""
    made = arithmetic()
    third, eighth = made.vector([Fraction(1, 3)]), made.vector([Fraction(1, 8)])
    assert third.error[0, 0] == pytest.approx(2.0**-24 / 3)
    assert eighth.error is NONE
    joined = made.join([third, eighth])
    assert joined.error.tolist() == [[third.error[0, 0], 0.0]]
    assert joined.value.lo[0, 0] == third.value.lo[0, 0] != 0


@pytest.mark.parametrize("kind", ["exact", "carrying errors"])
def test_bounds_are_those_of_double_double(kind: str) -> None:
    """A recurrence's worth of operations gives the same bounds, to what float64 makes of the values."""
    rng = np.random.default_rng(1)
    values, widths = rng.normal(size=(3, 5)), np.abs(rng.normal(size=(3, 5)))
    rows = [[Fraction(float(x)) for x in row] for row in rng.normal(size=(4, 5))]

    def step(made: RoundedArithmetic) -> RoundedArray:
        position = made.recorded(values)
        if kind != "exact":
            position = position.widened(1e-6 * widths)
        matrix = made.matrix(rows)
        r = made.times(matrix, position * position) - made.vector([row[0] for row in rows])
        return position - made.number(Fraction(1, 3)) * (position * made.transposed_times(matrix, r))

    found, expected = step(arithmetic()), step(RoundedArithmetic(DECLARATION))
    assert isinstance(expected.value, DoubleDouble)
    np.testing.assert_allclose(found.bound(), expected.bound(), rtol=1e-9)
    np.testing.assert_allclose(found.value.hi, expected.value.hi, rtol=0, atol=1e-6 * expected.bound().min())
