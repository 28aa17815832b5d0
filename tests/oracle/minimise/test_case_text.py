"""The printed test is run as it stands: it fails for the faulty kernel and passes for the right one."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from oracle.findings import Outcome
from oracle.minimise.case_text import five_lines, summary, worked_out
from oracle.minimise.search import Settings
from oracle.minimise.shrink import Counterexample, minimise
from oracle.pytest_plugin.asking import Oracle
from oracle.pytest_plugin.goldens_at_hand import Goldens
from oracle.pytest_plugin.ledger import Ledger
from oracle.records.candidate import Array, Candidate, CandidateMethod, CandidateProblem, Declaration
from oracle.spec import Spec, parse_spec, spec_from
from oracle.step_check import StepCheck
from oracle.tensors import task_of

SINGLE = Declaration(dtype="float32")


def kernel(factor: float = 2.0, skipped: int = 10**6, lookahead: float = 0.0) -> Candidate:
    """Return heavy ball on u ⊙ u − v ⊙ v; with another factor, a skipped coordinate or a look ahead it is wrong."""

    def run(problem: CandidateProblem, method: CandidateMethod, steps: Sequence[int]) -> Mapping[str, Array]:
        eta, mu, batches = method.step_size, method.momentum, method.batches
        b = np.concatenate([problem.init["u"], problem.init["v"]])
        p = np.concatenate([method.p0[name] for name in ("u", "v")])
        d, moves, rows = len(b) // 2, np.ones_like(b), []
        moves[[j for j in (skipped, d + skipped) if j < 2 * d and skipped < d]] = 0
        for k in range(max(steps) + 1):
            rows.append(b)
            at = b + b.dtype.type(lookahead) * mu * p
            chosen = list(batches[k % len(batches)]) if batches else list(range(len(problem.y)))
            X, y = problem.X[chosen], problem.y[chosen]
            g = X.T @ (X @ (at[:d] * at[:d] - at[d:] * at[d:]) - y) / b.dtype.type(len(y))
            p = mu * p - eta * b.dtype.type(factor) * at * np.concatenate([g, -g])
            b = b + moves * p
        return {"u": np.stack([rows[k][:d] for k in steps]), "v": np.stack([rows[k][d:] for k in steps])}

    return run


RIGHT = kernel()
WRONG = {
    "factor": kernel(factor=1.0),
    "skipped": kernel(skipped=11),
    "ahead": kernel(lookahead=1.0),
}


def spec_of(**fields: Any) -> Spec:
    """Return the spec that the fixture's keywords state."""
    names = ("beta",) if fields.get("model") == "linear" else ("u", "v")
    method = {name: fields[name] for name in ("p0", "batches", "step_size", "momentum") if name in fields}
    problem = {name: fields[name] for name in ("X", "y", "loss") if name in fields}
    return spec_from(
        {
            "schema": "momentum-oracle/spec/1",
            "problem": {"kind": "regression", **problem},
            "model": fields.get("model", "diagonal"),
            "init": {name: fields[name] for name in names},
            "method": {"name": fields["method"], **method},
            "inputs_as": fields.get("inputs_as", "exact"),
            "want": {"kind": "iterates", "steps": list(range(fields["steps"] + 1))},
            "digits": 40,
        }
    )


class StandIn:
    """The fixture `oracle` as far as the printed test uses it."""

    def __init__(self) -> None:
        self.specs: list[Spec] = []

    def spec(self, **fields: Any) -> Spec:
        """Return a spec of keywords."""
        self.specs.append(spec_of(**fields))
        return self.specs[-1]

    def assert_agrees(self, candidate: Candidate, spec: Spec, **declared: Any) -> None:
        """Raise unless local replay agrees."""
        steps = spec.canonical["want"]["steps"]
        task = task_of(spec.canonical, declared["dtype"], steps)
        found = StepCheck(spec.canonical, Declaration(**declared))(
            steps, candidate(task.problem, task.method, task.steps)
        )
        assert found.outcome is Outcome.AGREES, found


@cache
def counterexample(fault: str) -> Counterexample:
    """Return the counter-example of one of the wrong kernels on a problem of twelve coordinates."""
    X = [[f"{(7 * i + 5 * j) % 11 - 5}/8" for j in range(12)] for i in range(3)]
    fields = {"X": X, "y": ["1", "-1/2", "1/4"], "u": "3/8", "v": "1/4", "method": "heavy_ball"}
    canonical = spec_of(**fields, step_size="0.03", momentum="0.9", steps=9, inputs_as="float32").canonical
    return minimise(WRONG[fault], canonical, SINGLE)


def printed_test(text: str, module: str, candidate: Candidate, monkeypatch: Any) -> Callable[[StandIn], None]:
    """Compile a printed test whose import finds `candidate` under the name ``my_kernel``."""
    package = ModuleType(module)
    package.my_kernel = candidate  # type: ignore[attr-defined]  # a module made by hand
    monkeypatch.setitem(sys.modules, module, package)
    namespace: dict[str, Any] = {}
    exec(compile(text, "printed test", "exec"), namespace)
    (name,) = (name for name in namespace if name.startswith("test_"))
    test: Callable[[StandIn], None] = namespace[name]
    return test


@pytest.mark.parametrize("fault", WRONG)
def test_printed_test_fails_for_the_faulty_and_passes_for_the_right(fault: str, monkeypatch: Any) -> None:
    """Five lines, no more: what they build is the very case, and it tells the two kernels apart."""
    text = five_lines(counterexample(fault), "my_package:my_kernel")
    assert len(text.splitlines()) == 5
    with pytest.raises(AssertionError, match="DISAGREES"):
        printed_test(text, "my_package", WRONG[fault], monkeypatch)(StandIn())
    fixture = StandIn()
    printed_test(text, "my_package", RIGHT, monkeypatch)(fixture)
    assert [spec.canonical for spec in fixture.specs] == [counterexample(fault).canonical]


def test_printed_test_runs_with_the_fixture_itself(monkeypatch: Any, tmp_path: Path) -> None:
    """The pytest plugin takes the lines as they stand, and fails and passes like the stand-in."""
    fixture: Any = Oracle(Goldens(tmp_path), Ledger(pack=False))
    text = five_lines(counterexample("ahead"), "my_package:my_kernel")
    with pytest.raises(AssertionError, match="DISAGREES"):
        printed_test(text, "my_package", WRONG["ahead"], monkeypatch)(fixture)
    printed_test(text, "my_package", RIGHT, monkeypatch)(fixture)


def test_printed_test_reads_as_a_person_would_write_it() -> None:
    """One sample, one coordinate: L = ½u⁴ at u = 1, whose gradient is 2."""
    assert five_lines(counterexample("factor"), "my_package:my_kernel").splitlines() == [
        "from my_package import my_kernel",
        "",
        "def test_heavy_ball_of_my_kernel(oracle):",
        '    spec = oracle.spec(X=[["1"]], y=["0"], u=["1"], v=["0"], method="heavy_ball", '
        'step_size="1", momentum="0", steps=1)',
        '    oracle.assert_agrees(my_kernel, spec, dtype="float32", form="velocity")',
    ]


def test_many_equal_numbers_are_written_as_a_product() -> None:
    """A fault in coordinate 11 needs twelve, and the line stays short."""
    line = five_lines(counterexample("skipped"), "my_package:my_kernel").splitlines()[3]
    assert 'X=[["0"] * 11 + ["1"]]' in line


def test_attribute_of_a_class_is_imported_by_its_class() -> None:
    """`module:Class.method` imports the class and calls the method."""
    lines = five_lines(counterexample("factor"), "a.b:Kernels.fast").splitlines()
    assert lines[0] == "from a.b import Kernels"
    assert lines[2] == "def test_heavy_ball_of_fast(oracle):"
    assert lines[4].startswith("    oracle.assert_agrees(Kernels.fast, spec, ")


def test_everything_that_is_no_default_is_printed() -> None:
    """Loss, batches, initial momentum, rounding of the inputs and a declaration beyond dtype and form."""
    fields = {"X": [["1"], ["2"]], "y": ["0", "0.03125"], "u": ["1"], "v": ["1/3"], "method": "nesterov"}
    more = {"loss": "sum_square", "batches": [[1], [0, 1]], "p0": {"u": ["1"]}, "inputs_as": "float32"}
    canonical = spec_of(**fields, **more, step_size="1e-9", momentum="0.5", steps=0).canonical
    declaration = Declaration("buffer", "float32", "float64", False, "tfloat32", "bfloat16")
    case = replace(counterexample("factor"), canonical=canonical, declaration=declaration)
    lines = five_lines(case, "k:k").splitlines()
    assert lines[3] == (
        '    spec = oracle.spec(X=[["1"], ["2"]], y=["0", "1/32"], loss="sum_square", inputs_as="float32", u=["1"], '
        'v=["1/3"], p0={"u": ["1"], "v": ["0"]}, batches=[[1], [0, 1]], method="nesterov", step_size="1e-9", '
        'momentum="1/2", steps=0)'
    )
    assert lines[4] == (
        '    oracle.assert_agrees(k, spec, dtype="float32", form="buffer", accumulate="float64", operands="tfloat32", '
        'state="bfloat16")'
    )


def test_installed_candidate_gets_a_spec_and_a_command() -> None:
    """The name of an entry point cannot be imported: the spec is written out for the command line."""
    lines = five_lines(counterexample("ahead"), "fused").splitlines()
    assert parse_spec(lines[1]).canonical == counterexample("ahead").canonical
    assert lines[-1] == "oracle conformance fused --spec counterexample.json --dtype float32"
    assert json.loads(lines[1])["want"]["steps"] == [0, 1, 2]


def test_numbers_are_worked_out() -> None:
    """u goes from 1 to 0 where 1 − 2 = −1 is exact; the bound is some roundings of numbers near 1."""
    lines = worked_out(counterexample("factor")).splitlines()
    assert lines[:4] == [
        "u[0] at step 1, float32, velocity form",
        "  from step 0 on  1.0, 0.0",
        "  candidate       0.0",
        "  exact step      -1",
    ]
    assert lines[4].startswith("  difference      1, where rounding explains ")
    assert 2**-24 < float(lines[4].split()[-1]) < 64 * 2**-24


def test_summary_says_how_far_and_whether_it_is_the_end() -> None:
    """Sizes before and after, effort, and that nothing smaller fails; or that the budget ended."""
    case = counterexample("factor")
    text = summary(case)
    assert text.startswith("n 3 → 1, d 12 → 1, steps 9 → 1, digits ")
    assert "no single further reduction disagrees" in text
    assert "the budget ended" in summary(replace(case, reached_minimum=False))


def test_summary_doubts_the_inputs_where_exact_numbers_pass() -> None:
    """A spec in float32 inputs is no spec of a candidate that is handed bfloat16: with numbers of both it passes."""
    canonical = spec_of(
        X=[["1.001"]], y=["0"], u=["1"], v=["0"], method="heavy_ball", step_size="1/4", momentum="0",
        steps=1, inputs_as="float32",
    ).canonical  # fmt: skip
    case = minimise(RIGHT, canonical, SINGLE, Settings(dtype="bfloat16"))
    assert "is `inputs_as` = `float32` how the candidate sees them?" in summary(case)
    assert "how the candidate sees them" not in summary(counterexample("factor"))


def test_summary_warns_of_a_flaky_candidate() -> None:
    """A case that passes when run again is not to be trusted as a regression test."""
    assert "disagreed" not in summary(counterexample("factor"))
    flaky = replace(counterexample("factor"), reproduced=1)
    assert "this case disagreed 1 times: the candidate does not compute the same" in summary(flaky)
