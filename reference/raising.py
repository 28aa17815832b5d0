"""Raise the precision until every asked digit of every row is decided.

A row is one observable at one step or time.  A row that is truly zero cannot have relative digits;
after a few raises a row whose balls all still hold zero is published as zero with its radius, and no
longer asked for digits.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, log10

from reference.arithmetic import Vector
from reference.balls import ball_precision
from reference.decimal_grid import GridArray, GridRow
from reference.grid_rounding import coarse_row, missing_bits, rounded_row

__all__ = ["Decided", "Rows", "decide", "first_bits"]

Rows = Mapping[str, Sequence[Vector]]  # observable name to its rows of balls

GUARD_BITS = 64
ATTEMPTS = 12
MOST_TIMES = 24  # precision is never raised beyond this many times the first guess
ZERO_AFTER = 2  # raises after which a row of balls around zero counts as zero


@dataclass(frozen=True)
class Decided:
    """The rounded rows.

    Parameters
    ----------
    arrays : dict of observable name to GridArray
    digits : int
        Those asked, or fewer where precision ran out; rows taken for zero do not count.
    bits : int
        The precision at which they were decided.
    rows : mapping of observable name to rows of balls
    """

    arrays: dict[str, GridArray]
    digits: int
    bits: int
    rows: Rows


def decide(
    compute: Callable[[int], Rows],
    digits: int,
    bits: int,
    *,
    scalars: Collection[str] = (),
    exact: Mapping[str, Mapping[int, GridRow]] | None = None,
    lost: tuple[type[Exception], ...] = (),
) -> Decided:
    """Return the rows rounded to the asked digits, computed at whatever precision that takes.

    Parameters
    ----------
    compute : callable
        From a precision in bits to balls.
    digits : int
        Half a unit is at most 10^−digits times the largest magnitude of its row.
    bits : int
        The first precision to try.
    scalars : collection of str
        Observables that are single numbers.
    exact : mapping of name to {row index: GridRow}, optional
        Rows known exactly, which need no precision.
    lost : tuple of exception types
        What `compute` raises when the precision was hopeless: it is doubled.

    Raises
    ------
    Exception
        Of `lost`, when the highest precision was hopeless as well; anything else that `compute` raises.
    """
    exact, first, tied = exact or {}, bits, False
    for attempt in range(ATTEMPTS):
        last = attempt == ATTEMPTS - 1 or bits >= MOST_TIMES * first
        try:
            rows = compute(bits)
        except lost:
            if last:
                raise
            bits *= 2
            continue
        open_rows = _open(rows, exact, zeros_count=attempt < ZERO_AFTER)
        missing = _missing(open_rows, digits, bits)
        if last or (not missing and (tied or _all_decided(open_rows, digits, bits))):
            break
        tied = not missing  # or so it seems; more bits will tell
        least = bits + (missing or GUARD_BITS) + 8
        bits = least if attempt < 2 else max(least, bits * 3 // 2)
    arrays, kept = _published(rows, exact, digits, bits, scalars)
    return Decided(arrays, kept, bits, rows)


def first_bits(digits: int, spare: int) -> int:
    """Return the bits that the digits are worth, and some to spare, a multiple of 32."""
    return 32 * ceil((digits / log10(2) + spare) / 32)


def _open(rows: Rows, exact: Mapping[str, Mapping[int, GridRow]], *, zeros_count: bool) -> list[list[object]]:
    """Return the rows whose digits are still to be had."""
    return [
        row.entries
        for name, vectors in rows.items()
        for i, row in enumerate(vectors)
        if i not in exact.get(name, {}) and (zeros_count or not _may_be_zero(row))
    ]


def _may_be_zero(row: Vector) -> bool:
    return all(x.contains(0) for x in row)


def _missing(rows: list[list[object]], digits: int, bits: int) -> int:
    with ball_precision(bits + GUARD_BITS):
        return max((missing_bits(row, digits) for row in rows), default=0)


def _all_decided(rows: list[list[object]], digits: int, bits: int) -> bool:
    with ball_precision(bits + GUARD_BITS):
        return all(rounded_row(row, digits) is not None for row in rows)


def _published(
    rows: Rows,
    exact: Mapping[str, Mapping[int, GridRow]],
    digits: int,
    bits: int,
    scalars: Collection[str],
) -> tuple[dict[str, GridArray], int]:
    """Return the grid arrays and the digits they keep."""
    arrays, kept = {}, digits
    with ball_precision(bits + GUARD_BITS):
        for name, vectors in rows.items():
            grid = []
            for i, row in enumerate(vectors):
                known = exact.get(name, {}).get(i) or _rounded(row, digits)
                if known is None:
                    known, kept_here = coarse_row(row.entries, digits)
                    kept = kept if _may_be_zero(row) else min(kept, kept_here)
                grid.append(known)
            arrays[name] = GridArray(tuple(grid), name in scalars)
    return arrays, kept


def _rounded(row: Vector, digits: int) -> GridRow | None:
    """Return the rounded row; a tie on the asked grid is a multiple of the unit one digit further."""
    finer = (rounded_row(row.entries, digits + more) for more in (0, 1, 2))
    return next((decided for decided in finer if decided is not None), None)
