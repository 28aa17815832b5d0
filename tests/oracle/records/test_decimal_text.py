"""The one spelling of decimal numbers."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oracle.records.decimal_text import decimal_text, grid_row, parse_decimal, radius_texts, value_texts
from reference.decimal_grid import GridRow

INTEGERS = st.integers(-(10**60), 10**60) | st.integers(-100, 100)
PLACES = st.integers(-80, 400)
# the same examples every time, however busy the machine
REPEATABLE = settings(derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize(
    ("integer", "places", "text"),
    [
        (0, 7, "0"),
        (25, 2, "0.25"),
        (-2500, 4, "-0.25"),
        (13, 5, "0.00013"),
        (13, 6, "1.3e-5"),
        (-5, 42, "-5e-42"),
        (12, -2, "1200"),
        (1, -15, "1000000000000000"),
        (1, -16, "1e16"),
        (12345678901234567, 0, "1.2345678901234567e16"),
        (12345678901234567, 1, "1234567890123456.7"),
    ],
)
def test_spelling_follows_the_stated_rule(integer: int, places: int, text: str) -> None:
    """Plain for −4 ≤ E < 16, scientific otherwise, no trailing zeros."""
    assert decimal_text(integer, places) == text


@REPEATABLE
@given(INTEGERS, PLACES)
def test_text_is_exactly_the_number(integer: int, places: int) -> None:
    """Python's own reading of the text gives integer·10^−places."""
    assert Fraction(decimal_text(integer, places)) == integer * Fraction(10) ** -places


@REPEATABLE
@given(INTEGERS, PLACES, st.integers(0, 30))
def test_equal_numbers_have_one_text(integer: int, places: int, zeros: int) -> None:
    """A finer unit spells the same number the same way."""
    assert decimal_text(integer * 10**zeros, places + zeros) == decimal_text(integer, places)


@REPEATABLE
@given(INTEGERS, PLACES)
def test_parsing_gives_the_number_back(integer: int, places: int) -> None:
    """Parse ∘ spell is the identity on numbers."""
    found, found_places = parse_decimal(decimal_text(integer, places))
    assert found * Fraction(10) ** -found_places == integer * Fraction(10) ** -places


@pytest.mark.parametrize(
    "text",
    ["0.250", "00.25", ".25", "2.5e-1", "1E20", "1e+20", "-0", "+1", "0x1p3", "1/3", "nan", "", "1e999999"],
)
def test_other_spellings_are_refused(text: str) -> None:
    """A text that is not the one spelling cannot stand in a golden."""
    with pytest.raises(ValueError, match=r"not a decimal number|spelled otherwise"):
        parse_decimal(text)


def test_radii_are_half_units() -> None:
    """0, 1 and 3 half units of 10⁻⁴¹."""
    assert radius_texts(GridRow(41, (7, 8, 9), (0, 1, 3))) == ["0", "5e-42", "1.5e-41"]


def test_row_comes_back_on_its_own_grid() -> None:
    """A row with an undivided half unit is on the coarsest grid already."""
    row = GridRow(41, (10**40, -3, 0), (1, 1, 2))
    assert grid_row(value_texts(row), radius_texts(row)) == row


def test_exact_row_comes_back_on_the_coarsest_grid() -> None:
    """0.25 and 3 kept to 40 places come back with two."""
    row = GridRow(40, (25 * 10**38, 3 * 10**40), (0, 0))
    assert grid_row(value_texts(row), radius_texts(row)) == GridRow(2, (25, 300), (0, 0))


def test_negative_radius_is_refused() -> None:
    """A radius is no signed number."""
    with pytest.raises(ValueError, match="a radius is negative"):
        grid_row(["1"], ["-0.5"])
