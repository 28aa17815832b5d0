"""Judge successive states of a run while it runs: local replay alone, no golden, no end to wait for.

From each recorded state one exact step; the difference to the next recorded state must lie within the
rounding bound of the declared arithmetic (`oracle.replay`).  Any window of successive states can be
judged by itself, wherever in the run it lies, as long as it holds the momenta or three states in a row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from oracle.case import case_of
from oracle.data_checks import check_record, finite_rows, kept_finding, recorded_steps
from oracle.findings import Finding, Outcome
from oracle.float_filter import filtered_replay
from oracle.records.candidate import Array, Declaration
from oracle.state_checks import replay_finding, start_finding
from oracle.trace import trace_of
from reference.models import MODELS

__all__ = ["StepCheck"]


class StepCheck:
    """The judge of one run.

    Parameters
    ----------
    canonical : mapping
        `oracle.spec.Spec.canonical` of a discrete method; its ``want`` is not looked at.
    declaration : Declaration
        Update form and dtypes of the code on trial.

    Raises
    ------
    oracle.spec_error.SpecError
        If the spec is no case.
    """

    def __init__(self, canonical: Mapping[str, Any], declaration: Declaration) -> None:
        self.case = case_of(canonical)
        self.declaration = declaration

    def __call__(self, steps: Sequence[int], arrays: Mapping[str, Array]) -> Finding:
        """Judge recorded states.

        Parameters
        ----------
        steps : sequence of int, shape (K,)
            Strictly ascending; successive ones are judged.
        arrays : mapping of name to ndarray, shape (K, d)
            The parameters and, to judge from two states on, their momenta ``p_<parameter>``.

        Returns
        -------
        Finding
            DISAGREES with the first divergent step, coordinate and size; AGREES with the step that came
            nearest to its bound; UNDECIDED where nothing could be replayed or the run has overflowed.

        Raises
        ------
        CandidateError
            If arrays are missing or have another shape or dtype than declared.
        """
        rows = recorded_steps(arrays, steps)
        check_record(self.case, self.declaration, arrays, rows)
        kept = kept_finding(self.declaration, arrays, rows, MODELS[self.case.model].names)
        if kept is not None:
            return kept
        trace = trace_of(self.case, arrays, rows).head(finite_rows(arrays, list(arrays)))
        start = start_finding(self.case, self.declaration, trace)
        if start is not None and start.outcome is Outcome.DISAGREES:
            return start
        found = replay_finding(self.declaration, trace, filtered_replay(self.case, self.declaration, trace))
        if found is not None and (found.outcome is Outcome.DISAGREES or len(trace) == len(rows)):
            return found
        if len(trace) < len(rows):
            reason = f"the run is no longer finite at step {rows[len(trace)]}"
            return Finding("local replay", Outcome.UNDECIDED, reason, rows[len(trace)])
        reason = f"no two of the {len(rows)} recorded states can be replayed: record successive steps"
        return Finding("local replay", Outcome.UNDECIDED, reason)
