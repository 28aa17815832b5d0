"""A time and an accuracy of the same calls: who disagrees with the mathematics has no time to show.

pytest-benchmark does the timing, and stores no time of a run that fails here.  What the last two of its calls
returned is judged, the last but one among those that it timed; `extra_info` gets the verdict, the accuracy in units
of the bound, and the declaration it follows from.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from oracle.candidate_file import CandidateError
from oracle.findings import Outcome
from oracle.pytest_plugin.accuracy import Accuracy, accuracy_of
from oracle.pytest_plugin.asking import Oracle, require_agreement, skip_where_missing
from oracle.pytest_plugin.earlier import KEY, Earlier, Promise, complaint
from oracle.pytest_plugin.judged import Handed, Judged, Recorded, arrays_of, hand_over, name_of
from oracle.pytest_plugin.questions import Asked, question_of
from oracle.pytest_plugin.refusals import plainly
from oracle.pytest_plugin.session import session_of
from oracle.pytest_plugin.settings import has_benchmark
from oracle.records.candidate import Array, CandidateTask
from oracle.records.golden import canonical_text, sha256_name
from oracle.report.comparison import Comparison
from oracle.report.figures import bounds

if TYPE_CHECKING:
    from typing import Unpack

    from oracle.verdict import Verdict

__all__ = ["OracleBenchmark", "oracle_benchmark_for"]


class OracleBenchmark:
    """The fixture `oracle_benchmark`.

    Parameters
    ----------
    oracle : Oracle
    benchmark : pytest_benchmark.fixture.BenchmarkFixture
    earlier : Earlier or None
        What the accuracy is held against.
    """

    def __init__(self, oracle: Oracle, benchmark: Any, earlier: Earlier | None) -> None:
        self.oracle = oracle
        self.benchmark = benchmark
        self.earlier = earlier

    def __call__(
        self,
        candidate: Any,
        spec: Any = None,
        *,
        at_most: float | None = None,
        threads: int = 1,
        **asked: Unpack[Asked],
    ) -> Verdict:
        """Time a candidate, judge what the timed calls returned, and return the verdict.

        Parameters
        ----------
        candidate : callable
            One with an attribute `prepare` is prepared before it is timed.
        spec : Spec, mapping or path
        at_most : float, optional
            The accuracy that this kernel states: its largest local error in units of the bound, at most 1.
        threads : int
            For `prepare`.
        **asked
            See `oracle.pytest_plugin.questions.Asked`.

        Raises
        ------
        AssertionError
            If the run does not agree, is less accurate than `at_most`, or than ``--oracle-compare`` demands.
        CandidateError
            If the candidate cannot be run or judged at all.
        """
        __tracebackhide__ = True
        question = question_of(asked)
        plainly(_check, candidate, at_most)
        skip_where_missing(candidate)
        handed = plainly(hand_over, candidate, spec, question, self.oracle.goldens)
        runs = self._timed(prepared(candidate, handed.task, threads))
        promise, note = self._promise(handed)
        name = name_of(candidate)
        found = [self.oracle.settle(_recorded(name, run, handed), question, note) for run in runs]
        worst = max(found, key=_badness)
        accuracy = _accuracy(worst.comparison, handed)
        self.benchmark.extra_info[KEY] = _facts(worst, accuracy, at_most, handed)
        try:
            verdict = require_agreement(worst)
            _require_stated(worst, accuracy, at_most)
            if promise is not None:
                self._require_promised(worst, handed, promise)
        except AssertionError:
            self.benchmark.has_error = True  # its time goes into no JSON, and so into no later comparison
            raise
        return verdict

    def _timed(self, run: Callable[[], Any]) -> list[Any]:
        """Let pytest-benchmark call a function; return what the last two calls returned, once if it is the same."""
        kept: deque[Any] = deque(maxlen=2)
        self.benchmark(lambda: kept.append(run()))
        if len(kept) == 2 and _same(kept[0], kept[1]):
            kept.popleft()
        return list(kept)

    def _require_promised(self, judged: Judged, handed: Handed, promise: Promise) -> None:
        __tracebackhide__ = True
        assert self.earlier is not None
        now = _accuracy(judged.comparison, handed, promise)
        why = complaint(promise, now, self.earlier.allowed)
        if why:
            raise AssertionError(
                f"{judged.comparison.title} AGREES, but is less accurate than before: {why}. {self._times(promise)}"
            )

    def _promise(self, handed: Handed) -> tuple[Promise | None, str]:
        """Return what this very benchmark promised earlier, or a note on why nothing can be compared."""
        if self.earlier is None:
            return None, ""
        promise, where = self.earlier.promises.get(self.benchmark.fullname), self.earlier.path.name
        if promise is None:
            return None, f"not compared, for `{where}` holds no such benchmark"
        if promise.problem != _problem(handed):
            return None, f"not compared, for in `{where}` it ran on another problem"
        if promise.verdict != Outcome.AGREES:
            return None, f"not compared, for in `{where}` it was {promise.verdict}"
        return promise, ""

    def _times(self, promise: Promise) -> str:
        """Return the change of speed, where both sessions timed it."""
        stats = getattr(self.benchmark.stats, "stats", None)
        if stats is None or not promise.seconds:
            return "Its time was not measured in both sessions"
        factor = promise.seconds / stats.median
        return f"It is {factor:.3g} times as fast, which does not make up for it"


def oracle_benchmark_for(request: pytest.FixtureRequest) -> OracleBenchmark:
    """Return the fixture of one test; without pytest-benchmark the test fails, for what is gated there is not."""
    __tracebackhide__ = True
    if not has_benchmark(request.config):
        pytest.fail(
            "the fixture `oracle_benchmark` needs pytest-benchmark, which is not installed or switched off: "
            "`pip install pytest-benchmark`, and no `-p no:benchmark`",
            pytrace=False,
        )
    session = session_of(request.config)
    return OracleBenchmark(session.oracle, request.getfixturevalue("benchmark"), session.earlier)


def prepared(candidate: Any, task: CandidateTask, threads: int) -> Callable[[], Any]:
    """Return a function that makes the run once, prepared where the candidate can be."""
    if hasattr(candidate, "prepare"):
        run: Callable[[], Any] = candidate.prepare([task], threads)
        return run
    problem, method, steps = task.problem, task.method, task.steps
    return lambda: [candidate(problem, method, steps)]


def _require_stated(judged: Judged, accuracy: Accuracy | None, at_most: float | None) -> None:
    __tracebackhide__ = True
    if at_most is None:
        return
    title = judged.comparison.title
    if accuracy is None:
        raise AssertionError(
            f"{title} states an accuracy (`at_most={at_most}`), but no step of it could be replayed: record "
            "successive steps"
        )
    if accuracy.largest > at_most:
        raise AssertionError(
            f"{title} AGREES, but is less accurate than it states: its largest local error is "
            f"{bounds(accuracy.largest)} of its bound, and `at_most={at_most}`"
        )


def _check(candidate: Any, at_most: float | None) -> None:
    if not callable(candidate):
        raise CandidateError(
            f"the candidate is a `{type(candidate).__name__}`; expected a callable of (problem, method, steps), since "
            "what is timed is its run"
        )
    if at_most is not None and not 0 < at_most <= 1:
        raise CandidateError(
            f"`at_most` is {at_most!r}; expected a share of the bound greater than 0 and at most 1"
        )


def _recorded(name: str, returned: Any, handed: Handed) -> Recorded:
    __tracebackhide__ = True
    arrays = plainly(_only_run, name, returned)
    return Recorded(name, arrays, handed.declaration, tuple(handed.task.steps), handed.posed)


def _only_run(name: str, returned: Any) -> dict[str, Array]:
    if not isinstance(returned, Sequence) or len(returned) != 1:
        what = (
            f"{len(returned)} of them" if isinstance(returned, Sequence) else f"a `{type(returned).__name__}`"
        )
        raise CandidateError(
            f"the prepared run of `{name}` returned {what}; expected a list of one run's arrays"
        )
    return arrays_of(name, returned[0])


def _same(first: Any, second: Any) -> bool:
    """Whether two calls returned the same bits; what cannot be told is judged twice."""
    if first is second:
        return True
    try:
        one, other = arrays_of("", first[0]), arrays_of("", second[0])
    except (CandidateError, TypeError, IndexError, KeyError):
        return False
    return one.keys() == other.keys() and all(_same_bits(one[name], other[name]) for name in one)


def _same_bits(one: Array, other: Array) -> bool:
    if one is other:
        return True
    return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()


def _badness(judged: Judged) -> tuple[int, float]:
    order = (Outcome.AGREES, Outcome.UNDECIDED, Outcome.DISAGREES)
    curves = judged.verdict.curves
    worst = 0.0 if curves is None else float(np.max(curves.replay_ratio, initial=0.0))
    return order.index(judged.verdict.outcome), worst


def _accuracy(comparison: Comparison, handed: Handed, promise: Promise | None = None) -> Accuracy | None:
    """Return the accuracy in the bounds of its own declaration, or of an earlier one."""
    declaration = comparison.verdict.declaration if promise is None else promise.declaration
    if comparison.verdict.curves is None:
        return None
    return accuracy_of(handed.posed.canonical, declaration, comparison.arrays, comparison.steps)


def _facts(
    judged: Judged, accuracy: Accuracy | None, at_most: float | None, handed: Handed
) -> dict[str, Any]:
    """Return what pytest-benchmark stores beside the time."""
    comparison = judged.comparison
    return {
        "verdict": str(comparison.verdict.outcome),
        "in_bounds": None if accuracy is None else accuracy.largest,
        "accuracy": None if accuracy is None else asdict(accuracy),
        "at_most": at_most,
        "declaration": asdict(comparison.verdict.declaration),
        "candidate": comparison.candidate,
        "method": comparison.method,
        "problem": _problem(handed),
        "golden": comparison.golden.digest,
    }


def _problem(handed: Handed) -> str:
    """Return the digest of a spec but for the format of its inputs, which follows the dtype, and its digits."""
    same: Mapping[str, Any] = {
        name: value for name, value in handed.posed.canonical.items() if name not in ("inputs_as", "digits")
    }
    return sha256_name(canonical_text({**same, "steps": list(handed.task.steps)}).encode())
