"""The smallest exact case on which a candidate still disagrees.

What is shrunk: the last step down to the first divergent one, samples, coordinates, batches, the initial
momentum, the loss, and every number down to few digits.  Each trial is a valid spec, run by the candidate and
judged by local replay (`oracle.step_check`), so that no golden is computed and numpy alone is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from oracle.findings import Finding, candidate_text
from oracle.minimise.draft import Size, canonical_of, draft_of, size_of
from oracle.minimise.reductions import shrink
from oracle.minimise.search import Search, Settings, SpentError
from oracle.minimise.trial import OnTrial, run
from oracle.records.candidate import Candidate, Declaration

__all__ = ["Counterexample", "minimise"]

REPEATS = 3


@dataclass(frozen=True)
class Counterexample:
    """The smallest failing case that was reached.

    Parameters
    ----------
    canonical : dict
        Its canonical spec, all steps from 0 to the last wanted.
    declaration : Declaration
    dtype : str
        Asked of the candidate.
    finding : Finding
        Of the failure that remains.
    recorded : tuple of str
        What the candidate recorded of the failing coordinate, step after step; empty where the finding names none.
    shrunk_from, shrunk_to : Size
        Samples, coordinates, steps and digits before and after.
    reached_minimum : bool
        Whether every single further reduction was tried and none fails.
    calls : int
        Runs of the candidate, the confirmation among them.
    seconds : float
    repeats, reproduced : int
        How often the last case was run once more, and how often it failed again.
    """

    canonical: dict[str, Any]
    declaration: Declaration
    dtype: str
    finding: Finding
    recorded: tuple[str, ...]
    shrunk_from: Size
    shrunk_to: Size
    reached_minimum: bool
    calls: int
    seconds: float
    repeats: int
    reproduced: int

    @property
    def flaky(self) -> bool:
        """Whether the same case passed when it was run again."""
        return self.reproduced < self.repeats


def minimise(
    candidate: Candidate,
    canonical: Mapping[str, Any],
    declaration: Declaration,
    settings: Settings | None = None,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Counterexample:
    """Return the smallest exact case on which the candidate still disagrees.

    Parameters
    ----------
    candidate : Candidate
    canonical : mapping
        Canonical spec of iterates on which it disagrees; all steps up to the last it wants are recorded.
    declaration : Declaration
    settings : Settings, optional
        Budget, and what counts as the same failure.
    progress : callable, optional
        Told (calls, budget of calls) at every run of the candidate.

    Returns
    -------
    Counterexample

    Raises
    ------
    CandidateError
        If there is nothing to minimise: the candidate agrees on the spec, cannot be decided or cannot be run.
    oracle.spec_error.SpecError
        If the spec wants no iterates of a discrete method.
    """
    settings = settings or Settings()
    on_trial = OnTrial(candidate, declaration, settings.dtype or declaration.kept_in)
    draft = draft_of(canonical)
    search = Search(on_trial, draft, settings, progress)
    try:
        shrink(search)
        reached = True
    except SpentError:
        reached = False
    reproduced = sum(run(on_trial, search.best).fails for _ in range(REPEATS))
    return Counterexample(
        canonical=canonical_of(search.best),
        declaration=declaration,
        dtype=on_trial.dtype,
        finding=search.finding,
        recorded=_recorded(search),
        shrunk_from=size_of(draft),
        shrunk_to=size_of(search.best),
        reached_minimum=reached,
        calls=search.calls + REPEATS,
        seconds=search.seconds,
        repeats=REPEATS,
        reproduced=reproduced,
    )


def _recorded(search: Search) -> tuple[str, ...]:
    """Return the failing coordinate of every recorded step."""
    finding = search.finding
    if finding.observable is None:
        return ()
    rows = search.tried.arrays[finding.observable]
    values = rows if finding.coordinate is None else rows[:, finding.coordinate]
    return tuple(
        candidate_text(float(value), search.on_trial.declaration.dtype) for value in np.asarray(values)
    )
