"""Exact numbers as a grid writes them: decimals, fractions and hexadecimal floats."""

from __future__ import annotations

import re
from fractions import Fraction

__all__ = ["exact_number", "exact_text"]

LONGEST = 1000  # characters
PLAIN_PLACES = 64  # as in a spec's canonical form
EXPONENT = r"[+-]?[0-9]{1,4}"  # a longer one would fill the memory with digits
RATIONAL = re.compile(rf"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE]{EXPONENT})?|[+-]?[0-9]+/0*[1-9][0-9]*")
HEXADECIMAL = re.compile(rf"([+-]?)0[xX]([0-9a-fA-F]+)(?:\.([0-9a-fA-F]*))?(?:[pP]({EXPONENT}))?")


def exact_number(text: str) -> Fraction | None:
    """Return the rational that a text names, or None where it names none.

    Parameters
    ----------
    text : str
        ``0.03``, ``-2.5e-7``, ``1/3`` or ``0x1.8p-3``, without blanks.
    """
    if len(text) > LONGEST:
        return None
    if RATIONAL.fullmatch(text):
        return Fraction(text)
    if match := HEXADECIMAL.fullmatch(text):
        sign, whole, part, exponent = match.groups(default="")
        power = int(exponent or "0") - 4 * len(part)
        return Fraction(int(f"{sign}{whole}{part}", 16)) * Fraction(2) ** power
    return None


def exact_text(value: Fraction) -> str:
    """Return the one text of a rational: plain decimal digits where they end, else the reduced fraction."""
    rest, places = value.denominator, 0
    while rest != 1 and places < PLAIN_PLACES:
        places += 1
        rest = (value * 10**places).denominator
    if rest != 1:
        return f"{value.numerator}/{value.denominator}"
    digits = str(abs(value * 10**places).numerator).zfill(places + 1)
    sign = "-" if value < 0 else ""
    return sign + (f"{digits[:-places]}.{digits[-places:]}" if places else digits)
