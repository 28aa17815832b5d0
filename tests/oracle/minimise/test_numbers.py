"""Simpler numbers are simpler, roundings are nearest, and the shortest text still means the number."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle.minimise.numbers import rank, rounded_to_bits, short_text, significant_digits, simpler
from reference.exact import BINARY_FORMATS, parse_number, round_to_format

RATIONALS = st.fractions(max_denominator=10**9)
DYADICS = st.builds(
    lambda m, e: Fraction(m) * Fraction(2) ** e, st.integers(-(2**24), 2**24), st.integers(-60, 60)
)


@given(RATIONALS | DYADICS, st.sampled_from(["exact", *BINARY_FORMATS]))
def test_proposals_are_simpler_numbers_of_the_format(value: Fraction, fmt: str) -> None:
    """Each comes earlier in the one order, so replacing must end; they are tried in that order."""
    proposed = simpler(value, fmt)
    assert all(rank(other) < rank(value) for other in proposed)
    assert proposed == sorted(proposed, key=rank)
    assert all(round_to_format(other, fmt) == other for other in proposed)


def test_a_format_is_overfilled_only_by_wider_ones() -> None:
    """257 needs nine bits: it is no proposal for a bfloat16 number, and one for a float16 number."""
    value = Fraction(0.03)
    assert Fraction(257) not in simpler(value, "bfloat16")
    assert Fraction(257) in simpler(value, "float16")


def test_decimals_are_proposed_where_numbers_need_not_be_binary() -> None:
    """0.03 stands in for 0.0299999993 only where the spec rounds it anyway."""
    value = Fraction("0.0299999993")
    assert Fraction("0.03") in simpler(value, "exact")
    assert Fraction("0.03") not in simpler(value, "float64")


@given(DYADICS, st.integers(1, 30))
def test_rounding_to_bits_is_nearest(value: Fraction, bits: int) -> None:
    """At most half a unit of the last bit kept, and no more bits than asked for."""
    rounded = rounded_to_bits(value, bits)
    assert (
        abs(rounded.numerator >> ((rounded.numerator & -rounded.numerator).bit_length() or 1) - 1) < 2**bits
    )
    assert abs(rounded - value) * 2**bits <= abs(value)


@given(RATIONALS | DYADICS)
def test_short_text_means_the_number(value: Fraction) -> None:
    """A spec reads it back exactly."""
    assert parse_number(short_text(value)) == value


@pytest.mark.parametrize(
    ("value", "text", "digits"),
    [
        ("0", "0", 1),
        ("0.5", "1/2", 2),
        ("0.3", "0.3", 1),
        ("1e-9", "1e-9", 1),
        ("-120000", "-1.2e5", 2),
        ("1/2048", "1/2048", 5),
        ("257", "257", 3),
    ],
)
def test_shortest_text_and_its_digits(value: str, text: str, digits: int) -> None:
    """Fraction, decimal or power of ten, whichever is shortest; outer zeros are no digits."""
    assert short_text(parse_number(value)) == text
    assert significant_digits(parse_number(value)) == digits


def test_order_begins_with_the_numbers_of_a_hand_written_case() -> None:
    """0, 1, −1, ½, 2, 3, −½, … and a number of float32 precision far behind."""
    texts = ["0", "1", "-1", "1/2", "2", "3", "-1/2", "257"]
    assert sorted(sorted(texts), key=lambda text: rank(Fraction(text))) == texts
    assert rank(Fraction(0.03)) > rank(Fraction(257))
