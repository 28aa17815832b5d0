"""Planted faults are shrunk to the size that theory says, and what remains still fails from scratch."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from typing import Any

import numpy as np
import pytest

from oracle.case import case_of
from oracle.findings import Finding, Outcome
from oracle.goldens import compute_golden
from oracle.minimise import trial
from oracle.minimise.shrink import Counterexample, minimise
from oracle.records.candidate import Array, Candidate, Declaration
from oracle.spec import parse_spec
from oracle.step_check import StepCheck
from oracle.tensors import task_of
from oracle.verdict import judge
from oracle.verify import Size, paper_spec

Kernels = Mapping[str, Callable[[], Candidate]]
Shrunk = Callable[..., Counterexample]

DTYPES = ("float32", "float64")
FROM = (6, 10, 20)  # samples, coordinates and steps of the problem
CLEAR = 8  # bounds: what the minimiser keeps to
SIZES = {  # n, d and steps of the smallest case
    "NesterovForHeavyBall": (1, 1, 2),  # the first step has no momentum yet
    "StaleGradient": (1, 1, 2),
    "FirstGradientScaled": (1, 1, 1),
    "CoordinateSkipped": (1, 6, 1),
    "LastTileSkipped": (1, 1, 1),
    "SecondTileSkipped": (1, 5, 1),
    "BatchesReversed": (2, 1, 1),  # with one sample all batches are the same
    "HalfState": (1, 1, 1),
    "FactorMissing": (1, 1, 1),
    "WrongSign": (1, 1, 1),
    "MomentumReset": (1, 1, 8),
    "NarrowStepSize": (1, 1, 1),
    "InPlaceOrder": (1, 1, 1),
    "OverflowingTail": (1, 1, 3),
    "Clipped": (1, 1, 1),
    "Misstarted": (1, 3, 0),
}
REPLAYED = [name for name in SIZES if name != "OverflowingTail"]


def record(kernel: Candidate, canonical: Mapping[str, Any], dtype: str) -> tuple[range, dict[str, Array]]:
    """Run a kernel on a case from scratch."""
    steps = range(canonical["want"]["steps"][-1] + 1)
    task = task_of(canonical, dtype, steps)
    with np.errstate(all="ignore"):
        return steps, dict(kernel(task.problem, task.method, task.steps))


def judged(kernel: Candidate, canonical: Mapping[str, Any], dtype: str) -> Finding:
    """Judge a case from scratch, by local replay alone."""
    parsed = parse_spec(json.dumps(canonical)).canonical
    return StepCheck(parsed, Declaration(dtype=dtype))(*record(kernel, parsed, dtype))


def smaller_cases(canonical: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield cases one reduction below, written on the spec itself: shapes, batches, and every number made 0 or 1."""
    problem, method = canonical["problem"], canonical["method"]
    vectors = [*canonical["init"].values(), *method["p0"].values(), *problem["X"]]
    for j in range(len(problem["X"][0]) if len(problem["X"][0]) > 1 else 0):
        yield _edited(canonical, lambda texts, j=j: texts[:j] + texts[j + 1 :], vectors)
    if canonical["want"]["steps"][-1]:
        yield {**canonical, "want": {"kind": "iterates", "steps": canonical["want"]["steps"][:-1]}}
    for i in range(len(method["batches"])):
        kept = method["batches"][:i] + method["batches"][i + 1 :]
        yield {**canonical, "method": {**method, "batches": kept}}
    for texts in [*vectors, problem["y"]]:
        for j, old in enumerate(texts):
            for new in ("0", "1")[: {"0": 0, "1": 1}.get(old, 2)]:
                yield _edited(canonical, lambda t, j=j, new=new: [*t[:j], new, *t[j + 1 :]], [texts])
    for name, new in (("step_size", "1"), ("momentum", "0")):
        if method[name] != new:
            yield {**canonical, "method": {**method, name: new}}


def _edited(canonical: dict[str, Any], edit: Any, lists: list[list[str]]) -> dict[str, Any]:
    """Return a copy in which the given lists are edited."""
    before = [list(texts) for texts in lists]
    for texts in lists:
        texts[:] = edit(texts)
    copy = deepcopy(canonical)
    for texts, old in zip(lists, before, strict=True):
        texts[:] = old
    return copy


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("fault", SIZES)
def test_fault_is_shrunk_to_what_theory_says(shrunk: Shrunk, fault: str, dtype: str) -> None:
    """One sample and one coordinate show any fault that names none; two steps any of the momentum."""
    found = shrunk(fault, dtype)
    assert found.shrunk_from[:3] == FROM
    assert found.shrunk_to[:3] == SIZES[fault]
    assert found.shrunk_to.digits <= 4
    assert found.reached_minimum
    assert not found.flaky


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("fault", SIZES)
def test_smallest_case_is_refused_by_the_full_judge(
    shrunk: Shrunk, kernels: Kernels, fault: str, dtype: str
) -> None:
    """Read back from its text, certified and judged, the case disagrees for the fault and agrees without it."""
    found = shrunk(fault, dtype)
    read_back = parse_spec(json.dumps(found.canonical))
    assert read_back.canonical == found.canonical
    golden = compute_golden(read_back, cross_check=False)
    for kernel, outcome in ((fault, Outcome.DISAGREES), ("Kernel", Outcome.AGREES)):
        steps, arrays = record(kernels[kernel](), read_back.canonical, dtype)
        verdict = judge(golden, arrays, Declaration(dtype=dtype), steps, draw_envelope=False)
        assert verdict.outcome is outcome, verdict.findings


@pytest.mark.parametrize("fault", REPLAYED)
def test_no_case_one_reduction_smaller_fails(shrunk: Shrunk, kernels: Kernels, fault: str) -> None:
    """A coordinate, a batch or a step less, or any number made 0 or 1, and the failure is gone."""
    found = shrunk(fault)
    for smaller in smaller_cases(found.canonical):
        try:
            finding = judged(kernels[fault](), smaller, "float32")
        except ValueError:  # the kernel that takes no small problem
            continue
        same = finding.outcome is Outcome.DISAGREES and finding.check == found.finding.check
        clear = (finding.excess or 0) >= min(CLEAR, found.finding.excess or 0)
        assert not (same and clear), smaller


def test_enumeration_of_smaller_cases_sees_a_case_that_is_not_minimal(
    shrunk: Shrunk, kernels: Kernels
) -> None:
    """The test above can fail: with a coordinate too many, a smaller case does disagree."""
    found = deepcopy(shrunk("FactorMissing").canonical)
    for texts in (*found["problem"]["X"], *found["init"].values(), *found["method"]["p0"].values()):
        texts.append("0")
    outcomes = [
        judged(kernels["FactorMissing"](), smaller, "float32").outcome for smaller in smaller_cases(found)
    ]
    assert Outcome.DISAGREES in outcomes


@pytest.mark.parametrize("fault", SIZES)
def test_numbers_of_the_smallest_case_are_exact_in_the_format(shrunk: Shrunk, fault: str) -> None:
    """The data are handed over as they are: a float32 candidate's case reads the same in float64."""
    found = shrunk(fault).canonical
    assert found["inputs_as"] == "exact"
    narrow, wide = (task_of(found, dtype, [0]) for dtype in DTYPES)
    assert (narrow.problem.X == wide.problem.X).all()
    assert float(narrow.method.step_size) == float(wide.method.step_size)


def test_recorded_values_are_those_of_the_failing_coordinate(shrunk: Shrunk) -> None:
    """L = ½u⁴ at u = 1 has the gradient 2: with half of it and η = 1 the kernel goes to 0, not to −1."""
    found = shrunk("FactorMissing")
    assert (found.recorded, found.finding.expected_value) == (("1.0", "0.0"), "-1")


def test_step_size_that_overfills_bfloat16_is_found(shrunk: Shrunk) -> None:
    """257 = 2⁸ + 1 is the smallest integer of nine bits, one more than bfloat16 has."""
    assert shrunk("NarrowStepSize").canonical["method"]["step_size"] == "257"


def test_schedule_is_shrunk_to_two_step_sizes(kernels: Kernels, spec_of: Any, monkeypatch: Any) -> None:
    """One step size is no schedule, and the second is used in the second step.

    The judge is the correct kernel here: which cases are tried must not depend on what replay can follow.
    """

    class CorrectKernel:
        def __init__(self, canonical: Mapping[str, Any], declaration: Declaration) -> None:
            self.case, self.declaration = case_of(canonical), declaration
            self.expected = record(kernels["Kernel"](), canonical, declaration.dtype)[1]["u"]

        def __call__(self, steps: Any, arrays: Mapping[str, Array]) -> Finding:
            wrong = np.flatnonzero((np.abs(arrays["u"] - self.expected) > 1e-5).any(axis=1))
            if not len(wrong):
                return Finding("local replay", Outcome.AGREES, "", excess=0.0)
            return Finding("local replay", Outcome.DISAGREES, "", int(wrong[0]), "u", 0, excess=100.0)

    monkeypatch.setattr(trial, "StepCheck", CorrectKernel)
    canonical = spec_of(schedule=["1", "0.5", "0.3", "0.7"], batches=[])
    found = minimise(kernels["ScheduleIgnored"](), canonical, Declaration(dtype="float32"))
    assert sorted(found.canonical["method"]["schedule"]) != ["1", "1"]
    assert len(found.canonical["method"]["schedule"]) == 2
    assert found.shrunk_to[:3] == (1, 1, 2)
    assert parse_spec(json.dumps(found.canonical)).canonical == found.canonical


def test_state_kept_in_bfloat16_is_shrunk_in_bfloat16(kernels: Kernels, spec_of: Any) -> None:
    """Mixed precision declares what it keeps, and the case has numbers of that format alone."""

    def mixed(problem: Any, method: Any, steps: Any) -> Mapping[str, Array]:
        wide = kernels["FactorMissing"]()(problem, method, steps)
        return {name: (rows.view(np.uint32) & 0xFFFF0000).view(np.float32) for name, rows in wide.items()}

    declaration = Declaration(dtype="float32", state="bfloat16")
    found = minimise(mixed, spec_of("bfloat16"), declaration)
    assert (found.dtype, found.shrunk_to[:3]) == ("bfloat16", (1, 1, 1))


def test_same_fault_gives_the_same_case_again(shrunk: Shrunk, kernels: Kernels, spec_of: Any) -> None:
    """Nothing is drawn at random and nothing depends on the clock."""
    again = minimise(kernels["InPlaceOrder"](), spec_of(), Declaration(dtype="float32"))
    before = shrunk("InPlaceOrder")
    assert (again.canonical, again.calls) == (before.canonical, before.calls)


@pytest.mark.parametrize("fault", ["NesterovForHeavyBall", "MomentumReset", "CoordinateSkipped"])
def test_paper_sized_problem_takes_seconds(kernels: Kernels, fault: str) -> None:
    """n = 40, d = 100, 200 steps: to the same size as from the small problem, in fewer than 200 runs."""
    canonical = paper_spec("heavy_ball", "float32", Size(40, 100, 5, 200)).canonical
    found = minimise(kernels[fault](), canonical, Declaration(dtype="float32"))
    assert found.shrunk_from[:3] == (40, 100, 200)
    assert found.shrunk_to[:3] == SIZES[fault]
    assert found.seconds < 20
    assert found.calls < 200


def test_minimising_needs_numpy_alone() -> None:
    """In a fresh interpreter the minimiser brings neither pydantic nor flint nor mpmath nor torch."""
    code = (
        "import sys, oracle.minimise.shrink, oracle.minimise.case_text;"
        "print(sorted({'pydantic', 'flint', 'mpmath', 'torch', 'click'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
