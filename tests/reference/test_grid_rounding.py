"""Correct rounding to the decimal grid, against exact rationals."""

from __future__ import annotations

from fractions import Fraction

import pytest
from flint import arb, fmpq
from hypothesis import given
from hypothesis import strategies as st

from reference.balls import ball, ball_precision
from reference.decimal_grid import GridRow
from reference.grid_rounding import coarse_row, exact_row, missing_bits, rounded_row

VALUES = st.fractions(min_value=-(10**6), max_value=10**6, max_denominator=10**9).filter(bool)


def balls_around(values: list[Fraction], radius: Fraction) -> list[arb]:
    """Return balls with the given radius around rationals, at the precision in force."""
    spread = ball(radius).abs_upper()
    return [arb(ball(value), spread) for value in values]


def decided(balls: list[arb], digits: int) -> GridRow:
    """Return a rounded row that has to be decided."""
    row = rounded_row(balls, digits)
    assert row is not None
    return row


@given(values=st.lists(VALUES, min_size=1, max_size=5), digits=st.integers(15, 60))
def test_rounded_row_is_the_nearest_multiple(values: list[Fraction], digits: int) -> None:
    """|N·10^−places − value| ≤ ½·10^−places, and the half unit is at most 10^−digits of the largest."""
    with ball_precision(600):
        row = rounded_row(balls_around(values, Fraction(1, 2**500)), digits)
    if row is None:  # a value within 2^-500 of a rounding boundary
        return
    unit = Fraction(10) ** -row.places
    assert all(
        abs(n * unit - v) <= unit / 2 + Fraction(1, 2**499) for n, v in zip(row.integers, values, strict=True)
    )
    assert unit / 2 <= Fraction(10) ** -digits * max(map(abs, values)) < 10 * unit
    assert row.half_units == (1,) * len(values)


def test_rounded_row_does_not_depend_on_the_precision() -> None:
    """The same value enclosed at 200 and at 400 bits, off centre, gives the same integers."""
    third = Fraction(1, 3)
    rows = []
    for bits in (200, 400):
        with ball_precision(bits):
            rows.append(decided([ball(third) + arb(0, arb(2) ** (10 - bits)) / 3], 40))
    first, second = rows
    assert first == second
    assert first.integers == (round(third * Fraction(10) ** first.places),)


def test_rounded_row_is_undecided_on_a_boundary() -> None:
    """A ball around exactly half a unit cannot be rounded."""
    with ball_precision(300):
        tie = ball(Fraction(1) + Fraction(5, 10**41))
        assert rounded_row([tie + arb(0, arb(2) ** -250)], 40) is None


@pytest.mark.parametrize("value", [Fraction(1), Fraction(10), Fraction(1, 10), Fraction(999999, 1000000)])
def test_places_follow_the_largest_magnitude(value: Fraction) -> None:
    """10^(digits − places) ≤ |value| < 10^(digits − places + 1)."""
    with ball_precision(300):
        row = decided([ball(value)], 30)
    exponent = 30 - row.places
    assert Fraction(10) ** exponent <= value < Fraction(10) ** (exponent + 1)


def test_zero_rows_are_exact() -> None:
    """A row of exact zeros has radius zero and needs no precision."""
    assert missing_bits([arb(0), arb(0)], 40) == 0
    assert decided([arb(0), arb(0)], 40).half_units == (0, 0)
    assert exact_row([Fraction(0)], 40).half_units == (0,)


def test_exact_row_marks_multiples_of_the_unit_exact() -> None:
    """1/4 is a multiple of 10^-16; 1/3 is not and is rounded."""
    row = exact_row([Fraction(1, 4), Fraction(1, 3)], 15)
    assert row.half_units == (0, 1)
    assert row.integers == (10**row.places // 4, round(Fraction(10**row.places, 3)))


@pytest.mark.parametrize("short", [10, 50, 90])
def test_missing_bits_asks_for_what_is_missing(short: int) -> None:
    """A radius `short` bits too wide misses about that many, beyond the safety margin."""
    with ball_precision(400):
        radius = ball(Fraction(1, 10**40)) * arb(2) ** (short - 30)
        missing = missing_bits([ball(Fraction(3, 2)) + arb(0, radius)], 40)
    assert short - 2 <= missing <= short + 2


@given(value=VALUES, exponent=st.integers(5, 60))
def test_coarse_row_contains_the_ball(value: Fraction, exponent: int) -> None:
    """The published value ± 3 half units covers the ball, whatever digits are left."""
    radius = Fraction(1, 2**exponent)
    with ball_precision(300):
        row, kept = coarse_row(balls_around([value], radius), 40)
    unit = Fraction(10) ** -row.places
    assert abs(row.integers[0] * unit - value) + radius <= 3 * unit / 2 * (1 + Fraction(1, 2**20))
    assert kept < 40
    assert kept == 0 or 3 * unit / 2 <= Fraction(10) ** -kept * abs(value)


def test_fmpq_is_what_balls_are_built_from() -> None:
    """A dyadic enters exactly, 1/3 as a ball that contains it."""
    with ball_precision(64):
        assert ball(Fraction(3, 8)).is_exact()
        assert ball(Fraction(1, 3)).contains(fmpq(1, 3))


@pytest.mark.parametrize("gap", [30, 44, 45, 46, 47, 60, 200])
def test_rounded_row_next_to_a_power_of_ten_does_not_depend_on_the_precision(gap: int) -> None:
    """1 − 10^-gap from below: enclosures of different widths choose the same grid and integers."""
    value = 1 - Fraction(1, 10**gap)
    rows = []
    for bits in (190, 300, 900):
        with ball_precision(bits):
            rows.append(decided([ball(value) + arb(0, arb(2) ** (12 - bits))], 40))
    assert rows[0] == rows[1] == rows[2]
    assert rows[0].integers[0] == round(value * Fraction(10) ** rows[0].places)


def test_rounded_row_of_a_value_that_may_be_zero_is_undecided() -> None:
    """A ball around zero has no largest magnitude to be relative to."""
    with ball_precision(100):
        assert rounded_row([arb(0, arb(2) ** -90)], 15) is None
