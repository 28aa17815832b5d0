"""The one spelling of a decimal number, and rows of a grid in that spelling.

A number has one text.  Trailing zeros are dropped; with d.ddd·10^E its scientific form it is written
out plainly for −4 ≤ E < 16 (`0`, `-0.25`, `0.00013`, `1200`) and as `d.ddde<E>` otherwise (`1.3e-52`,
`5e20`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from reference.decimal_grid import GridRow

__all__ = ["decimal_text", "grid_row", "parse_decimal", "radius_texts", "value_texts"]

_MOST_DIGITS = 4000  # Python refuses to read or print integers of more than 4300
_DECIMAL = re.compile(r"(-?)(\d+)(?:\.(\d+))?(?:e(-?\d{1,5}))?", re.ASCII)


def decimal_text(integer: int, places: int) -> str:
    """Return the text of integer·10^−places; see the module for the rule."""
    if integer == 0:
        return "0"
    sign, digits = ("-", str(-integer)) if integer < 0 else ("", str(integer))
    exponent = len(digits) - 1 - places
    digits = digits.rstrip("0")
    if -4 <= exponent < 16:
        return sign + _plain(digits, exponent)
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{fraction}e{exponent}"


def parse_decimal(text: str) -> tuple[int, int]:
    """Return the integer and the places of a text made by `decimal_text`, with the fewest places.

    Raises
    ------
    ValueError
        If `text` is not in the one spelling of its number, or has more than 4000 digits.
    """
    match = _DECIMAL.fullmatch(text) if len(text) <= _MOST_DIGITS else None
    if match is None:
        raise ValueError(f"{text[:40]!r} is not a decimal number; expected for example `0.25` or `-1.3e-52`.")
    sign, whole, fraction, exponent = match.groups(default="")
    digits = (whole + fraction).rstrip("0")
    places = len(digits) - len(whole) - int(exponent or 0)
    integer = int(sign + (digits or "0"))
    if decimal_text(integer, places) != text:
        raise ValueError(
            f"{text[:40]!r} is spelled otherwise in a golden: {decimal_text(integer, places)!r}."
        )
    return integer, places if integer else 0


def value_texts(row: GridRow) -> list[str]:
    """Return the values of a row, shape (d,)."""
    return [decimal_text(n, row.places) for n in row.integers]


def radius_texts(row: GridRow) -> list[str]:
    """Return the radii of a row, half_units·10^−places/2, shape (d,)."""
    known = {h: decimal_text(5 * h, row.places + 1) for h in set(row.half_units)}
    return [known[h] for h in row.half_units]


def grid_row(values: Sequence[str], radii: Sequence[str]) -> GridRow:
    """Return the row with these values and radii on the coarsest grid that holds them.

    Raises
    ------
    ValueError
        If a text is misspelled or a radius is negative.
    """
    centres = [parse_decimal(text) for text in values]
    widths = [parse_decimal(decimal_text(2 * n, p)) for n, p in map(parse_decimal, radii)]
    if any(n < 0 for n, _ in widths):
        raise ValueError("a radius is negative.")
    places = max((p for n, p in centres + widths if n), default=0)
    return GridRow(places, _in_units(centres, places), _in_units(widths, places))


def _in_units(numbers: Sequence[tuple[int, int]], places: int) -> tuple[int, ...]:
    return tuple(n * 10 ** (places - p) if n else 0 for n, p in numbers)


def _plain(digits: str, exponent: int) -> str:
    """Return d.ddd·10^exponent written out."""
    if exponent < 0:
        return "0." + "0" * (-exponent - 1) + digits
    whole = exponent + 1
    if len(digits) <= whole:
        return digits + "0" * (whole - len(digits))
    return f"{digits[:whole]}.{digits[whole:]}"
