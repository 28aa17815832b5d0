"""A self-test fault by fault: each over all kernels, dtypes and problems, and all of them together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from oracle.report.power import TOLERANCES, FaultCase, PowerReport, Share, share

__all__ = ["FaultRow", "fault_rows", "refused", "total_row"]


@dataclass(frozen=True)
class FaultRow:
    """One fault, over kernels, dtypes and problems.

    Parameters
    ----------
    fault : str
    dtypes : tuple of str
    caught : Share
        Of the runs that it moved above rounding.
    kernels : Share
        Kernels in which all such runs were caught.
    below : int
        Runs that it did not move above rounding.
    below_caught : int
        Those of them that were caught all the same.
    first_step : tuple of int or None
        Smallest and largest first divergent step.
    smallest : float or None
        Smallest size in bounds.
    alone, several, equivalent, wrongly, unnamed : int
        Of the caught: named alone, among several, by a true equivalent, wrongly, not at all.
    mistaken : str
        The name most often given wrongly; empty for none.
    refused : mapping of tolerance to Share
        Of the same runs, how many each literal tolerance would have refused.
    """

    fault: str
    dtypes: tuple[str, ...]
    caught: Share
    kernels: Share
    below: int
    below_caught: int
    first_step: tuple[int, int] | None
    smallest: float | None
    alone: int
    several: int
    equivalent: int
    wrongly: int
    unnamed: int
    mistaken: str
    refused: Mapping[str, Share]


def fault_rows(cases: Sequence[FaultCase]) -> list[FaultRow]:
    """Return one row for each fault, in order of name."""
    names = sorted({case.fault for case in cases})
    return [_row(name, [case for case in cases if case.fault == name]) for name in names]


def total_row(report: PowerReport) -> FaultRow:
    """Return the row of all faults together."""
    return replace(_row("all of them", report.cases), mistaken="")


def refused(cases: Sequence[FaultCase], tolerance: str) -> Share:
    """Return how many of the cases a literal tolerance would have refused, of those it was asked of."""
    said = [getattr(case, tolerance) for case in cases]
    return share(not passed for passed in said if passed is not None)


def _row(fault: str, cases: Sequence[FaultCase]) -> FaultRow:
    moving = [case for case in cases if case.counts]
    caught = [case for case in moving if case.caught]
    below = [case for case in cases if not case.counts]
    steps = [case.step for case in caught if case.step is not None]
    naming = [case.naming for case in caught]
    kernels = {case.kernel for case in moving}
    whole = {case.kernel for case in moving if not case.caught}
    return FaultRow(
        fault=fault,
        dtypes=tuple(dict.fromkeys(case.dtype for case in cases)),
        caught=Share(len(caught), len(moving)),
        kernels=Share(len(kernels - whole), len(kernels)),
        below=len(below),
        below_caught=sum(case.caught for case in below),
        first_step=(min(steps), max(steps)) if steps else None,
        smallest=min((case.excess for case in caught if case.excess is not None), default=None),
        alone=naming.count("alone"),
        several=naming.count("among several"),
        equivalent=naming.count("by an equivalent"),
        wrongly=naming.count("wrongly"),
        unnamed=naming.count("none"),
        mistaken=_most_frequent([case.names[0] for case in caught if case.naming == "wrongly"]),
        refused={name: refused(moving, name) for name in TOLERANCES},
    )


def _most_frequent(names: Sequence[str]) -> str:
    return max(sorted(set(names)), key=names.count, default="")
