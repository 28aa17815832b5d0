"""Specs on which two hypotheses differ most: method swaps, and coefficients changed a little."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from oracle.case import case_of
from oracle.conformance.discriminating import (
    Discrimination,
    Prediction,
    changed,
    correct_trace,
    discriminate,
    narrowed_data,
    narrowed_step_size,
    separation,
    with_method,
)
from oracle.conformance.small_specs import Search
from oracle.findings import Outcome
from oracle.records.candidate import Declaration
from oracle.spec import spec_from
from oracle.step_check import StepCheck
from oracle.tensors import task_of
from reference.case import Case
from reference.exact import round_to_format

FEW = Search(tries=15)


def with_coefficients(**changes: Any) -> Any:
    """Return the hypothesis that η or μ is another."""
    return changed(lambda case: replace(case, method=replace(case.method, **changes)))


def recorded(found: Discrimination, dtype: str, kernel: Any, method: str) -> Any:
    """Return what a numpy run of another method makes of the spec."""
    steps = found.spec["want"]["steps"]
    task = task_of(spec_from(found.spec).canonical, dtype, steps)
    with np.errstate(all="ignore"):  # where heavy ball converges another method may not
        return kernel()(task.problem, replace(task.method, name=method), task.steps)


@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16"])
@pytest.mark.parametrize("other", ["nesterov", "nesterov_lookahead"])
def test_methods_are_told_apart_by_many_bounds(dtype: str, other: str) -> None:
    """Heavy ball and either form of Nesterov's method: S is a sizeable share of 1/u."""
    found = discriminate("heavy_ball", other, dtype, FEW)
    assert found.separation > 0.01 * {"float64": 2.0**53, "float32": 2.0**24, "bfloat16": 2.0**8}[dtype]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_run_of_the_other_method_disagrees_at_the_step_named(kernel: Any, dtype: str) -> None:
    """The judge, which knows nothing of the search, refuses Nesterov there, and passes heavy ball."""
    found = discriminate("heavy_ball", "nesterov", dtype, FEW)
    check = StepCheck(spec_from(found.spec).canonical, Declaration(dtype=dtype))
    steps = found.spec["want"]["steps"]
    assert check(steps, recorded(found, dtype, kernel, "heavy_ball")).outcome is Outcome.AGREES
    wrong = check(steps, recorded(found, dtype, kernel, "nesterov"))
    assert wrong.outcome is Outcome.DISAGREES
    assert wrong.step is not None
    assert wrong.step <= found.step


@pytest.mark.parametrize("changes", [{"step_size": Fraction(1, 3)}, {"momentum": Fraction(1, 3)}], ids=str)
def test_changed_coefficients_are_told_apart(changes: dict[str, Fraction]) -> None:
    """η or μ of its own, whatever the spec says."""
    assert discriminate("heavy_ball", with_coefficients(**changes), "float64", FEW).separation > 1e10


def test_a_step_size_rounded_too_far_is_told_apart() -> None:
    """η to float32 in a float64 run: 2^-25 relative, against bounds near 2^-53."""
    found = discriminate("heavy_ball", changed(narrowed_step_size("float32")), "float64", FEW)
    assert 1e4 < found.separation < 2.0**30


def test_equal_hypotheses_are_not_told_apart() -> None:
    """The method against itself, and dyadic data of few bits against their rounding: refused, with the reason."""
    with pytest.raises(ValueError, match=r"none of 15 specs tells the two hypotheses apart in float64"):
        discriminate("heavy_ball", with_method_named("heavy_ball"), "float64", FEW)


def with_method_named(name: str) -> Any:
    """Return the hypothesis of a method, by a change of the case."""
    return changed(with_method(name))


def test_search_is_seeded() -> None:
    """The same seed gives the same spec, another gives another."""
    first = discriminate("heavy_ball", "nesterov", "float32", FEW)
    assert discriminate("heavy_ball", "nesterov", "float32", FEW) == first
    assert discriminate("heavy_ball", "nesterov", "float32", replace(FEW, seed="1")).spec != first.spec


def test_the_best_of_more_specs_is_no_worse() -> None:
    """Looking further never finds less."""
    few, more = (discriminate("nesterov", "heavy_ball", "float32", replace(FEW, tries=n)) for n in (5, 15))
    assert more.separation >= few.separation


@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16"])
def test_specs_are_small_and_exact_in_the_dtype(dtype: str) -> None:
    """At most 6 × 8 and 40 steps; rounding every number to the dtype changes none."""
    found = discriminate("heavy_ball", "nesterov", dtype, FEW)
    exact = case_of(spec_from({**found.spec, "inputs_as": "exact"}).canonical)
    assert case_of(spec_from(found.spec).canonical) == exact
    problem: Any = exact.problem
    assert len(problem.y) <= 6
    assert len(problem.X[0]) <= 8
    assert found.step <= 40


def test_separation_is_the_gap_in_both_bounds() -> None:
    """|1 − 1.5| / (0.1 + 0.15) = 2 at the second step, and steps that only one predicts do not count."""
    first = Prediction(np.array([1, 2]), np.array([[1.0], [1.0]]), np.zeros((2, 1)), np.full((2, 1), 0.1))
    second = Prediction(np.array([2, 3]), np.array([[1.5], [9.0]]), np.zeros((2, 1)), np.full((2, 1), 0.15))
    found = separation(first, second)
    assert (found.step, found.column) == (2, 0)
    assert found.ratio == pytest.approx(2.0)


def test_any_prediction_is_a_hypothesis() -> None:
    """A callable of case, declaration and trace that moves the prediction by ten bounds is told apart by five."""
    plain = changed(lambda case: case)

    def moved(case: Case, declaration: Declaration, trace: Any) -> Prediction:
        found = plain(case, declaration, trace)
        return found._replace(low=found.low + 10 * found.bound)

    assert discriminate("heavy_ball", moved, "float64", FEW).separation == pytest.approx(5.0, rel=1e-3)


def test_trace_is_the_exact_run_rounded_once() -> None:
    """η = 1/2, μ = 1/2, L = ½(β − 1)² from β = 0: 0, 1/2, 1, 5/4."""
    spec = {
        "schema": "momentum-oracle/spec/1",
        "problem": {"kind": "regression", "X": [["1"]], "y": ["1"], "loss": "half_sum_square"},
        "model": "linear", "init": {"beta": "0"}, "inputs_as": "exact", "digits": 15,
        "method": {"name": "heavy_ball", "step_size": "1/2", "momentum": "1/2"},
        "want": {"kind": "iterates", "steps": [0]},
    }  # fmt: skip
    trace = correct_trace(case_of(spec_from(spec).canonical), "bfloat16", 3)
    assert trace is not None
    assert trace.positions.ravel().tolist() == [0, 0.5, 1, 1.25]


def test_data_are_narrowed_by_rounding() -> None:
    """X and y to bfloat16, everything else as it was."""
    spec = discriminate("heavy_ball", "nesterov", "float64", replace(FEW, seed="data")).spec
    case = case_of(spec_from(spec).canonical)
    narrow = narrowed_data("bfloat16")(case)
    before, after = (entry.problem for entry in (case, narrow))
    assert [round_to_format(y, "bfloat16") for y in before.y] == list(after.y)  # type: ignore[union-attr]  # regressions
    assert (narrow.init, narrow.method) == (case.init, case.method)
