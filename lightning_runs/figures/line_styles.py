"""Colours, dashes and marks of a figure's lines: alike where their names share a part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["LineStyle", "line_styles"]

COLOURS = ("#0b5394", "#c2410c", "#3f7d20", "#7b3294", "#8c6d1f", "#5b6770", "#b0005e", "#00798c")
MARKS = ("o", "s", "^", "D", "v", "P", "X", "*")  # so that colours are not needed to tell lines apart
DASHES = ("-", "--", "-.", ":")
MANY_POINTS = 25  # from here on a line has no marks


@dataclass(frozen=True)
class LineStyle:
    """How one line is drawn; no mark for a line of many points."""

    colour: str
    dash: str
    mark: str | None


def line_styles(names: Sequence[str], points: Sequence[int]) -> list[LineStyle]:
    """Return the style of each line.

    Where every name has two parts, as in ``RGF, μ = 0.5``, the second part has the colour and the mark, the first the dash.

    Parameters
    ----------
    names : sequence of str
    points : sequence of int
        How many each line has.
    """
    parts = [name.rpartition(", ") for name in names]
    if all(family for family, _, _ in parts):
        families = list(dict.fromkeys(family for family, _, _ in parts))
        groups = list(dict.fromkeys(group for _, _, group in parts))
        chosen = [(groups.index(group), families.index(family)) for family, _, group in parts]
    else:
        chosen = [
            (number, number % 4 if points[number] >= MANY_POINTS else 0) for number in range(len(names))
        ]
    return [
        LineStyle(
            COLOURS[colour % len(COLOURS)],
            DASHES[(dash + colour // len(COLOURS)) % len(DASHES)],
            MARKS[colour % len(MARKS)] if count < MANY_POINTS else None,
        )
        for (colour, dash), count in zip(chosen, points, strict=True)
    ]
