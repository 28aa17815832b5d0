"""Recorded numbers against exact ones, row by row: residuals in units of what rounding may do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from oracle.error_free import DoubleDouble, Floats
from oracle.rounding import RoundedArray

__all__ = ["Comparison", "Nearest", "Replay", "Rows", "compared", "nearest_of", "stacked"]

Rows = NDArray[np.int64]


class Comparison(NamedTuple):
    """Recorded numbers against exact ones, R rows by m coordinates.

    Parameters
    ----------
    recorded : float64, shape (R, m)
    expected : DoubleDouble, shape (R, m)
    residual, bound : float64, shape (R, m)
        Recorded minus expected, and what rounding may make of it.
    ratio : float64, shape (R, m)
        |residual| / bound, or what the shared residual makes of it where that is larger.
    """

    recorded: Floats
    expected: DoubleDouble
    residual: Floats
    bound: Floats
    ratio: Floats

    def rows(self, chosen: Rows) -> Comparison:
        """Return the chosen rows."""
        return Comparison(
            self.recorded[chosen],
            self.expected[chosen],
            self.residual[chosen],
            self.bound[chosen],
            self.ratio[chosen],
        )


class Nearest(NamedTuple):
    """The number of each row that comes nearest to its bound, over position and momentum.

    Parameters
    ----------
    rows : int64, shape (R,)
        Of the trace.
    ratio, residual, bound : float64, shape (R,)
        |residual| = ratio · bound; where the shared residual leaves less room than the bound of the coordinate by
        itself, that is what `bound` says.
    """

    rows: Rows
    ratio: Floats
    residual: Floats
    bound: Floats

    @classmethod
    def joined(cls, parts: Sequence[Nearest]) -> Nearest:
        """Return those of several parts, rows ascending."""
        columns = [np.concatenate(column) for column in zip(NOWHERE, *parts, strict=True)]
        order = np.argsort(columns[0])
        return cls(*(column[order] for column in columns))

    def at(self, chosen: Any) -> Nearest:
        """Return some of the rows."""
        return Nearest(*(column[chosen] for column in self))


NOWHERE = Nearest(np.empty(0, dtype=np.int64), np.empty(0), np.empty(0), np.empty(0))


@dataclass(frozen=True)
class Replay:
    """The replayed steps.

    Parameters
    ----------
    rows : int64, shape (R,)
        Rows of the trace that were reached by a replayed step, of which everything is known.
    position : Comparison
    momentum : Comparison or None
        Where the candidate recorded it.
    passed : Nearest
        Other rows, which `oracle.float_filter` has shown to be within their bounds.
    """

    rows: Rows
    position: Comparison
    momentum: Comparison | None
    passed: Nearest = NOWHERE

    @property
    def parts(self) -> list[Comparison]:
        """Return the comparisons there are."""
        return [self.position] + ([self.momentum] if self.momentum is not None else [])

    @property
    def nearest(self) -> Nearest:
        """Return the number nearest to its bound in each row, those of `rows` and those that passed."""
        return Nearest.joined([self.passed, nearest_of(self.rows, self.parts)])


def compared(recorded: Floats, expected: RoundedArray) -> Comparison:
    """Compare recorded numbers, shape (R, m), with expected ones."""
    residual = (type(expected.value).exactly(recorded) - expected.value).hi
    bound = np.broadcast_to(expected.bound(), residual.shape)
    ratio = np.abs(residual) / bound
    ratio[residual == 0] = 0.0  # a number that is met needs no bound, and may have none: 0/0
    return Comparison(recorded, expected.value, residual, bound, ratio)


def nearest_of(rows: Rows, parts: Sequence[Comparison]) -> Nearest:
    """Return the number nearest to its bound in each row of comparisons that share them; NaN counts as infinite."""
    if not len(rows):
        return NOWHERE
    here = np.arange(len(rows))
    columns = [np.argmax(part.ratio, axis=1) for part in parts]  # the first NaN, where there is one
    found = [part.ratio[here, column] for part, column in zip(parts, columns, strict=True)]
    which = np.argmax(found, axis=0)
    worst, gap, bound = (
        np.choose(which, [values[here, column] for values, column in zip(field, columns, strict=True)])
        for field in zip(*((part.ratio, part.residual, part.bound) for part in parts), strict=True)
    )
    gap = np.abs(gap)
    # the shared residual may leave less room than the bound of the coordinate by itself
    room = np.divide(gap, worst, out=bound, where=(worst > 0) & np.isfinite(worst))
    return Nearest(rows, worst, gap, room)


def stacked(parts: Sequence[Comparison]) -> Comparison:
    """Return comparisons of successive rows as one, in arrays of its own."""
    shapes = [part.residual.shape for part in parts]
    expected = DoubleDouble(
        np.concatenate(
            [np.broadcast_to(part.expected.hi, shape) for part, shape in zip(parts, shapes, strict=True)]
        ),
        np.concatenate(
            [np.broadcast_to(part.expected.lo, shape) for part, shape in zip(parts, shapes, strict=True)]
        ),
    )
    return Comparison(
        np.concatenate([part.recorded for part in parts]),
        expected,
        np.concatenate([part.residual for part in parts]),
        np.concatenate([part.bound for part in parts]),
        np.concatenate([part.ratio for part in parts]),
    )
