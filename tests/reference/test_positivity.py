"""Positivity proofs: what is positive is proved, what is not never is."""

from __future__ import annotations

from fractions import Fraction

import pytest
from flint import fmpq
from hypothesis import given
from hypothesis import strategies as st

from reference.positivity import positive_on

ROOTS = st.fractions(min_value=0, max_value=3, max_denominator=50)


def coefficients_of(*values: Fraction | int) -> list[fmpq]:
    """Return rational coefficients, lowest power first."""
    return [fmpq(value.numerator, value.denominator) for value in values]


@given(root=ROOTS)
def test_positive_on_proves_a_square_lifted_above_zero(root: Fraction) -> None:
    """(a − r)² + 1/1000 > 0 on [0, 3], however close the minimum comes to zero."""
    square = coefficients_of(root**2, -2 * root, 1)
    square[0] += fmpq(1, 1000)
    assert positive_on(square, fmpq(3))


@given(root=ROOTS)
def test_positive_on_never_proves_a_square_sunk_below_zero(root: Fraction) -> None:
    """(a − r)² − 1/1000 < 0 at a = r, so there is nothing to prove."""
    square = coefficients_of(root**2, -2 * root, 1)
    square[0] -= fmpq(1, 1000)
    assert not positive_on(square, fmpq(3))


@pytest.mark.parametrize("coefficients", [[fmpq(0)], [fmpq(0), fmpq(1)], [fmpq(-1)], [fmpq(3), fmpq(-1)]])
def test_positive_on_is_strict_at_both_ends(coefficients: list[fmpq]) -> None:
    """Zero at an end of the closed interval [0, 3] is not positive."""
    assert not positive_on(coefficients, fmpq(3))


def test_positive_on_a_point_looks_at_the_constant_alone() -> None:
    """On [0, 0] the polynomial 1 − 5a is 1."""
    assert positive_on([fmpq(1), fmpq(-5)], fmpq(0))
