"""The self-test can fail: a judge that is blind, mute or nervous, and an implementation that is wrong, fail it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from oracle.candidate_file import CandidateError
from oracle.conformance.crew import Crew
from oracle.conformance.judging import Judgement, judged
from oracle.conformance.self_test import SelfTestSettings, self_test
from oracle.findings import Finding, Outcome
from oracle.report.power import PowerReport

SMALL = SelfTestSettings(quick=True, runs=8, dtypes=("float64",))


def silent(name: str) -> Callable[[int, int], None]:
    """Take a stage's name and say nothing."""
    return lambda done, total: None


def run(crew: Crew, judge: Any = judged, settings: SelfTestSettings = SMALL) -> PowerReport:
    """Run the self-test on stand-ins."""
    return self_test(settings, silent, crew, judge)


def test_honest_judge_passes(crew: Any) -> None:
    """Two faults caught and named, correct runs of the kernel and of another order of sums, no alarm."""
    report = run(crew())
    assert report.shortfalls == ()
    assert report.passed
    assert (report.caught.found, report.caught.of) == (report.named.found, report.named.of) == (2, 2)
    assert report.correct_runs >= 8
    assert 0 < report.strayed < report.factor


def test_blind_judge_fails(crew: Any) -> None:
    """One that calls everything AGREES misses every fault."""
    report = run(crew(), lambda *_: Judgement(Outcome.AGREES, ()))
    assert not report.passed
    assert "2 of 2 planted runs were not caught" in report.shortfalls


def test_undecided_is_not_caught(crew: Any) -> None:
    """One that never decides misses every fault, too."""
    report = run(crew(), lambda *_: Judgement(Outcome.UNDECIDED, ()))
    assert (report.passed, report.caught.found, report.false_alarms) == (False, 0, 0)


@pytest.mark.parametrize("names", [(), ("gradient_ascent",), ("first_batch_only", "row_skipped")])
def test_diagnosis_that_always_says_the_same_fails(crew: Any, names: tuple[str, ...]) -> None:
    """Whatever it says, it does not say what was done."""

    def mute(*question: Any) -> Judgement:
        return replace(judged(*question), names=names)

    report = run(crew(), mute)
    assert (report.passed, report.caught.whole, report.named.found) == (False, True, 0)
    assert "0/2 of the caught are named rightly, 90 % are asked" in report.shortfalls


def test_nervous_judge_fails(crew: Any) -> None:
    """One that refuses everything raises a false alarm at every correct run."""
    finding = Finding("local replay", Outcome.DISAGREES, "so it is", 1)
    report = run(crew(), lambda *_: Judgement(Outcome.DISAGREES, (finding,)))
    assert not report.passed
    assert report.false_alarms == report.correct_runs == len(report.alarms) > 0


def test_wrong_implementation_among_the_correct_fails(crew: Any, kernel: Any) -> None:
    """A gradient off by 2⁻³⁰ is an alarm, with all that is needed to see it again."""
    report = run(crew(wrong=kernel(scaled=lambda k: 1 + 2.0**-30)))
    assert not report.passed
    assert {alarm.implementation for alarm in report.alarms} == {"wrong"}


def test_implementation_that_breaks_fails(crew: Any) -> None:
    """A correct run that does not come to an end is no correct run."""

    def broken(*_: Any) -> Any:
        raise ZeroDivisionError("by nought")

    report = run(crew(broken=broken))
    assert any("did not come to an end" in reason for reason in report.shortfalls)


@pytest.mark.parametrize(("only", "reason"), [("plain", "no correct"), ("backwards", "nothing was tried")])
def test_half_a_self_test_is_not_passed(crew: Any, only: str, reason: str) -> None:
    """Without correct runs, or without faults, nothing is proved."""
    everybody = crew()
    half = replace(everybody, correct={}) if only == "plain" else replace(everybody, faults=())
    assert any(reason in shortfall for shortfall in run(half).shortfalls)


def test_unfair_measure_fails(crew: Any, kernel: Any) -> None:
    """A kernel whose correct runs stray from each other, here by chance, makes nothing count."""
    calls = iter(range(10**6))

    def unsteady(problem: Any, method: Any, steps: Any) -> Any:
        off = 2.0**-20 if next(calls) % 10 == 9 else 0.0  # the last of the runs told in another order
        return kernel(scaled=lambda k: 1 + off)(problem, method, steps)

    everybody = crew()
    report = run(replace(everybody, kernels={"plain": unsteady}))
    assert any("the count is not fair" in reason for reason in report.shortfalls)


def test_same_settings_give_the_same_figures(crew: Any) -> None:
    """Nothing depends on the clock but the time it took."""
    one, other = run(crew()), run(crew())
    assert replace(one, seconds=0, versions={}) == replace(other, seconds=0, versions={})


def test_interrupted_self_test_goes_on(crew: Any, tmp_path: Path) -> None:
    """What was finished is not done again: a judge that would now refuse everything is not asked."""
    settings = replace(SMALL, resume=tmp_path / "work.jsonl")
    first = run(crew(), settings=settings)

    def never(*_: Any) -> Judgement:
        raise AssertionError("asked again")

    again = run(crew(), never, settings)
    assert replace(again, seconds=0, versions={}) == replace(first, seconds=0, versions={})


def test_cut_short_line_is_done_again(crew: Any, tmp_path: Path) -> None:
    """A line that was being written when the power went off is left out, and the rest kept."""
    path = tmp_path / "work.jsonl"
    settings = replace(SMALL, resume=path)
    first = run(crew(), settings=settings)
    path.write_bytes(path.read_bytes()[:-40])
    again = run(crew(), settings=settings)
    assert again.cases == first.cases
    assert again.tallies == first.tallies
    assert all(json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())


def test_work_of_another_self_test_is_refused(crew: Any, tmp_path: Path) -> None:
    """Another seed is another self-test."""
    settings = replace(SMALL, resume=tmp_path / "work.jsonl")
    run(crew(), settings=settings)
    with pytest.raises(CandidateError, match="holds the work of another self-test"):
        run(crew(), settings=replace(settings, seed=1))


def test_stages_are_told_and_come_to_their_end(crew: Any) -> None:
    """Both stages, each with how much is done of how much."""
    told: dict[str, list[tuple[int, int]]] = {}
    self_test(SMALL, lambda name: lambda *count: told.setdefault(name, []).append(count), crew())
    assert list(told) == ["plant faults", "run correct implementations"]
    assert all(counts[0][0] == 0 and counts[-1][0] == counts[-1][1] > 0 for counts in told.values())


def test_processes_find_what_one_finds() -> None:
    """Correct runs of an installed kernel, shared out to two processes and done in this one."""
    settings = SelfTestSettings(quick=True, runs=8, only=("fused",), dtypes=("float64",))
    try:
        alone = self_test(replace(settings, processes=1), silent)
    except CandidateError:
        pytest.skip("the kernel `fused` is not installed")
    shared = self_test(replace(settings, processes=2), silent)
    assert shared.tallies == alone.tallies
    assert shared.correct_runs >= 8
