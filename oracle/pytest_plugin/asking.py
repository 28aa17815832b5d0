"""What the fixture `oracle` gives a test: specs, goldens, verdicts, and an assertion that shows its verdict."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal

import pytest

from oracle.candidate_file import CandidateError
from oracle.candidates import missing_for
from oracle.findings import Outcome
from oracle.pytest_plugin.failure_text import failure_text
from oracle.pytest_plugin.goldens_at_hand import Goldens
from oracle.pytest_plugin.judged import Judged, Recorded, hand_over, judged, name_of, recorded_arrays, run
from oracle.pytest_plugin.questions import Asked, Question, canonical_of, question_of
from oracle.pytest_plugin.refusals import plainly
from oracle.pytest_plugin.short_specs import short_spec
from oracle.records.golden import Golden, canonical_text, sha256_name

if TYPE_CHECKING:
    from typing import Unpack

    from oracle.pytest_plugin.ledger import Ledger
    from oracle.spec import Spec
    from oracle.verdict import Verdict

__all__ = ["Oracle", "Undecided", "require_agreement"]

Undecided = Literal["fail", "skip", "xfail"]
UNDECIDED = ("fail", "skip", "xfail")


class Oracle:
    """The judge, for tests.

    Parameters
    ----------
    goldens : Goldens
    ledger : Ledger
        Where every verdict is written down for the session's report.
    """

    def __init__(self, goldens: Goldens, ledger: Ledger) -> None:
        self.goldens = goldens
        self.ledger = ledger

    def spec(self, X: Any, y: Any, **fields: Any) -> Spec:
        """Return a spec on a regression in one call; see `oracle.pytest_plugin.short_specs.short_spec`.

        Raises
        ------
        oracle.spec_error.SpecError
            If a number is not exact, or the fields do not fit each other.

        Examples
        --------
        >>> oracle.spec([[1, "0.5"]], [1], u="1/4", v="1/4", step_size="0.05", momentum="0.9", steps=20)  # doctest: +SKIP
        """
        __tracebackhide__ = True
        from oracle.spec import spec_from  # noqa: PLC0415 - needs pydantic, which what judges does not

        return plainly(lambda: spec_from(short_spec(X, y, **fields)))

    def golden(self, spec: Spec | Mapping[str, Any] | str | PathLike[str]) -> Golden:
        """Return the golden of a spec, from the store or computed; the start alone where neither can be had."""
        __tracebackhide__ = True
        return plainly(self._golden, spec)

    def judge(self, candidate: Any, spec: Any = None, **asked: Unpack[Asked]) -> Verdict:
        """Return the verdict on a candidate, whatever it is.

        Parameters
        ----------
        candidate : callable, mapping of name to array, or path of an `.npz`
            A callable of (problem, method, steps) is run on the spec's problem in `dtype`.
        spec : Spec, mapping, or path of a JSON file
            May be left out where `golden` is given.
        **asked
            See `oracle.pytest_plugin.questions.Asked`.

        Raises
        ------
        oracle.candidate_file.CandidateError
            If the candidate cannot be judged at all.
        oracle.spec_error.SpecError
            If the spec is none.
        """
        __tracebackhide__ = True
        return self.judged(candidate, spec, question_of(asked)).verdict

    def assert_agrees(
        self, candidate: Any, spec: Any = None, *, undecided: Undecided = "fail", **asked: Unpack[Asked]
    ) -> Verdict:
        """Return the verdict where it is AGREES, and fail the test where it is not.

        Parameters
        ----------
        candidate, spec, **asked
            As in `judge`.
        undecided : str
            What UNDECIDED does to the test: ``fail``, ``skip`` or ``xfail``.

        Raises
        ------
        AssertionError
            With the verdict, the first divergent step and coordinate, the size in bounds and the diagnosis.

        Notes
        -----
        And what `judge` raises.
        """
        __tracebackhide__ = True
        found = self.judged(candidate, spec, question_of(asked))
        return require_agreement(found, undecided)

    def judged(self, candidate: Any, spec: Any, question: Question) -> Judged:
        """Run what is to be run, judge it, and write the verdict down."""
        __tracebackhide__ = True
        if not callable(candidate) or isinstance(candidate, Mapping):
            return self.settle(plainly(self._recorded, candidate, spec, question), question)
        skip_where_missing(candidate)
        handed = plainly(hand_over, candidate, spec, question, self.goldens)
        try:
            recorded = run(candidate, handed)
        except Exception as error:  # whoever's code it is, its failure belongs in the report as well
            if question.report:
                self.ledger.failed(name_of(candidate), error)
            raise
        return self.settle(recorded, question)

    def settle(self, recorded: Recorded, question: Question, note: str = "") -> Judged:
        """Judge a record and write the verdict down, with a note for the summary."""
        __tracebackhide__ = True
        found = plainly(judged, recorded)
        if question.report:
            self.ledger.add(found, note)
        return found

    def _golden(self, spec: Any) -> Golden:
        canonical = canonical_of(spec)
        digest = sha256_name(canonical_text(dict(canonical)).encode())
        return self.goldens.of(canonical, digest).golden

    def _recorded(self, candidate: Any, spec: Any, question: Question) -> Recorded:
        if not isinstance(candidate, Mapping | str | PathLike):
            raise CandidateError(
                f"the candidate is a `{type(candidate).__name__}`; expected a callable of (problem, method, steps), "
                "a mapping of arrays by name, or the path of an `.npz`"
            )
        return recorded_arrays(candidate, spec, question, self.goldens)


def require_agreement(found: Judged, undecided: str = "fail") -> Verdict:
    """Return the verdict where it is AGREES.

    Raises
    ------
    AssertionError
        On DISAGREES, and on UNDECIDED unless `undecided` says otherwise.
    ValueError
        If `undecided` says none of what it can.
    """
    __tracebackhide__ = True
    if undecided not in UNDECIDED:
        raise ValueError(f"`undecided` is {undecided!r}; expected one of {', '.join(UNDECIDED)}")
    outcome = found.verdict.outcome
    if outcome is Outcome.AGREES:
        return found.verdict
    text = failure_text(found)
    if outcome is Outcome.UNDECIDED and undecided == "skip":
        pytest.skip(text)
    if outcome is Outcome.UNDECIDED and undecided == "xfail":
        pytest.xfail(text)
    raise AssertionError(text)


def skip_where_missing(candidate: Any) -> None:
    """Skip the test where the candidate says that this machine lacks something."""
    __tracebackhide__ = True
    missing = missing_for(candidate)
    if missing:
        pytest.skip(f"`{name_of(candidate)}` cannot run on this machine: {missing}")
