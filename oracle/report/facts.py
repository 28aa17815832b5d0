"""The few figures of a comparison that every form of the report states."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from oracle.report.comparison import Account, Comparison, Report
from oracle.verdict import Curves, Finding, Outcome, Verdict

__all__ = [
    "Facts",
    "FinalError",
    "decisive_finding",
    "explanation",
    "explanation_lines",
    "facts_of",
    "finding_text",
    "headline",
    "step_words",
]


@dataclass(frozen=True)
class FinalError:
    """Distance of one observable from the golden at the last step compared.

    Parameters
    ----------
    observable : str
    absolute : float
        Largest |candidate − golden| over the coordinates.
    relative : float or None
        The same over the largest |golden|; None where that is zero.
    """

    observable: str
    absolute: float
    relative: float | None


@dataclass(frozen=True)
class Facts:
    """Figures of one comparison; None where the verdict has no such curve.

    Parameters
    ----------
    local_ratio : float or None
        Largest local error in units of its bound: at most 1 where the candidate is right.
    local_step : int or None
        Step of that largest ratio.
    final_step : int or None
    final_errors : tuple of FinalError
    """

    local_ratio: float | None
    local_step: int | None
    final_step: int | None
    final_errors: tuple[FinalError, ...]

    @property
    def final_error(self) -> FinalError | None:
        """The error in θ where there is one, else in the first observable."""
        by_name = {error.observable: error for error in self.final_errors}
        return by_name.get("theta", next(iter(self.final_errors), None))


def facts_of(comparison: Comparison) -> Facts:
    """Return the figures of one comparison."""
    curves = comparison.verdict.curves
    if curves is None:
        return Facts(None, None, None, ())
    ratio, step = _largest_ratio(curves)
    final_step = int(curves.steps[-1]) if len(curves.steps) else None
    errors = tuple(_final_error(curves, name) for name in curves.error) if final_step is not None else ()
    return Facts(ratio, step, final_step, errors)


def decisive_finding(comparison: Account) -> Finding | None:
    """Return the first finding that has the verdict's own outcome, unless that is AGREES."""
    outcome = comparison.verdict.outcome
    if outcome is Outcome.AGREES:
        return None
    return next((found for found in comparison.verdict.findings if found.outcome is outcome), None)


def finding_text(finding: Finding) -> str:
    """Return a finding as one paragraph of plain text."""
    parts = [f"{finding.outcome} by {finding.check}: {finding.reason}"]
    if finding.step is not None:
        parts.append(f"{step_words(finding)} {finding.step}")
    if finding.observable is not None:
        place = "" if finding.coordinate is None else f"[{finding.coordinate}]"
        parts.append(f"at {finding.observable}{place}")
    if finding.candidate_value is not None:
        parts.append(f"candidate {finding.candidate_value}")
    if finding.expected_value is not None:
        parts.append(f"expected {finding.expected_value}")
    if finding.bound is not None:
        parts.append(f"bound {finding.bound:.3g}")
    if finding.excess is not None:
        parts.append(f"{finding.excess:.3g} times the bound")
    return "; ".join(parts)


def step_words(finding: Finding) -> str:
    """Return what the step of a finding is: the first that diverges or cannot be decided, else the nearest to its bound."""
    if finding.outcome is Outcome.DISAGREES:
        return "first divergent step"
    if finding.outcome is Outcome.UNDECIDED and not (finding.excess is not None and finding.excess <= 1):
        return "first undecided step"
    return "nearest to its bound at step"


def explanation(verdict: Verdict) -> list[tuple[str, str]]:
    """Return where the errors are made, what explains them and what to do, each under a heading."""
    place, diagnosis = verdict.localisation, verdict.diagnosis
    parts = [("where", place.sentence)] if place is not None else []
    if diagnosis is None:
        return parts
    names = f" [{', '.join(diagnosis.names)}]" if diagnosis.names else ""
    parts.append(("diagnosis", f"{diagnosis.sentence}{names}"))
    if diagnosis.confidence:
        parts.append(("how sure", diagnosis.confidence))
    if diagnosis.runner_up and diagnosis.names:
        parts.append(("next best", f"{diagnosis.runner_up}, off by {diagnosis.runner_up_ratio:.3g} bounds"))
    if diagnosis.fitted:
        parts.append(("by least squares", diagnosis.fitted))
    return [*parts, ("what to do", diagnosis.remedy)]


def explanation_lines(verdict: Verdict) -> list[str]:
    """Return `explanation` a line each."""
    return [f"{heading}: {text}" for heading, text in explanation(verdict)]


def headline(report: Report) -> str:
    """Return the one sentence that answers the question of the report."""
    total, outcomes = len(report.comparisons), [entry.verdict.outcome for entry in report.comparisons]
    wrong, open_ones = outcomes.count(Outcome.DISAGREES), outcomes.count(Outcome.UNDECIDED)
    crashed = sum(entry.crashed for entry in report.not_run)
    if not total:
        return "Nothing was compared, so nothing is decided."
    if wrong:
        place = _departure(report.comparisons[0]) if total == 1 else ""
        return f"{_of(wrong, total)} not what the mathematics says{place}."
    if open_ones:
        rest = "; the rest agree with the mathematics" if open_ones < total else ""
        return f"{_of(open_ones, total)} undecided{rest}."
    if formulas := _formulas(report) or _crashes(crashed):
        return formulas
    if total == 1:
        return "The run agrees with the mathematics to within its own rounding."
    return f"All {total} runs agree with the mathematics to within their own rounding."


def _formulas(report: Report) -> str:
    """Return what the formulas did, where not all of them hold."""
    rows = [row for section in report.theory for row in section.rows]
    wrong = sum(row.outcome is Outcome.DISAGREES for row in rows)
    open_ones = sum(row.outcome is Outcome.UNDECIDED for row in rows)
    if wrong:
        return (
            f"Every run agrees, but {wrong} of {len(rows)} statements of the theory did not hold in numbers."
        )
    if open_ones:
        return (
            f"Every run agrees, but {open_ones} of {len(rows)} statements of the theory could not be decided."
        )
    return ""


def _crashes(crashed: int) -> str:
    """Return that candidates failed to run, where any did."""
    if not crashed:
        return ""
    return f"Everything compared agrees, but {crashed} candidate{'s' * (crashed > 1)} failed to run."


def _departure(comparison: Comparison) -> str:
    finding = decisive_finding(comparison)
    return "" if finding is None or finding.step is None else f": it departs at step {finding.step}"


def _of(count: int, total: int) -> str:
    if total == 1:
        return "The run is"
    return f"{count} of {total} runs {'is' if count == 1 else 'are'}"


def _largest_ratio(curves: Curves) -> tuple[float | None, int | None]:
    if not len(curves.replay_ratio):
        return None, None
    # a ratio that is not a number is worse than any that is
    at = int(np.argmax(np.where(np.isnan(curves.replay_ratio), np.inf, curves.replay_ratio)))
    return float(curves.replay_ratio[at]), int(curves.replay_steps[at])


def _final_error(curves: Curves, name: str) -> FinalError:
    absolute, scale = float(curves.error[name][-1]), float(curves.scale[name][-1])
    return FinalError(name, absolute, absolute / scale if scale else None)
