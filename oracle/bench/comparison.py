"""A race against an earlier one: ratios to peers of the same race, never seconds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from oracle.candidate_file import CandidateError
from oracle.findings import Outcome
from oracle.report.race import Race, RaceRow, Ratio

__all__ = ["ALLOWED", "Change", "changes", "lost"]

ALLOWED = 0.10


@dataclass(frozen=True)
class Change:
    """One ratio then and now.

    Parameters
    ----------
    racer, dtype : str
    runs : int
    peer : str
    then, now : Ratio
    allowed : float
        Share by which a ratio may fall, beyond the spread of both races.
    """

    racer: str
    dtype: str
    runs: int
    peer: str
    then: Ratio
    now: Ratio
    allowed: float = ALLOWED

    @property
    def factor(self) -> float:
        """The ratio now over the ratio then."""
        return self.now.median / self.then.median

    @property
    def fell(self) -> bool:
        """Whether the most that it may be now lies below what is allowed of the least that it was."""
        most_now = self.now.median * (1 + self.now.spread)
        least_then = self.then.median * (1 - self.then.spread)
        return most_now < (1 - self.allowed) * least_then


def changes(earlier: Race, now: Race, allowed: float = ALLOWED) -> tuple[Change, ...]:
    """Return the change of every ratio of a candidate that both races have.

    Raises
    ------
    CandidateError
        If the races are on different problems or thread counts, or share no ratio.
    """
    if (dict(earlier.problem), earlier.threads) != (dict(now.problem), now.threads):
        raise CandidateError(
            f"the earlier race is on {dict(earlier.problem)} with {earlier.threads} thread(s), this one on "
            f"{dict(now.problem)} with {now.threads}: compare races on the same problem and threads"
        )
    found = tuple(
        Change(row.racer, row.dtype, row.runs, peer, then.ratios[peer], row.ratios[peer], allowed)
        for then, row in _pairs(earlier, now)
        for peer in row.ratios
        if peer in then.ratios and peer != row.racer
    )
    if not found:
        raise CandidateError(
            "the two races share no ratio of a candidate to a peer: race the same candidate, peer, `--runs` and "
            "`--dtype` as the earlier one"
        )
    return found


def lost(earlier: Race, now: Race) -> tuple[str, ...]:
    """Return who agreed at a size then and, raced at it now, is missing or agrees no longer."""
    sizes = {(row.dtype, row.runs) for row in now.rows}
    names = {row.racer for row in now.rows} | {entry.racer for entry in now.not_raced}
    return tuple(
        f"{then.racer}, {then.dtype}, {then.runs} runs"
        for then in earlier.rows
        if then.role == "candidate"
        and then.outcome is Outcome.AGREES
        and (then.dtype, then.runs) in sizes
        and then.racer in names
        and not _agrees(now.row(then.racer, then.dtype, then.runs))
    )


def _agrees(row: RaceRow | None) -> bool:
    return row is not None and row.outcome is Outcome.AGREES


def _pairs(earlier: Race, now: Race) -> Iterator[tuple[RaceRow, RaceRow]]:
    for row in now.rows:
        then = earlier.row(row.racer, row.dtype, row.runs)
        if then is not None and row.role == "candidate":
            yield then, row
