"""Correctly rounded decimal values: the canonical form of a certified array.

A value is published as an integer multiple of 10^−places, the multiple nearest to the true value.
Which multiple that is depends on the mathematics alone, not on the precision, the library or the
machine that proved it; so the digest of a golden is the same everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["GridArray", "GridRow"]


@dataclass(frozen=True)
class GridRow:
    """One array at one step (or time).

    Parameters
    ----------
    places : int
        The unit of this row is 10^−places; may be negative for large values.
    integers : tuple of int, shape (d,)
        Values in units.
    half_units : tuple of int, shape (d,)
        Radii in half units: 0 exactly this value, 1 the nearest multiple of the unit,
        2 or more where the nearest multiple could not be decided.
    """

    places: int
    integers: tuple[int, ...]
    half_units: tuple[int, ...]


@dataclass(frozen=True)
class GridArray:
    """One observable over the recorded steps; `scalar` when a row is a single number."""

    rows: tuple[GridRow, ...]
    scalar: bool = False
