"""Look for ever smaller drafts that still fail, and remember what was tried.

A draft is taken when the candidate disagrees on it in the same way as at first; it is then cut off after the
first divergent step.  Everything tried is remembered, so asking again costs nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from oracle.candidate_file import CandidateError
from oracle.findings import Finding, Outcome
from oracle.minimise.draft import Draft
from oracle.minimise.trial import Kind, OnTrial, Tried, kind_of, run

__all__ = ["Search", "Settings", "SpentError"]

CLEAR = 8.0  # bounds: a failure that was clear at first is not exchanged for one at the edge of rounding


@dataclass(frozen=True)
class Settings:
    """How much may be spent, and what counts as the same failure.

    Parameters
    ----------
    budget_calls : int
        Runs of the candidate, those of the final confirmation not counted.
    budget_seconds : float
        Wall time after which no further run is begun.
    same_failure : bool
        Whether the failure that remains must be found by the same check, in the state or in the same observable, and
        as clearly; else any disagreement counts.
    dtype : str
        Asked of the candidate; empty means the format the declaration keeps its state in.
    """

    budget_calls: int = 2000
    budget_seconds: float = 60.0
    same_failure: bool = True
    dtype: str = ""


class SpentError(Exception):
    """Calls or time are used up; what was found so far stands."""


class Search:
    """The smallest failing draft so far.

    Parameters
    ----------
    on_trial : OnTrial
    draft : Draft
        On which the candidate must disagree.
    settings : Settings
    progress : callable, optional
        Told (calls, budget of calls) at every run.

    Raises
    ------
    CandidateError
        If there is nothing to shrink: the candidate does not disagree on the draft, or cannot be run on it.
    """

    def __init__(
        self,
        on_trial: OnTrial,
        draft: Draft,
        settings: Settings,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self.on_trial, self.settings, self.progress = on_trial, settings, progress
        self.calls, self.began = 0, time.perf_counter()
        self.known: dict[Draft, bool] = {}
        self.best, self.tried = draft, self._run(draft)
        self.finding = _refused(self.tried, draft)
        self.kind: Kind = kind_of(self.finding)
        self.least = min(self.finding.excess or 0.0, CLEAR) if self.kind.check == "local replay" else 0.0
        self._cut_off()

    @property
    def seconds(self) -> float:
        """Wall time since the search began."""
        return time.perf_counter() - self.began

    def accepts(self, draft: Draft | None) -> bool:
        """Try a draft; where it fails in the same way it becomes the best.

        Raises
        ------
        SpentError
            If a run would be needed and the budget is used up.
        """
        if draft is None or draft == self.best or draft in self.known:
            return False
        self._check_budget()
        tried = self._run(draft)
        self.known[draft] = self._same(tried)
        if not self.known[draft]:
            return False
        self._take(draft, tried)
        self._cut_off()
        return True

    def first(self, drafts: Iterable[Draft | None]) -> bool:
        """Take the first of several drafts that fails."""
        return any(self.accepts(draft) for draft in drafts)

    def _cut_off(self) -> None:
        """Cut off what follows the first divergent step."""
        step = self.finding.step
        if step is None or step >= self.best.last or self.calls >= self.settings.budget_calls:
            return
        shorter = replace(self.best, last=step)
        tried = self._run(shorter)
        self.known[shorter] = self._same(tried)
        if self.known[shorter]:
            self._take(shorter, tried)

    def _take(self, draft: Draft, tried: Tried) -> None:
        assert tried.finding is not None
        self.best, self.tried, self.finding = draft, tried, tried.finding

    def _run(self, draft: Draft) -> Tried:
        self.calls += 1
        if self.progress is not None:
            self.progress(self.calls, self.settings.budget_calls)
        return run(self.on_trial, draft)

    def _same(self, tried: Tried) -> bool:
        if not tried.fails or not self.settings.same_failure:
            return tried.fails
        assert tried.finding is not None
        clear = self.least <= (tried.finding.excess or 0.0)
        return kind_of(tried.finding) == self.kind and clear

    def _check_budget(self) -> None:
        if self.calls >= self.settings.budget_calls or self.seconds >= self.settings.budget_seconds:
            raise SpentError


def _refused(tried: Tried, draft: Draft) -> Finding:
    """Return the disagreement to shrink."""
    if tried.fails:
        assert tried.finding is not None
        return tried.finding
    steps = f"steps 0 to {draft.last}"
    if tried.error is not None:
        raise CandidateError(
            f"there is nothing to minimise: asked to record {steps}, the candidate ended in "
            f"{type(tried.error).__name__}: {tried.error}. Expected a record that DISAGREES; repair this first"
        ) from tried.error
    assert tried.finding is not None
    outcome, reason = tried.finding.outcome, tried.finding.reason
    advice = (
        "A fault that shows only where fewer steps are recorded is in the recording"
        if outcome is Outcome.AGREES
        else "Ask for fewer steps, or for smaller numbers"
    )
    raise CandidateError(
        f"there is nothing to minimise: recorded at {steps}, the candidate {outcome} ({reason}). "
        f"Expected a spec and a declaration for which it DISAGREES. {advice}"
    )
