"""What is wrong, said once: rows that fail for the same reason, with the clearest of them and what to do."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from oracle.report.conformance import Conformance, ConformanceRow, Status

__all__ = ["Complaint", "complaints"]


@dataclass(frozen=True)
class Complaint:
    """Rows that fail alike.

    Parameters
    ----------
    rows : tuple of ConformanceRow
        Not empty; the first is the one to look at.
    status : Status
    what : str
        What happened, or which misimplementation explains it.
    sure : str
        How sure that is, and what came second; empty where nothing is known.
    remedy : str
        What to do next.
    """

    rows: tuple[ConformanceRow, ...]
    status: Status
    what: str
    sure: str
    remedy: str


def complaints(found: Conformance) -> list[Complaint]:
    """Return the failures grouped, those that disagree and concern most runs first."""
    groups: dict[Hashable, list[ConformanceRow]] = {}
    for row in found.failures:
        groups.setdefault(_kind(row), []).append(row)
    order = list(Status)
    made = [_complaint(rows) for rows in groups.values()]
    return sorted(made, key=lambda entry: (order.index(entry.status), -len(entry.rows)))


def _kind(row: ConformanceRow) -> Hashable:
    """Return what rows that fail alike have in common."""
    if row.diagnosis is not None and row.diagnosis.names:
        return row.status, row.diagnosis.names
    if row.status in {Status.CRASHED, Status.UNUSABLE}:
        return row.status, row.reason
    return row.status, row.finding.check if row.finding else row.reason


def _complaint(rows: list[ConformanceRow]) -> Complaint:
    """Return a group around its smallest case in the widest arithmetic, which is the easiest to follow."""
    ordered = sorted(rows, key=lambda row: (row.dtype != "float64", row.size[0] * row.size[1], row.size[2]))
    first = ordered[0]
    diagnosis = first.diagnosis
    if diagnosis is None:
        return Complaint(tuple(ordered), first.status, first.reason, "", first.remedy)
    parts = [diagnosis.confidence]
    if diagnosis.names and diagnosis.runner_up:
        parts.append(
            f"the next best, {diagnosis.runner_up}, misses by {diagnosis.runner_up_ratio:.3g} bounds"
        )
    parts.append(diagnosis.fitted)
    sure = "; ".join(part for part in parts if part)
    return Complaint(tuple(ordered), first.status, diagnosis.sentence, sure, first.remedy)
