"""What a job found out about the formulas themselves: orders of flows, limits against minimisers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from oracle.verdict import Outcome

__all__ = ["Series", "TheoryRow", "TheorySection", "worst"]


@dataclass(frozen=True)
class TheoryRow:
    """One statement that numbers decided.

    Parameters
    ----------
    subject : str
        What the statement is about, as in ``heavy-ball flow of order 2``.
    case : str
        On which problem.
    expected, found : str
        What theory says and what was measured, as a person reads them.
    outcome : Outcome
    """

    subject: str
    case: str
    expected: str
    found: str
    outcome: Outcome


@dataclass(frozen=True)
class Series:
    """One line of a picture.

    Parameters
    ----------
    name : str
    x, y : tuple of float
    """

    name: str
    x: tuple[float, ...]
    y: tuple[float, ...]


@dataclass(frozen=True)
class TheorySection:
    """One table with its pictures.

    Parameters
    ----------
    anchor, title, note : str
    rows : tuple of TheoryRow
    ladders : tuple of Series
        Errors against step sizes, for a log-log picture.
    coordinates : tuple of Series
        Values by coordinate, for a picture of limits beside minimisers.
    """

    anchor: str
    title: str
    note: str
    rows: tuple[TheoryRow, ...]
    ladders: tuple[Series, ...] = ()
    coordinates: tuple[Series, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """The worst outcome of the rows."""
        return worst(row.outcome for row in self.rows)


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """Return DISAGREES if any is, else UNDECIDED if any is or there is none, else AGREES."""
    seen = set(outcomes)
    if Outcome.DISAGREES in seen:
        return Outcome.DISAGREES
    return Outcome.UNDECIDED if Outcome.UNDECIDED in seen or not seen else Outcome.AGREES
