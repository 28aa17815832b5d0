"""What every computation of the reference returns: rounded arrays, their grade, and how they were got."""

from __future__ import annotations

from dataclasses import dataclass, field

from reference.decimal_grid import GridArray

__all__ = ["CERTIFIED", "CONFIRMED", "Certified"]

CERTIFIED = "certified"
CONFIRMED = "confirmed"


@dataclass(frozen=True)
class Certified:
    """Observables rounded to a decimal grid, with what was proved about them.

    Parameters
    ----------
    arrays : dict of observable name to GridArray
        One row per asked step or time; a single row where neither was asked.
    digits : int
        Digits that hold in every row: those asked, or fewer where precision ran out.
    grade : str
        ``certified`` (the radii are proved) or ``confirmed`` (two precisions and two methods agree).
    facts : dict
        How it was done, for the record's provenance: plain JSON values alone.
    """

    arrays: dict[str, GridArray]
    digits: int
    grade: str
    facts: dict[str, str | int | float | bool] = field(default_factory=dict)
