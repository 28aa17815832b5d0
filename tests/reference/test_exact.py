"""Exact numbers: what a text means, its one canonical form, and rounding to a binary format."""

from __future__ import annotations

import struct
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference.exact import (
    BINARY_FORMATS,
    MAXIMUM_DIGITS,
    ExactNumberError,
    number_text,
    parse_number,
    round_to_format,
)

finite_doubles = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("text", "numerator", "denominator"),
    [
        ("0.03", 3, 100),
        ("-12", -12, 1),
        ("+.5", 1, 2),
        ("5.", 5, 1),
        ("2.5e-3", 1, 400),
        ("1E+2", 100, 1),
        ("1/3", 1, 3),
        ("-4/6", -2, 3),
        ("0x1.8p-3", 3, 16),
        ("-0X.8P1", -1, 1),
        ("0x10", 16, 1),
        ("-0.0", 0, 1),
    ],
)
def test_parse_number_means_what_the_text_says(text: str, numerator: int, denominator: int) -> None:
    """Decimals, fractions and hexadecimal floats name the rational a reader computes by hand."""
    assert parse_number(text) == Fraction(numerator, denominator)


@given(finite_doubles)
def test_parse_number_reads_every_double_written_in_hexadecimal(value: float) -> None:
    """The text of `float.hex` names the dyadic number that the double is."""
    assert parse_number(value.hex()) == Fraction(value)


@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, min_value=Decimal("-1e300"), max_value=Decimal("1e300")
    )
)
def test_parse_number_reads_decimals_like_the_decimal_module(value: Decimal) -> None:
    """A decimal with or without exponent is the number that `decimal` reads."""
    assert parse_number(str(value)) == Fraction(value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " 1",
        "1 ",
        "1_000",
        "0,5",
        "nan",
        "inf",
        "1/2/3",
        "1/-2",
        "0.5/2",
        "e5",
        ".",
        "0x",
        "0x.p1",
        "1e",
        "١",
        "1e1.5",
    ],
)
def test_parse_number_refuses_what_is_no_number(text: str) -> None:
    """Blanks, separators, other scripts and half-written numbers are refused with the choices."""
    with pytest.raises(ExactNumberError, match=r"is no exact number; write a decimal"):
        parse_number(text)


def test_parse_number_refuses_division_by_zero() -> None:
    """A fraction with denominator zero is no number."""
    with pytest.raises(ExactNumberError, match="divides by zero"):
        parse_number("1/0")


@pytest.mark.parametrize(
    "text",
    [
        "9" * (MAXIMUM_DIGITS + 1),
        "1/1" + "0" * MAXIMUM_DIGITS,
        "1e4000",
        "1e-4000",
        "1e999999999999",
        "0x1p99999999",
        "0x1p-13300",
        "1" * 10**6,
    ],
)
def test_parse_number_refuses_numbers_too_long_to_handle(text: str) -> None:
    """No short text makes a number that fills the memory, and no long one is read at all."""
    with pytest.raises(ExactNumberError, match=r"too long a number; expected .* at most 4000 digits"):
        parse_number(text)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("0.030", "0.03"),
        ("-12.0", "-12"),
        ("2/8", "0.25"),
        ("1e3", "1000"),
        ("-0x1p-4", "-0.0625"),
        ("-0", "0"),
        ("2/6", "1/3"),
        ("-10/7", "-10/7"),
        ("1e-64", "0." + "0" * 63 + "1"),
        ("1e-65", "1/1" + "0" * 65),
    ],
)
def test_number_text_is_plain_where_it_ends_and_a_fraction_elsewhere(text: str, canonical: str) -> None:
    """Plain decimals up to 64 places, the reduced fraction otherwise, and no signed zero."""
    assert number_text(parse_number(text)) == canonical


@given(st.fractions())
def test_number_text_gives_the_number_back(value: Fraction) -> None:
    """The canonical text of a rational names that rational."""
    assert parse_number(number_text(value)) == value


@pytest.mark.parametrize("denominator", [1, 3, 2**64, 2**200, 10**3998])
def test_number_text_gives_the_longest_numbers_back(denominator: int) -> None:
    """At the bound on digits every canonical text can still be read."""
    value = Fraction(10**MAXIMUM_DIGITS - 7, denominator)
    assert parse_number(number_text(value)) == value


def test_number_text_refuses_what_could_not_be_read_again() -> None:
    """A number beyond the bound gets no text at all."""
    with pytest.raises(ExactNumberError, match="at most 4000 digits"):
        number_text(Fraction(10**MAXIMUM_DIGITS))


@given(finite_doubles)
@pytest.mark.parametrize("fmt", ["float32", "float16"])
def test_round_to_format_agrees_with_numpy(fmt: str, value: float) -> None:
    """numpy's conversion from double is rounded correctly too, subnormals and overflow included."""
    with np.errstate(all="ignore"):
        converted = np.float64(value).astype(fmt)
    if np.isinf(converted):
        with pytest.raises(ExactNumberError, match=f"overflows {fmt}"):
            round_to_format(Fraction(value), fmt)
    else:
        assert round_to_format(Fraction(value), fmt) == Fraction(float(converted))


@given(st.fractions(min_value=-(10**30), max_value=10**30))
def test_round_to_format_agrees_with_true_division(value: Fraction) -> None:
    """Python divides two integers to the nearest double, ties to even."""
    assert round_to_format(value, "float64") == Fraction(value.numerator / value.denominator)


@given(st.floats(width=32, allow_nan=False, allow_infinity=False, min_value=-(2.0**126), max_value=2.0**126))
def test_round_to_format_agrees_with_the_bits_of_bfloat16(value: float) -> None:
    """bfloat16 is the upper half of float32: adding 0x7fff and the last kept bit rounds to even."""
    (bits,) = struct.unpack(">I", struct.pack(">f", value))
    kept = (bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000
    (expected,) = struct.unpack(">f", struct.pack(">I", kept))
    assert round_to_format(Fraction(value), "bfloat16") == Fraction(expected)


@pytest.mark.parametrize(
    ("significand", "expected"),
    [(2**24 + 1, 2**24), (2**24 + 3, 2**24 + 4), (-(2**24) - 1, -(2**24)), (2**25 + 6, 2**25 + 8)],
)
def test_round_to_format_sends_ties_to_even(significand: int, expected: int) -> None:
    """Half-way cases of float32; rounding half away from zero would miss the first and third."""
    assert round_to_format(Fraction(significand), "float32") == expected


@pytest.mark.parametrize(("halves", "units"), [(1, 0), (2, 1), (3, 2), (5, 2), (7, 4)])
def test_round_to_format_rounds_below_the_normal_range(halves: int, units: int) -> None:
    """Halves of float64's smallest number 2^−1074 go to the even multiple of it."""
    assert round_to_format(Fraction(halves, 2**1075), "float64") == Fraction(units, 2**1074)


@pytest.mark.parametrize("fmt", sorted(BINARY_FORMATS))
def test_round_to_format_overflows_only_past_the_largest_number(fmt: str) -> None:
    """Half a unit above the largest finite number is the first value that overflows."""
    form = BINARY_FORMATS[fmt]
    end, unit = (
        Fraction(2) ** (form.max_exponent + 1),
        Fraction(2) ** (form.max_exponent - form.precision + 1),
    )
    assert round_to_format(end - unit / 2 - Fraction(1, 3), fmt) == end - unit
    with pytest.raises(ExactNumberError, match=f"near -2.* overflows {fmt}"):
        round_to_format(unit / 2 - end, fmt)


def test_round_to_format_leaves_exact_numbers_alone() -> None:
    """The format `exact` rounds nothing."""
    assert round_to_format(Fraction(1, 3), "exact") == Fraction(1, 3)


def test_round_to_format_names_the_formats_it_knows() -> None:
    """An unknown format is refused with the choices."""
    with pytest.raises(ExactNumberError, match=r"no format `float8`; expected one of `exact`, `float64`"):
        round_to_format(Fraction(1), "float8")
