"""Exact rational numbers: how they are written, and how a binary format rounds them.

A number enters as text and means exactly what it says; a hexadecimal float names the dyadic
number it is.  Nothing here passes through a binary float.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

__all__ = [
    "BINARY_FORMATS",
    "MAXIMUM_DIGITS",
    "BinaryFormat",
    "ExactNumberError",
    "number_text",
    "parse_number",
    "round_to_format",
]

MAXIMUM_DIGITS = 4000  # Python itself refuses longer decimal integers, by default from 4300 digits on
MAXIMUM_LENGTH = 2 * MAXIMUM_DIGITS + 2  # of a text: sign, numerator, solidus, denominator
PLAIN_PLACES = 64  # a rational that ends within so many decimals is written out, any other as p/q

MAXIMUM_EXPONENT = 4 * MAXIMUM_DIGITS  # in base 2 as in base 10; the digits decide in the end

LIMIT = 10**MAXIMUM_DIGITS
DECIMAL = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]+))?")
HEXADECIMAL = re.compile(r"([+-]?)0[xX]([0-9a-fA-F]*)(?:\.([0-9a-fA-F]*))?(?:[pP]([+-]?[0-9]+))?")
FRACTION = re.compile(r"([+-]?[0-9]+)/([0-9]+)")


class ExactNumberError(ValueError):
    """A text is no exact number, or a number does not fit where it was to go."""


@dataclass(frozen=True)
class BinaryFormat:
    """An IEEE 754 style format with subnormal numbers.

    Parameters
    ----------
    name : str
    precision : int
        Bits of the significand, the hidden one included.
    min_exponent, max_exponent : int
        Normal numbers are ±m · 2^e with 1 ≤ m < 2 and min_exponent ≤ e ≤ max_exponent.
    """

    name: str
    precision: int
    min_exponent: int
    max_exponent: int


BINARY_FORMATS = {
    form.name: form
    for form in (
        BinaryFormat("float64", 53, -1022, 1023),
        BinaryFormat("float32", 24, -126, 127),
        BinaryFormat("bfloat16", 8, -126, 127),
        BinaryFormat("float16", 11, -14, 15),
        BinaryFormat("tfloat32", 11, -126, 127),  # what tensor cores take of a float32 operand
    )
}


def parse_number(text: str) -> Fraction:
    """Return the rational that a text names exactly.

    Parameters
    ----------
    text : str
        A decimal (``"0.03"``, ``"-2.5e-7"``), a fraction (``"1/3"``) or a hexadecimal float
        (``"0x1.8p-3"``), without blanks.

    Returns
    -------
    Fraction

    Raises
    ------
    ExactNumberError
        If the text is none of these, divides by zero, or its numerator or denominator has more
        than `MAXIMUM_DIGITS` digits.
    """
    if len(text) > MAXIMUM_LENGTH:
        raise _too_large(text)
    if match := FRACTION.fullmatch(text):
        return _bounded(_ratio(text, *match.groups()), text)
    if match := HEXADECIMAL.fullmatch(text):
        return _bounded(_positional(text, match, base=16, exponent_base=2), text)
    if match := DECIMAL.fullmatch(text):
        return _bounded(_positional(text, match, base=10, exponent_base=10), text)
    raise _unreadable(text)


def number_text(value: Fraction) -> str:
    """Return the one canonical text of a rational.

    Plain decimal digits when the expansion ends within `PLAIN_PLACES` decimals (``"0.03"``,
    ``"-12"``), otherwise the reduced fraction (``"1/3"``).  Equal numbers get equal texts, and
    `parse_number` gives the number back.

    Raises
    ------
    ExactNumberError
        If numerator or denominator has more than `MAXIMUM_DIGITS` digits.
    """
    if abs(value.numerator) >= LIMIT or value.denominator >= LIMIT:
        raise ExactNumberError(
            f"a number has {max(abs(value.numerator), value.denominator).bit_length()} bits, "
            f"expected numerator and denominator of at most {MAXIMUM_DIGITS} digits"
        )
    places = _decimal_places(value.denominator)
    if places is None:
        return f"{value.numerator}/{value.denominator}"
    digits = str(abs(value.numerator) * 10**places // value.denominator).zfill(places + 1)
    sign = "-" if value < 0 else ""
    return sign + (f"{digits[:-places]}.{digits[-places:]}" if places else digits)


def round_to_format(value: Fraction, fmt: str) -> Fraction:
    """Return the number of a binary format nearest to `value`, ties to the even significand.

    With 2^e ≤ |value| < 2^(e+1) the unit is 2^(max(e, min_exponent) − precision + 1), so numbers
    below the normal range are rounded to the subnormal ones.

    Parameters
    ----------
    value : Fraction
    fmt : str
        A name in `BINARY_FORMATS`, or ``"exact"``, which returns `value` itself.

    Raises
    ------
    ExactNumberError
        If the format is unknown, or the rounded value lies beyond its largest finite number.

    Source
    ------
    IEEE 754-2019, 4.3.1 (roundTiesToEven) and 7.4 (overflow is decided after rounding as if the
    exponent had no bound).  Zero has no sign here.
    """
    if fmt == "exact":
        return value
    if fmt not in BINARY_FORMATS:
        raise ExactNumberError(f"no format `{fmt}`; expected one of `exact`, {_format_names()}")
    if value == 0:
        return value
    form = BINARY_FORMATS[fmt]
    if _holds(form, value):
        return value
    exponent = max(_floor_log2(abs(value)), form.min_exponent)
    unit = Fraction(2) ** (exponent - form.precision + 1)
    rounded = round(value / unit) * unit
    if abs(rounded) >= Fraction(2) ** (form.max_exponent + 1):
        raise ExactNumberError(
            f"a number near {'-' if value < 0 else ''}2^{exponent} overflows {fmt}, whose numbers end "
            f"below 2^{form.max_exponent + 1}; use a smaller number or a wider format"
        )
    return rounded


def _ratio(text: str, numerator: str, denominator: str) -> Fraction:
    if max(len(numerator.lstrip("+-")), len(denominator)) > MAXIMUM_DIGITS:
        raise _too_large(text)
    if int(denominator) == 0:
        raise ExactNumberError(f'"{_shortened(text)}" divides by zero; write a denominator of at least 1')
    return Fraction(int(numerator), int(denominator))


def _positional(text: str, match: re.Match[str], *, base: int, exponent_base: int) -> Fraction:
    """Return sign · digits · base^−places · exponent_base^exponent."""
    sign, whole, decimals, exponent_text = match.groups()
    decimals, exponent_text = decimals or "", exponent_text or "0"
    digits = whole + decimals
    if not digits:
        raise _unreadable(text)
    # refused before it is computed: a short text can name a number that fills the memory
    if len(digits) > MAXIMUM_DIGITS + PLAIN_PLACES or len(exponent_text) > 6:
        raise _too_large(text)
    exponent = int(exponent_text)
    if abs(exponent) > MAXIMUM_EXPONENT:
        raise _too_large(text)
    signed = -int(digits, base) if sign == "-" else int(digits, base)
    scale: int = exponent_base ** abs(exponent)
    unit: int = base ** len(decimals)
    return Fraction(signed * scale, unit) if exponent >= 0 else Fraction(signed, unit * scale)


def _bounded(value: Fraction, text: str) -> Fraction:
    if abs(value.numerator) >= LIMIT or value.denominator >= LIMIT:
        raise _too_large(text)
    return value


def _decimal_places(denominator: int) -> int | None:
    """Return the decimals of 1/denominator, or None where they do not end within `PLAIN_PLACES`."""
    if 10**PLAIN_PLACES % denominator:
        return None
    return next(places for places in range(PLAIN_PLACES + 1) if 10**places % denominator == 0)


def _holds(form: BinaryFormat, value: Fraction) -> bool:
    """Tell of a rational other than zero whether it is m/2^k with few enough bits, inside the format's range."""
    places = value.denominator.bit_length() - 1
    bits = abs(value.numerator).bit_length()
    return (
        value.denominator == 1 << places
        and bits <= form.precision
        and places <= form.precision - 1 - form.min_exponent
        and bits - 1 - places <= form.max_exponent
    )


def _floor_log2(value: Fraction) -> int:
    """Return e with 2^e ≤ value < 2^(e+1), for value > 0."""
    estimate = value.numerator.bit_length() - value.denominator.bit_length()
    return estimate if value >= Fraction(2) ** estimate else estimate - 1


def _too_large(text: str) -> ExactNumberError:
    return ExactNumberError(
        f'"{_shortened(text)}" ({len(text)} characters) is too long a number; expected numerator and '
        f"denominator of at most {MAXIMUM_DIGITS} digits each"
    )


def _unreadable(text: str) -> ExactNumberError:
    return ExactNumberError(
        f'"{_shortened(text)}" is no exact number; write a decimal "0.03", a fraction "1/3" or a '
        'hexadecimal float "0x1.8p-3", without blanks'
    )


def _shortened(text: str) -> str:
    """Return a text as a message repeats it: no mark in it can forge a line or steer a terminal."""
    marks = text[:41]
    plain = "".join(mark if mark.isascii() and mark.isprintable() else ascii(mark)[1:-1] for mark in marks)
    return plain if len(plain) <= 40 else plain[:37] + "..."


def _format_names() -> str:
    return ", ".join(f"`{name}`" for name in BINARY_FORMATS)
