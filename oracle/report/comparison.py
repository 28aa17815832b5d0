"""What a report is made of: comparisons, each with its golden, its candidate and its verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from oracle.records.candidate import Array
from oracle.records.golden import Golden
from oracle.report.theory import TheorySection
from oracle.verdict import Outcome, Verdict

__all__ = ["Account", "Comparison", "NotRun", "Report"]


class Account(Protocol):
    """What can be told of a comparison in words; a `Comparison`, or what its JSON says of it."""

    @property
    def candidate(self) -> str:
        """Entry point or file name."""

    @property
    def method(self) -> str:
        """Of the golden's spec."""

    @property
    def dtype(self) -> str:
        """Arithmetic that the candidate declares."""

    @property
    def verdict(self) -> Verdict:
        """With its findings."""

    @property
    def run_seconds(self) -> float | None:
        """Wall time of the candidate's run."""


@dataclass(frozen=True)
class Comparison:
    """One candidate run against one golden.

    Parameters
    ----------
    candidate : str
        Entry point or file name, for people.
    golden : Golden
    arrays : mapping of name to ndarray
        What the candidate handed back, rows as in `steps`.
    steps : tuple of int
        Steps of the rows, in order; some are among the golden's.
    verdict : Verdict
    run_seconds : float, optional
        Wall time of the candidate's run; None for arrays that came from a file.
    runs_together : int
        How many runs were made in one call; the time is this one's even share.
    """

    candidate: str
    golden: Golden
    arrays: Mapping[str, Array]
    steps: tuple[int, ...]
    verdict: Verdict
    run_seconds: float | None = None
    runs_together: int = 1

    @property
    def method(self) -> str:
        """Name of the method in the golden's spec."""
        return str(self.golden.spec["method"]["name"])

    @property
    def dtype(self) -> str:
        """Arithmetic that the candidate declares."""
        return str(self.verdict.declaration.dtype)

    @property
    def shared_steps(self) -> tuple[int, ...]:
        """Steps that candidate and golden both have, in order."""
        known = set(self.golden.steps)
        return tuple(step for step in self.steps if step in known)

    @property
    def title(self) -> str:
        """Candidate, method and dtype in one line."""
        return f"{self.candidate} · {self.method} · {self.dtype}"


@dataclass(frozen=True)
class NotRun:
    """A candidate that gave nothing to compare.

    Parameters
    ----------
    candidate : str
    reason : str
        What happened.
    remedy : str
        What to do about it.
    crashed : bool
        True when it started and failed, False when it is merely not installed.
    """

    candidate: str
    reason: str
    remedy: str
    crashed: bool = False


@dataclass(frozen=True)
class Report:
    """Everything that one job compared.

    Parameters
    ----------
    title : str
    comparisons : tuple of Comparison
    not_run : tuple of NotRun
    provenance : mapping of name to text
        Versions, platform and the command, for people.
    seconds : float
        Wall time of the whole job.
    theory : tuple of TheorySection
        What was found out about the formulas themselves.
    """

    title: str
    comparisons: tuple[Comparison, ...]
    not_run: tuple[NotRun, ...] = ()
    provenance: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    theory: tuple[TheorySection, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """DISAGREES if any comparison or formula does, else UNDECIDED if any is or none was made, else AGREES."""
        outcomes = {comparison.verdict.outcome for comparison in self.comparisons}
        if outcomes:
            outcomes |= {section.outcome for section in self.theory}
        if Outcome.DISAGREES in outcomes:
            return Outcome.DISAGREES
        crashed = any(entry.crashed for entry in self.not_run)
        if crashed or not outcomes or Outcome.UNDECIDED in outcomes:
            return Outcome.UNDECIDED
        return Outcome.AGREES
