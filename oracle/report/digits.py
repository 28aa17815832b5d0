"""Golden and candidate side by side as decimal digits, cut where they part.

The golden's digits are its own correctly rounded decimals; the candidate's are the exact decimal
expansion of the float that it holds.  Both are written with the golden's exponent, so that equal
digits stand under each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Context, Decimal
from itertools import takewhile

import numpy as np

from oracle.report.comparison import Comparison
from oracle.report.facts import decisive_finding
from reference.decimal_grid import GridArray, GridRow

__all__ = ["SHOWN_DIGITS", "DigitRow", "chosen_rows", "digit_row"]

SHOWN_DIGITS = 24
# a golden has up to 3900 digits, the exact expansion of a float64 767
EXACT = Context(prec=5000, Emax=10**9, Emin=-(10**9))


@dataclass(frozen=True)
class DigitRow:
    """One value of the golden and of the candidate, split into what agrees and what does not.

    Parameters
    ----------
    step : int
    label : str
        Observable and coordinate, as in ``theta[7]``.
    agreeing : str
        Sign and leading digits that the two texts share.
    golden_rest, candidate_rest : str
        Digits after the shared ones.
    golden_exponent, candidate_exponent : str
        Powers of ten; the candidate's is empty where its digits cannot stand under the golden's.
    digits : int
        Number of digits in `agreeing`.
    """

    step: int
    label: str
    agreeing: str
    golden_rest: str
    candidate_rest: str
    golden_exponent: str
    candidate_exponent: str
    digits: int


def digit_row(row: GridRow, coordinate: int, candidate: float, step: int, label: str) -> DigitRow:
    """Return the two values as mantissas over the golden's power of ten, cut where they part.

    Parameters
    ----------
    row : GridRow
        The golden's array at one step.
    coordinate : int
    candidate : float
        The candidate's value, exactly the float it holds.
    step : int
    label : str
    """
    golden = Decimal(row.integers[coordinate]).scaleb(-row.places, EXACT)
    power = golden.adjusted() if golden else 0
    exponent = f"e{power:+03d}" if power else ""
    ours, theirs = _mantissa(golden, power), _mantissa(Decimal(float(candidate)), power)
    if theirs is None:
        return DigitRow(step, label, "", str(ours), f"{candidate:.16e}", exponent, "", 0)
    agreeing = _shared_start(str(ours), theirs)
    rests = str(ours)[len(agreeing) :], theirs[len(agreeing) :]
    digits = sum(character.isdigit() for character in agreeing)
    return DigitRow(step, label, agreeing, *rests, exponent, exponent, digits)


def chosen_rows(comparison: Comparison, steps: int = 4) -> list[DigitRow]:
    """Return a few telling rows: the largest coordinates at steps spread evenly in log scale.

    A finding's own step and coordinate are always among them.
    """
    marked = decisive_finding(comparison)
    shown = _spread_steps(comparison.shared_steps, steps)
    if marked is not None and marked.step is not None and marked.step in comparison.shared_steps:
        shown = sorted({*shown, marked.step})
    places = _largest_coordinates(comparison)
    if marked is not None and marked.observable and marked.observable in {name for name, _ in places}:
        places[(marked.observable, marked.coordinate or 0)] = None
    return [_row(comparison, name, at, step) for name, at in places for step in shown]


def _row(comparison: Comparison, name: str, coordinate: int, step: int) -> DigitRow:
    grid = comparison.golden.arrays[name]
    values = np.asarray(comparison.arrays[name])
    at = comparison.steps.index(step)
    value = values[at] if grid.scalar else values[at, coordinate]
    label = name if grid.scalar else f"{name}[{coordinate}]"
    row = grid.rows[comparison.golden.steps.index(step)]
    return digit_row(row, coordinate, float(value), step, label)


def _shared_start(left: str, right: str) -> str:
    pairs = takewhile(lambda pair: pair[0] == pair[1], zip(left, right, strict=False))
    return "".join(character for character, _ in pairs)


def _mantissa(value: Decimal, power: int) -> str | None:
    """Return value / 10^power with the shown digits cut, not rounded: equal digits stay equal.

    None where the value is not finite or too large or small to be written so.
    """
    if not value.is_finite() or (value and abs(value.adjusted() - power) > SHOWN_DIGITS // 2):
        return None
    unit = Decimal(1).scaleb(1 - SHOWN_DIGITS)
    scaled = value.scaleb(-power, EXACT).quantize(unit, rounding=ROUND_DOWN, context=EXACT)
    return f"{scaled:f}"


def _spread_steps(steps: Sequence[int], count: int) -> list[int]:
    """Return about `count` of the steps, evenly spread in log scale from the first real step on."""
    moving = [step for step in steps if step > 0] or list(steps)
    if len(moving) <= count:
        return moving
    targets = np.geomspace(moving[0], moving[-1], count)
    return sorted({min(moving, key=lambda step: abs(step - target)) for target in targets})


def _largest_coordinates(comparison: Comparison) -> dict[tuple[str, int], None]:
    """Return (observable, coordinate) of the largest value at the last step, in the golden's order."""
    places: dict[tuple[str, int], None] = {}
    if not comparison.shared_steps:
        return places
    last = comparison.golden.steps.index(comparison.shared_steps[-1])
    for name, grid in comparison.golden.arrays.items():
        if _comparable(comparison, name, grid):
            sizes = [abs(integer) for integer in grid.rows[last].integers]
            places[(name, sizes.index(max(sizes)))] = None
    return places


def _comparable(comparison: Comparison, name: str, grid: GridArray) -> bool:
    """Whether the candidate has this array, in the golden's shape and with numbers in it."""
    if name not in comparison.arrays:
        return False
    values = np.asarray(comparison.arrays[name])
    width = () if grid.scalar else (len(grid.rows[0].integers),)
    return values.shape == (len(comparison.steps), *width) and values.dtype.kind == "f"
