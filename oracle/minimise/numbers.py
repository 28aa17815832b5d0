"""What makes one exact number simpler than another, and which simpler ones stand in for it.

The weight of p/q in lowest terms is the bits of p plus the bits of q: 0 weighs 1, ±1 weigh 2, ½, 2 and 3 weigh
3, a float32 number of full precision some 48.  Whatever is put in place of a number comes earlier in that
order, so that shrinking ends.
"""

from __future__ import annotations

from fractions import Fraction

from reference.exact import ExactNumberError, number_text, round_to_format

__all__ = ["SIMPLEST", "rank", "rounded_to_bits", "short_text", "significant_digits", "simpler"]

SIMPLEST = tuple(
    Fraction(text) for text in ("0", "1", "-1", "1/2", "2", "3", "-1/2", "-2", "1/4", "3/4", "4")
)
WIDTHS = (2, 3, 4, 5, 6, 7, 8, 11, 24)  # bits; one more than the last three overfills a format
JUST_WIDE = tuple(Fraction(2**bits + 1) / scale for bits in WIDTHS for scale in (1, 2 ** (bits + 1)))
BITS = (1, 2, 3, 4, 6, 8, 9, 11, 12, 16, 20, 24, 25, 32)
DECIMALS = (1, 2, 3, 4, 6, 9)

Rank = tuple[int, bool, int]


def rank(value: Fraction) -> Rank:
    """Return the place of a number in the order of simplicity: weight, then sign, then numerator."""
    size = abs(value.numerator)
    return size.bit_length() + value.denominator.bit_length(), value < 0, size


def simpler(value: Fraction, fmt: str) -> list[Fraction]:
    """Return simpler numbers to try in place of one, simplest first.

    Parameters
    ----------
    value : Fraction
    fmt : str
        A format of `reference.exact.BINARY_FORMATS`, whose numbers alone are proposed; or ``exact``: any number
        may be, those of few decimal digits among them.

    Returns
    -------
    list of Fraction
        Small numbers, −value, numbers that need just so many bits, and `value` rounded to ever more digits.
    """
    proposed = {*SIMPLEST, *JUST_WIDE, -value, Fraction(round(value))}
    proposed |= {rounded_to_bits(value, bits) for bits in BITS}
    if fmt == "exact":
        proposed |= {_rounded_to_decimals(value, digits) for digits in DECIMALS}
    earlier = sorted((other for other in proposed if rank(other) < rank(value)), key=rank)
    return [other for other in earlier if _is_number_of(other, fmt)]


def rounded_to_bits(value: Fraction, bits: int) -> Fraction:
    """Return the nearest number of so many significant bits, ties to even."""
    if value == 0:
        return value
    unit = Fraction(2) ** (_exponent(value) - bits + 1)
    return round(value / unit) * unit


def short_text(value: Fraction) -> str:
    """Return the shortest text that a spec reads as this number: ``"1/2"``, ``"257"``, ``"0.3"``, ``"1e-9"``."""
    texts = [str(value), number_text(value), _scientific(value)]
    return min((text for text in texts if text), key=len)


def significant_digits(value: Fraction) -> int:
    """Return how many digits its shortest text has, outer zeros not counted."""
    mantissa = short_text(value).partition("e")[0]
    return max(1, len("".join(c for c in mantissa if c.isdigit()).strip("0")))


def _exponent(value: Fraction) -> int:
    """Return e with 2^e ≤ |value| < 2^(e+1)."""
    size = abs(value)
    estimate = size.numerator.bit_length() - size.denominator.bit_length()
    return estimate if size >= Fraction(2) ** estimate else estimate - 1


def _is_number_of(value: Fraction, fmt: str) -> bool:
    try:
        return round_to_format(value, fmt) == value
    except ExactNumberError:  # beyond its largest number
        return False


def _rounded_to_decimals(value: Fraction, digits: int) -> Fraction:
    return (
        Fraction(f"{float(value):.{digits - 1}e}") if abs(_exponent(value or Fraction(1))) < 1000 else value
    )


def _scientific(value: Fraction) -> str:
    """Return ``d.ddde<E>`` where the decimal expansion ends, else nothing."""
    text = number_text(value)
    if "/" in text:
        return ""
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    whole, _, places = digits.partition(".")
    mantissa, exponent = (whole + places).strip("0"), len(whole) - 1
    if not mantissa:
        return ""
    exponent -= len(whole + places) - len((whole + places).lstrip("0"))
    fraction = f".{mantissa[1:]}" if len(mantissa) > 1 else ""
    return f"{sign}{mantissa[0]}{fraction}e{exponent}"
