"""The marker ``oracle``: what a test returns, or hands to `oracle_task`, is judged when it has ended."""

# ruff: noqa: PLC0415 - a session in which nothing is marked imports nothing

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from oracle.pytest_plugin.session import session_of

if TYPE_CHECKING:
    from oracle.pytest_plugin.judged import Handed
    from oracle.pytest_plugin.questions import Question
    from oracle.records.candidate import CandidateMethod, CandidateProblem

__all__ = ["LINE", "Marked", "OracleTask", "check_marker", "judge_after_call", "marked", "task_for"]

LINE = (
    "oracle(spec, *, dtype, form, accumulate, operands, state, declaration, golden, steps, report, undecided): judge the "
    "arrays that the test returns or gives to `oracle_task.record`, by a spec: a mapping, what `oracle.spec` returns, "
    "or the path of a JSON file beside the test."
)
EXAMPLE = '`@pytest.mark.oracle(spec="heavy_ball.json", dtype="float32")`'
TASK = pytest.StashKey["OracleTask"]()


@dataclass(frozen=True)
class Marked:
    """What the markers of a test say together; the nearest has the last word.

    Parameters
    ----------
    spec : Spec, mapping or path
    question : Question
    undecided : str
    """

    spec: Any
    question: Question
    undecided: str


@dataclass
class OracleTask:
    """A run asked of a test.

    Parameters
    ----------
    problem : CandidateProblem
        X, y, loss, model and start in the dtype of the marker.
    method : CandidateMethod
    steps : sequence of int
        To be recorded.
    """

    problem: CandidateProblem
    method: CandidateMethod
    steps: Sequence[int]
    handed: Handed = field(repr=False)
    recorded: list[Any] = field(default_factory=list, repr=False)

    def record(self, arrays: Mapping[str, Any]) -> None:
        """Hand over the arrays to be judged when the test has ended; may be called once.

        Parameters
        ----------
        arrays : mapping of name to array
            Each parameter of the model, shape (len(steps), d), and what else a candidate may record.
        """
        if self.recorded:
            pytest.fail(
                "`oracle_task.record` was called twice; expected one run of one test: judge more of them with the "
                "fixture `oracle`",
                pytrace=False,
            )
        self.recorded.append(arrays)


def marked(item: pytest.Item) -> Marked | None:
    """Return what the markers of a test say, None where there is none; misuse fails the test."""
    markers = list(item.iter_markers("oracle"))
    if not markers:
        return None
    said: dict[str, Any] = {}
    for marker in reversed(markers):
        if marker.args:
            _misuse(f"it was given {marker.args[0]!r} without a name; expected keywords alone")
        said |= marker.kwargs
    return _read(said, item)


def check_marker(item: pytest.Item) -> None:
    """Fail a marked test before it runs where its marker cannot be used."""
    if marked(item) is not None and inspect.iscoroutinefunction(getattr(item, "obj", None)):
        _misuse("the test is a coroutine; expected a plain function that returns arrays")


def task_for(item: pytest.Item) -> OracleTask:
    """Return the run that the marker of a test asks for."""
    from oracle.pytest_plugin.judged import hand_over
    from oracle.pytest_plugin.refusals import plainly

    __tracebackhide__ = True
    found = marked(item)
    if found is None:
        pytest.fail(
            f"the fixture `oracle_task` was asked for by a test without the marker `oracle`; add it: {EXAMPLE}",
            pytrace=False,
        )
    goldens = session_of(item.config).oracle.goldens
    handed = plainly(hand_over, None, found.spec, found.question, goldens)
    task = handed.task
    item.stash[TASK] = OracleTask(task.problem, task.method, task.steps, handed)
    return item.stash[TASK]


def judge_after_call(item: pytest.Function) -> Generator[None, object, object]:
    """Run a marked test with its return value kept, then judge what it returned or recorded."""
    __tracebackhide__ = True
    found = marked(item)
    assert found is not None
    returned: list[Any] = []
    function = item.obj
    item.obj = _keeping(function, returned)
    try:
        result = yield
    finally:
        item.obj = function
    _judge(item, found, [value for value in returned if value is not None])
    return result


def _judge(item: pytest.Function, found: Marked, returned: list[Any]) -> None:
    from oracle.pytest_plugin.asking import require_agreement

    __tracebackhide__ = True
    task = item.stash.get(TASK, None)
    given = returned + ([] if task is None else task.recorded)
    if len(given) != 1:
        _misuse(
            "the test returned nothing and recorded nothing; return its arrays, or hand them to `oracle_task.record`"
            if not given
            else "the test both returned and recorded arrays; do one of the two"
        )
    judged = _judged(item, found, task, given[0])
    try:
        require_agreement(judged, found.undecided)
    except AssertionError as error:
        text = str(error)
    else:
        return
    pytest.fail(text, pytrace=False)


def _judged(item: pytest.Function, found: Marked, task: OracleTask | None, given: Any) -> Any:
    """Return the verdict: by the task's own numbers where they were handed over."""
    from oracle.pytest_plugin.judged import Recorded, arrays_of
    from oracle.pytest_plugin.refusals import plainly

    __tracebackhide__ = True
    oracle, name = session_of(item.config).oracle, item.name
    if task is None or isinstance(given, str | PathLike):
        return oracle.judged(given, found.spec, found.question)
    arrays = plainly(arrays_of, name, given)
    handed = task.handed
    recorded = Recorded(name, arrays, handed.declaration, tuple(task.steps), handed.posed)
    return oracle.settle(recorded, found.question)


def _keeping(function: Callable[..., Any], returned: list[Any]) -> Callable[..., None]:
    """Return the test function with its return value kept: pytest itself wants it to be None."""

    @functools.wraps(function)
    def call(*arguments: Any, **named: Any) -> None:
        __tracebackhide__ = True
        returned.append(function(*arguments, **named))

    return call


def _read(said: dict[str, Any], item: pytest.Item) -> Marked:
    from oracle.pytest_plugin.asking import UNDECIDED
    from oracle.pytest_plugin.questions import question_of

    spec, undecided = said.pop("spec", None), said.pop("undecided", "fail")
    if spec is None and said.get("golden") is None:
        _misuse("it names no `spec`")
    if undecided not in UNDECIDED:
        _misuse(f"`undecided` is {undecided!r}; expected one of {', '.join(UNDECIDED)}")
    try:
        question = question_of(said)
    except TypeError as error:
        _misuse(str(error))
    if isinstance(spec, str | PathLike):
        spec = item.path.parent / Path(spec)
    return Marked(spec, question, undecided)


def _misuse(what: str) -> NoReturn:
    __tracebackhide__ = True
    pytest.fail(f"the marker `oracle` cannot be used: {what}; as in {EXAMPLE}", pytrace=False)
