"""X and y are converted once for each problem, rightly, and forgotten with it."""

from __future__ import annotations

import gc
from fractions import Fraction

import numpy as np
import pytest

from oracle import given_data as module
from oracle.given_data import given_data
from reference.case import Regression

THIRD = Fraction(1, 3)


def problem(first: Fraction = THIRD) -> Regression:
    """Return two samples of two coordinates."""
    return Regression(
        ((first, Fraction(2)), (Fraction(-5), Fraction(0))), (Fraction(1, 8), THIRD), "sum_square"
    )


def test_data_are_the_rationals_to_double_double() -> None:
    """hi is the nearest float64 and hi + lo is within 2⁻¹⁰⁶ of the number."""
    data = given_data(problem())
    assert data.X.hi.tolist() == [[1 / 3, 2.0], [-5.0, 0.0]]
    assert data.y.hi.tolist() == [[0.125, 1 / 3]]
    assert abs(Fraction(data.X.hi[0, 0]) + Fraction(data.X.lo[0, 0]) - THIRD) <= THIRD / 2**106
    assert data.X.lo[0, 0] != 0
    assert data.largest == 5.0


def test_one_problem_is_converted_once_and_an_equal_one_by_itself() -> None:
    """The same object gives the same arrays, which cannot be written to."""
    one, other = problem(), problem()
    assert given_data(one) is given_data(one)
    assert given_data(one) is not given_data(other)
    with pytest.raises(ValueError, match="read-only"):
        given_data(one).X.hi[0, 0] = 1.0


def test_problem_in_the_place_of_another_gets_its_own_data() -> None:
    """Objects that come and go, and may share an address, are never taken for one another."""
    for k in range(1, 200):
        assert given_data(problem(Fraction(k))).X.hi[0, 0] == k


def test_nothing_is_kept_for_problems_that_are_gone() -> None:
    """What was made of a problem goes with it."""
    gc.collect()
    before = len(module._KEPT)
    problems = [problem(Fraction(k)) for k in range(1, 20)]
    assert all(np.isfinite(given_data(one).largest) for one in problems)
    assert len(module._KEPT) == before + 19
    del problems
    gc.collect()
    assert len(module._KEPT) == before
