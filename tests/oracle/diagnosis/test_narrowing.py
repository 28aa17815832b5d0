"""Rounding to a narrower format, against exact rational arithmetic."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from oracle.diagnosis.narrowing import narrow, rounded_to
from oracle.error_free import DoubleDouble
from oracle.records.candidate import Declaration
from oracle.rounding import RoundedArithmetic
from reference.exact import BINARY_FORMATS, ExactNumberError, round_to_format

FORMATS = ("float64", "float32", "bfloat16", "float16", "tfloat32")


def sample(fmt: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return numbers of all sizes, ties among them."""
    raw = np.random.PCG64(7)
    mantissas = np.array([raw.random_raw() % 2**20 for _ in range(400)], dtype=np.float64)
    exponents = np.array([raw.random_raw() % 60 for _ in range(400)]) - 45
    ties = 1 + (2 * np.arange(50) + 1) * 2.0 ** -BINARY_FORMATS[fmt].precision
    return np.concatenate([np.ldexp(mantissas, exponents), -np.ldexp(mantissas, exponents), ties])


@pytest.mark.parametrize("fmt", FORMATS)
def test_rounding_is_that_of_exact_rationals(fmt: str) -> None:
    """Every number goes where exact rational arithmetic puts it, ties to even, subnormal numbers too."""
    for value in sample(fmt):
        try:
            expected = float(round_to_format(Fraction(float(value)), fmt))
        except ExactNumberError:
            expected = float(np.copysign(np.inf, value))
        assert rounded_to(np.array([value]), fmt)[0] == expected


def test_certain_rounding_is_exact_and_uncertain_rounding_covers_both_neighbours() -> None:
    """An error that crosses no midpoint disappears; one that does leaves the distance of the neighbours."""
    arithmetic = RoundedArithmetic(Declaration(dtype="float64"))
    value = np.array([[1.003, 1.0 + 2.0**-8]])  # the second lies half way between two bfloat16 numbers
    array = replace(arithmetic.recorded(value), error=np.full_like(value, 1e-6))
    found = narrow(array, "bfloat16")
    assert found.value.hi[0, 0] == 1.0
    assert found.error[0, 0] == 0
    assert found.error[0, 1] == 2.0**-7


def test_low_part_decides_a_tie() -> None:
    """What a double-double holds below float64 takes part in the rounding error, not silently lost."""
    arithmetic = RoundedArithmetic(Declaration(dtype="float64"))
    tie = arithmetic.recorded(np.array([[1.0 + 2.0**-8]]))
    above = replace(tie, value=DoubleDouble(tie.value.hi, np.array([[2.0**-60]])))
    found = narrow(above, "bfloat16")
    assert abs(found.value.hi[0, 0] - (1 + 2.0**-7)) <= found.error[0, 0]
