"""A target on the suite: what agrees, what does not, and what could not be judged, each by itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from oracle.candidate_file import CandidateError
from oracle.conformance.runner import Selection, run_suite
from oracle.conformance.shipped import Suite, load_suite
from oracle.conformance.target import Declared, Target
from oracle.findings import Outcome
from oracle.report.conformance import Conformance, Status, summary_line

ONE = Selection(("float64",), ("heavy-ball-diagonal",))


def silent(name: str) -> Callable[[int, int], None]:
    """Take no notice of a stage."""
    return lambda done, total: None


@pytest.fixture
def run(kernel: Any) -> Callable[..., Conformance]:
    """Return a function that runs a candidate, by default a correct one, on a part of the suite."""

    def on(
        candidate: Any = None, selection: Selection = ONE, declared: Declared | None = None
    ) -> Conformance:
        target = Target("mine", candidate or kernel(), declared or Declared())
        with np.errstate(all="ignore"):  # a wrong run may overflow
            return run_suite(target, load_suite(), selection, silent)

    return on


def test_a_correct_kernel_agrees_on_the_whole_suite(run: Any) -> None:
    """Numpy in velocity form, both dtypes; only schedules, which it does not claim, are not asked."""
    found = run(selection=Selection())
    assert found.outcome is Outcome.AGREES, [(row.problem, row.reason) for row in found.failures]
    assert found.dtypes == ("float64", "float32")
    assert {entry.problem for entry in found.not_asked if entry.dtype != "bfloat16"} == {
        "schedule-of-the-gradient", "schedule-of-the-update",
    }  # fmt: skip
    assert 0.1 < found.largest_ratio <= 1


def test_every_problem_sees_a_doubled_step(run: Any, kernel: Any) -> None:
    """A gradient twice as large disagrees everywhere but where all gradients are zero."""
    found = run(kernel(scaled=lambda k: 2.0), Selection(("float64",)))
    agreeing = {row.problem for row in found.rows if row.status is Status.AGREES}
    assert agreeing == {"at-the-minimum", "saddle"}
    assert found.outcome is Outcome.DISAGREES


def test_a_wrong_step_late_in_a_long_run_is_seen(run: Any, kernel: Any) -> None:
    """One gradient in two thousand, at step 1500, between the states that are recorded."""
    late = kernel(scaled=lambda k: 1000.0 if k == 1500 else 1.0)
    found = run(late, Selection(("float64",), ("long-linear",)))
    assert found.rows[0].status is Status.DISAGREES


def test_a_failure_is_diagnosed_with_what_to_do(run: Any, kernel: Any) -> None:
    """The doubled gradient: the step, the size in bounds, the name, the remedy."""
    row = run(kernel(scaled=lambda k: 2.0)).rows[0]
    assert row.finding.step == 1
    assert row.ratio > 1e6
    assert "loss_doubled" in row.diagnosis.names
    assert row.remedy == row.diagnosis.remedy


def test_a_forgotten_initial_momentum_is_seen_where_there_is_one(run: Any, kernel: Any) -> None:
    """And nowhere else."""
    found = run(kernel(forgets=True), Selection(("float32",), methods=("heavy_ball",)))
    wrong = {row.problem for row in found.rows if row.status is Status.DISAGREES}
    assert wrong == {"moving-heavy-ball", "moving-batches", "tell-moving-start"}


def crash(problem: Any, method: Any, steps: Any) -> Any:
    """Fail."""
    raise RuntimeError("out of registers")


def decline(problem: Any, method: Any, steps: Any) -> Any:
    """Say that this is not implemented."""
    raise NotImplementedError("mini-batches")


class Ragged:
    """No array can be made of this."""

    def __array__(self, *arguments: Any, **options: Any) -> Any:
        raise TypeError("can't convert cuda:0 device type tensor to numpy")


@pytest.mark.parametrize(
    ("returned", "reason"),
    [
        ([1, 2], "returned a list: expected a mapping such as"),
        (None, "returned a NoneType: expected a mapping"),
        ({"u": np.zeros((17, 4))}, "has no array `v`"),
        ({"u": np.zeros((17, 4)), "v": np.zeros((17, 4)), "w": np.zeros((17, 4))}, "holds an array `w`"),
        ({"u": np.zeros((16, 4)), "v": np.zeros((16, 4))}, r"shape .16, 4.: expected .17, 4."),
        ({"u": np.zeros((17, 4), "f4"), "v": np.zeros((17, 4), "f4")}, "dtype float32"),
        ({"u": Ragged(), "v": Ragged()}, "cuda:0 .*: expected a numpy array; for a tensor hand back"),
    ],
    ids=["list", "none", "missing", "extra", "shape", "dtype", "device"],
)
def test_what_cannot_be_judged_is_unusable_and_says_why(run: Any, returned: Any, reason: str) -> None:
    """What came back and what was expected; nothing else is hidden by it, and it is no pass."""
    found = run(lambda problem, method, steps: returned)
    assert found.rows[0].status is Status.UNUSABLE
    assert found.outcome is Outcome.UNDECIDED
    assert re.search(reason, found.rows[0].reason), found.rows[0].reason


def test_a_crash_is_reported_and_hides_no_other_problem(run: Any, kernel: Any) -> None:
    """Type, message and place of one; the other agrees."""
    good = kernel()

    def sometimes(problem: Any, method: Any, steps: Any) -> Any:
        return (crash if problem.X.shape[1] == 13 else good)(problem, method, steps)

    found = run(sometimes, Selection(("float64",), ("heavy-ball-diagonal", "primes")))
    by_name = {row.problem: row for row in found.rows}
    assert by_name["heavy-ball-diagonal"].status is Status.AGREES
    assert by_name["primes"].status is Status.CRASHED
    assert "RuntimeError: out of registers, in crash (" in by_name["primes"].reason
    assert found.outcome is Outcome.UNDECIDED


def test_what_a_candidate_declines_is_not_asked(run: Any, kernel: Any) -> None:
    """NotImplementedError is its word that it does not run a problem, by its own message."""
    good = kernel()

    def without_batches(problem: Any, method: Any, steps: Any) -> Any:
        return (decline if method.batches else good)(problem, method, steps)

    found = run(without_batches, Selection(("float64",), ("heavy-ball-diagonal", "one-batch")))
    assert [row.problem for row in found.rows] == ["heavy-ball-diagonal"]
    assert [(entry.problem, entry.reason) for entry in found.not_asked] == [
        ("one-batch", "says that it is not implemented: mini-batches")
    ]
    assert "195 of the suite's 196 not asked" in summary_line(found)


def test_a_candidate_that_runs_nothing_is_misuse(run: Any) -> None:
    """With its own reason."""
    with pytest.raises(
        CandidateError, match=r"nothing of the suite can be asked of `mine`: it says .*mini-batches"
    ):
        run(decline)


class Narrow:
    """A candidate with a word about itself."""

    methods = frozenset({"heavy_ball"})
    models = frozenset({"diagonal"})
    dtypes = frozenset({"float32"})

    def __init__(self, runs: Any) -> None:
        self.runs = runs

    def __call__(self, problem: Any, method: Any, steps: Any) -> Any:
        """Run, and refuse what was not claimed."""
        assert (method.name, problem.model, problem.X.dtype) == ("heavy_ball", "diagonal", np.float32)
        return self.runs(problem, method, steps)


def test_a_candidate_is_asked_for_what_it_says_it_runs(run: Any, kernel: Any) -> None:
    """Its methods, models and dtypes; the rest is listed with the reason."""
    found = run(Narrow(kernel()), Selection())
    assert found.outcome is Outcome.AGREES
    assert {(row.method, row.model, row.dtype) for row in found.rows} == {
        ("heavy_ball", "diagonal", "float32")
    }
    reasons = {entry.reason.partition(" (")[0] for entry in found.not_asked}
    assert {"does not run nesterov", "does not run linear", "does not say that it runs float64"} <= reasons
    assert len(found.rows) + len(found.not_asked) == len(load_suite())


@pytest.mark.parametrize(
    ("selection", "count"),
    [
        (Selection(("float64",), methods=("nesterov",), models=("hadamard",)), 1),
        (Selection(("float32",), ("primes", "one-sample")), 2),
        (Selection(("float32",), quick=True, methods=("gradient_descent",)), 1),
        (Selection(("float64",), ("primes",), quick=True), 1),
    ],
)
def test_a_selection_is_what_is_run(run: Any, selection: Selection, count: int) -> None:
    """By name, method, model and dtype; what is named is run whatever else is quick."""
    found = run(selection=selection)
    assert len(found.rows) == count
    assert found.left_out == len(load_suite()) - count


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        (
            Selection(problems=("prime",)),
            "the suite has no problem `prime` .did you mean `primes`..: expected one of",
        ),
        (
            Selection(methods=("adam",)),
            "the suite has no method `adam`.*: expected one of gradient_descent, heavy_ball",
        ),
        (Selection(models=("cubic",)), "the suite has no model `cubic`"),
        (Selection(("float8",)), "the suite has no dtype `float8`"),
        (
            Selection(problems=("primes",), methods=("nesterov",)),
            "no problem of the suite is left by the selection",
        ),
    ],
)
def test_a_selection_of_nothing_is_misuse(run: Any, selection: Selection, message: str) -> None:
    """With the choices there are."""
    with pytest.raises(CandidateError, match=message):
        run(selection=selection)


def test_bfloat16_is_asked_when_the_user_asks(run: Any) -> None:
    """A candidate in float32 that keeps bfloat16, declared by the user; undeclared, float32 numbers are no bfloat16."""

    class Mixed:
        """Heavy ball in float32 whose state is rounded to bfloat16 after each operation on it."""

        def __call__(self, problem: Any, method: Any, steps: Any) -> Any:
            beta = problem.init["beta"]
            p, rows = np.zeros_like(beta), []
            for _ in range(max(steps) + 1):
                rows.append(beta)
                g = problem.X.T @ (problem.X @ beta - problem.y) / np.float32(len(problem.y))
                p = kept(method.momentum * p - method.step_size * g)
                beta = kept(beta + p)
            return {"beta": np.stack([rows[k] for k in steps])}

    chosen = Selection(("bfloat16",), ("mixed-columns",))
    assert run(Mixed(), chosen, Declared(state="bfloat16")).rows[0].status is Status.AGREES
    assert run(Mixed(), replace(chosen, dtypes=("float32",))).rows[0].status is Status.DISAGREES


def kept(values: Any) -> Any:
    """Return float32 numbers rounded to bfloat16, ties to even."""
    bits = values.astype(np.float32).view(np.uint32)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000).astype(np.uint32).view(np.float32)


def test_progress_counts_the_runs(kernel: Any) -> None:
    """One stage, told how many of how many."""
    told: list[Any] = []

    def stage(name: str) -> Callable[[int, int], None]:
        told.append(name)
        return lambda done, total: told.append((done, total))

    suite: Suite = load_suite()
    run_suite(Target("mine", kernel()), suite, Selection(("float64",), ("primes", "one-sample")), stage)
    assert told == ["run mine on 2 problems", (0, 2), (1, 2)]
