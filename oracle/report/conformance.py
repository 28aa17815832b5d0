"""What a run of the conformance suite came to: a row a problem and dtype, and the sentence that can be quoted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from oracle.diagnosis.diagnosis import Diagnosis
from oracle.findings import Finding, Outcome
from oracle.localisation import Localisation
from oracle.records.candidate import Declaration
from oracle.report.figures import bounds
from oracle.verdict import Verdict

__all__ = ["Conformance", "ConformanceRow", "NotAsked", "Status", "counts_text", "summary_line", "sure_of"]


class Status(StrEnum):
    """What became of one problem in one dtype."""

    AGREES = "AGREES"
    DISAGREES = "DISAGREES"
    UNDECIDED = "UNDECIDED"
    UNUSABLE = "UNUSABLE"
    CRASHED = "CRASHED"


WORDS = {
    Status.AGREES: "AGREE",
    Status.DISAGREES: "DISAGREE",
    Status.UNDECIDED: "UNDECIDED",
    Status.UNUSABLE: "unusable",
    Status.CRASHED: "crashed",
}


@dataclass(frozen=True)
class ConformanceRow:
    """One problem in one dtype.

    Parameters
    ----------
    problem, theme, why : str
    method, model, dtype : str
    size : tuple of int
        n, d and the last step.
    status : Status
    declaration : Declaration or None
        None where the candidate failed before it could be asked.
    verdict : Verdict or None
        None where there was nothing to judge.
    reason, remedy : str
        Of a row that does not agree: what happened, and what to do next.
    golden : str
        Digest.
    seconds : float
        Of the candidate's call.
    """

    problem: str
    theme: str
    why: str
    method: str
    model: str
    dtype: str
    size: tuple[int, int, int]
    status: Status
    declaration: Declaration | None = None
    verdict: Verdict | None = None
    reason: str = ""
    remedy: str = ""
    golden: str = ""
    seconds: float = 0.0

    @property
    def ratio(self) -> float | None:
        """The largest error in units of its bound, over all checks; None where nothing was judged."""
        if self.verdict is None:
            return None
        excesses = [found.excess for found in self.verdict.findings if found.excess is not None]
        curves = self.verdict.curves
        known = [float(x) for x in excesses] + ([] if curves is None else curves.replay_ratio.tolist())
        return max(known) if known else None

    @property
    def finding(self) -> Finding | None:
        """The first finding that has the row's own outcome, unless that is AGREES."""
        if self.verdict is None or self.status is Status.AGREES:
            return None
        outcome = self.verdict.outcome
        return next((found for found in self.verdict.findings if found.outcome is outcome), None)

    @property
    def diagnosis(self) -> Diagnosis | None:
        """The verdict's diagnosis, None where it has none."""
        return None if self.verdict is None else self.verdict.diagnosis

    @property
    def localisation(self) -> Localisation | None:
        """The verdict's localisation, None where it has none."""
        return None if self.verdict is None else self.verdict.localisation


@dataclass(frozen=True)
class NotAsked:
    """What a candidate said it does not run.

    Parameters
    ----------
    problem, dtype : str
    reason : str
    """

    problem: str
    dtype: str
    reason: str


@dataclass(frozen=True)
class Conformance:
    """A run of the suite.

    Parameters
    ----------
    target : str
        As it was named.
    suite_version, suite_digest : str
    suite_size : int
        Comparisons in the whole suite.
    rows : tuple of ConformanceRow
    not_asked : tuple of NotAsked
        By the candidate's word.
    left_out : int
        Comparisons of the suite that the user's own options left out.
    provenance : mapping of name to text
    seconds : float
    declared : mapping of option to word
        What was said of the arithmetic on the command line.
    """

    target: str
    suite_version: str
    suite_digest: str
    suite_size: int
    rows: tuple[ConformanceRow, ...]
    not_asked: tuple[NotAsked, ...] = ()
    left_out: int = 0
    provenance: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    declared: Mapping[str, str] = field(default_factory=dict)

    @property
    def outcome(self) -> Outcome:
        """DISAGREES if any row does, AGREES if all rows do and there are some, else UNDECIDED."""
        statuses = {row.status for row in self.rows}
        if Status.DISAGREES in statuses:
            return Outcome.DISAGREES
        return Outcome.AGREES if statuses == {Status.AGREES} else Outcome.UNDECIDED

    @property
    def dtypes(self) -> tuple[str, ...]:
        """The dtypes asked for, in order."""
        return tuple(dict.fromkeys(row.dtype for row in self.rows))

    @property
    def failures(self) -> tuple[ConformanceRow, ...]:
        """The rows that do not agree, those that disagree first."""
        bad = [row for row in self.rows if row.status is not Status.AGREES]
        return tuple(sorted(bad, key=lambda row: row.status is not Status.DISAGREES))

    @property
    def largest_ratio(self) -> float | None:
        """The largest error in bounds over the rows that agree."""
        ratios = [row.ratio for row in self.rows if row.status is Status.AGREES and row.ratio is not None]
        return max(ratios, default=None)

    def count(self, status: Status) -> int:
        """Return how many rows have a status."""
        return sum(row.status is status for row in self.rows)

    def row(self, problem: str, dtype: str) -> ConformanceRow | None:
        """Return one row, None where it was not asked for."""
        return next((row for row in self.rows if (row.problem, row.dtype) == (problem, dtype)), None)


def counts_text(found: Conformance) -> str:
    """Return ``84/84 AGREE``, with what the rest came to."""
    first = f"{found.count(Status.AGREES)}/{len(found.rows)} AGREE"
    rest = [
        f"{found.count(status)} {WORDS[status]}"
        for status in Status
        if status is not Status.AGREES and found.count(status)
    ]
    return ", ".join([first, *rest])


def summary_line(found: Conformance) -> str:
    """Return the one line that can be quoted: whose run, of what, how near to its bound, against which suite."""
    missing = found.suite_size - len(found.rows)
    of_all = f" ({missing} of the suite's {found.suite_size} not asked)" if missing else ""
    ratio = found.largest_ratio
    largest = "" if ratio is None else f", largest error {bounds(ratio)} of its bound"
    return (
        f"momentum-oracle conformance {found.suite_version}: {found.target} {counts_text(found)}{of_all}, "
        f"{declared_text(found)}{largest}, suite {found.suite_digest[:19]}…"
    )


def declared_text(found: Conformance) -> str:
    """Return the arithmetic that was declared: ``float64, bfloat16 (sums in float32), buffer form``."""
    declared = {row.dtype: row.declaration for row in found.rows if row.declaration is not None}
    dtypes = [f"{dtype}{_beyond(declared[dtype]) if dtype in declared else ''}" for dtype in found.dtypes]
    forms = " or ".join(dict.fromkeys(entry.form for entry in declared.values()))
    return ", ".join([*dtypes, *([f"{forms} form"] if forms else [])])


def sure_of(found: Conformance) -> str:
    """Return the one sentence that answers the question of the report."""
    if not found.rows:
        return "Nothing was asked, so nothing is decided."
    wrong, total = found.count(Status.DISAGREES), len(found.rows)
    if wrong:
        return f"{wrong} of {total} runs {'is' if wrong == 1 else 'are'} not what the mathematics says."
    failed = found.count(Status.CRASHED) + found.count(Status.UNUSABLE)
    if failed:
        return f"{failed} of {total} runs gave nothing to judge{_and_the_rest(found)}."
    if undecided := found.count(Status.UNDECIDED):
        return f"{undecided} of {total} runs could not be decided{_and_the_rest(found)}."
    return f"All {total} runs agree with the mathematics to within their own rounding."


def _and_the_rest(found: Conformance) -> str:
    return "; the rest agree" if found.count(Status.AGREES) else ""


def _beyond(declaration: Declaration) -> str:
    """Return what a declaration says beyond form and dtype, in brackets."""
    notes = {
        "sums in": declaration.accumulate if declaration.accumulate != declaration.dtype else "",
        "operands in": declaration.operands,
        "kept in": declaration.state,
    }
    said = ", ".join(f"{what} {form}" for what, form in notes.items() if form)
    return f" ({said})" if said else ""
