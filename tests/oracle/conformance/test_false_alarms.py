"""Correct runs are counted, wrong ones raise the alarm, and an alarm says how to hear it again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from oracle.conformance.false_alarms import SPARSE, STRIDE, correct_runs, merged, problem_at, runnable
from oracle.conformance.judging import Judgement
from oracle.conformance.random_problems import random_problem
from oracle.findings import Finding, Outcome


def runs(correct: dict[str, Any], count: int, seed: int = 0, **options: Any) -> Any:
    """Run on so many problems, float64 and float32 in turn."""
    problems = [problem_at(seed, index, ("float64", "float32")) for index in range(count)]
    return merged(
        correct_runs(correct, problem, runnable(correct, problem), **options) for problem in problems
    )


def test_correct_implementations_raise_no_alarm(kernel: Any, in_reverse: Any) -> None:
    """Two orders of sums on 24 problems: no run is refused, and most are decided."""
    found = runs({"plain": kernel(), "backwards": kernel(product=in_reverse)}, 24)
    assert found.alarms == ()
    assert [tally.disagrees for tally in found.tallies] == [0] * 4
    assert all(9 <= tally.runs <= 12 for tally in found.tallies)  # of 12, but for those with a schedule
    assert sum(tally.agrees for tally in found.tallies) >= 30
    assert all(0 < tally.largest <= 1 for tally in found.tallies)
    assert all(tally.across_gaps > 0 for tally in found.tallies)


def test_slight_error_in_an_implementation_is_an_alarm(kernel: Any) -> None:
    """A gradient off by 2⁻³⁰ on float64 problems: refused, told with step, size and spec."""
    wrong = {"wrong": kernel(scaled=lambda k: 1 + 2.0**-30, dtypes=frozenset({"float64"}))}
    found = runs(wrong, 12)
    (tally,) = found.tallies
    assert 0 < len(found.alarms) == tally.disagrees <= tally.runs <= 6
    assert not any(alarm.broke for alarm in found.alarms)
    assert any("local replay" in alarm.reason and "bounds" in alarm.reason for alarm in found.alarms)


def test_alarm_is_enough_to_make_the_problem_again(kernel: Any) -> None:
    """Seed, index, dtype and stride give the very spec that the alarm holds, with gaps and without."""
    found = runs({"wrong": kernel(scaled=lambda k: 2.0)}, 16, seed=4)
    assert {alarm.stride for alarm in found.alarms} == {1, STRIDE}
    for alarm in found.alarms:
        again = random_problem(alarm.seed, alarm.index, alarm.dtype, alarm.stride)
        assert again.canonical == json.loads(alarm.spec)


def test_implementation_that_breaks_is_named(kernel: Any) -> None:
    """It hides nobody else's run."""

    def broken(*_: Any) -> Any:
        raise ZeroDivisionError("by nought")

    found = runs({"broken": broken, "plain": kernel()}, 2)
    assert [(alarm.implementation, alarm.broke, alarm.reason) for alarm in found.alarms] == [
        ("broken", True, "ZeroDivisionError: by nought")
    ] * 2
    assert [tally.implementation for tally in found.tallies] == ["plain"] * 2


def test_implementation_may_decline_a_problem(kernel: Any) -> None:
    """NotImplementedError says that it was not made for this: neither a run nor an alarm."""

    def choosy(problem: Any, method: Any, steps: Any) -> Any:
        if method.batches:
            raise NotImplementedError("mini-batches")
        return kernel()(problem, method, steps)

    found = runs({"choosy": choosy}, 12)
    assert found.alarms == ()
    assert 0 < sum(tally.runs for tally in found.tallies) < 12


def test_record_that_is_none_is_a_break(kernel: Any) -> None:
    """An implementation that leaves out a parameter cannot be judged; it is told, not counted."""

    def forgetful(problem: Any, method: Any, steps: Any) -> Any:
        arrays = dict(kernel()(problem, method, steps))
        del arrays[next(iter(arrays))]
        return arrays

    found = runs({"forgetful": forgetful}, 2)
    assert all(alarm.broke and "no array" in alarm.reason for alarm in found.alarms)
    assert len(found.alarms) == 2


def test_judge_that_refuses_everything_raises_alarms_alone(kernel: Any) -> None:
    """Each of its refusals is a false alarm."""
    finding = Finding("local replay", Outcome.DISAGREES, "so it is", 1)
    found = runs({"plain": kernel()}, 6, judge=lambda *_: Judgement(Outcome.DISAGREES, (finding,)))
    assert len(found.alarms) == sum(tally.disagrees for tally in found.tallies) == 6


def test_literal_tolerances_refuse_correct_runs(kernel: Any) -> None:
    """assert_allclose, 10⁻⁷ relative, on float32: most correct runs."""
    found = runs({"plain": kernel(dtypes=frozenset({"float32"}))}, 24)
    (tally,) = found.tallies
    assert tally.runs / 2 < tally.numpy_all <= tally.runs


@pytest.mark.parametrize("index", range(24))
def test_dtypes_take_turns_and_some_records_have_gaps(index: int) -> None:
    """With two dtypes, problem i is of dtype i mod 2; in every fourth turn states are left out."""
    problem = problem_at(0, index, ("float64", "float32"))
    gaps = problem.steps[1] - problem.steps[0]
    assert problem.dtype == ("float64", "float32")[index % 2]
    assert gaps == (STRIDE if index // 2 % SPARSE == SPARSE - 1 else 1)
