"""Whether a fault moves a trajectory above rounding, decided without the judge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from oracle.case import case_of
from oracle.conformance.leaning import leaning_runs
from oracle.conformance.movement import FACTOR, joined, record, reordered, truth_of, yardstick
from oracle.conformance.panel import PANEL, panel_spec
from oracle.conformance.power import task_for
from oracle.records.candidate import Declaration
from oracle.spec import spec_from

BATCHED = next(i for i, kind in enumerate(PANEL) if kind.batches and kind.moving)


def measure(kernel: Any, dtype: str = "float64") -> tuple[Any, Any]:
    """Return the yardstick of a kernel on a problem with batches and a moving start, and the task."""
    spec = panel_spec(BATCHED, 0, dtype)
    task = task_for(spec, dtype)
    return yardstick(kernel, task, case_of(spec), Declaration(dtype=dtype)), task


def test_truth_is_the_closed_form() -> None:
    """Gradient descent on ½β² from 1: β_k = (1 − η)^k, to 100 bits."""
    spec = spec_from(
        {
            "schema": "momentum-oracle/spec/1",
            "problem": {"kind": "regression", "X": [["1"]], "y": ["0"], "loss": "half_sum_square"},
            "model": "linear",
            "init": {"beta": "1"},
            "method": {"name": "gradient_descent", "step_size": "0.3"},
            "want": {"kind": "iterates", "steps": [0]},
            "digits": 15,
        }
    )
    found = truth_of(case_of(spec.canonical), 30)
    for k in range(31):
        exact = Fraction(7, 10) ** k
        error = abs(Fraction(found.hi[k, 0]) + Fraction(found.lo[k, 0]) - exact)
        assert error < exact / 2**95


def test_another_order_is_the_same_problem(kernel: Any) -> None:
    """Samples, their batches and the coordinates permuted: the run moves by rounding alone."""
    _, task = measure(kernel())
    rng = np.random.default_rng(2)
    samples, coordinates = (rng.permutation(count) for count in task.problem.X.shape)
    told = reordered(task, samples, coordinates)
    assert [set(task.problem.y[list(b)]) for b in task.method.batches] == [
        set(told.problem.y[list(b)]) for b in told.method.batches
    ]
    plain, other = record(kernel(), task), record(kernel(), told)
    assert not np.array_equal(plain["u"], other["u"][:, np.argsort(coordinates)])
    np.testing.assert_allclose(plain["u"], other["u"][:, np.argsort(coordinates)], rtol=1e-13)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_correct_run_in_another_order_of_sums_is_not_moved(
    kernel: Any, in_reverse: Callable[..., Any], dtype: str
) -> None:
    """A run whose sums go backwards lies within the yardstick, and so does one more order."""
    found, task = measure(kernel(), dtype)
    arrays = record(kernel(product=in_reverse), task)
    moved = found.movement(joined(arrays, ("u", "v")))
    assert not moved.above_rounding
    assert max(moved.size, found.strayed) < FACTOR


@pytest.mark.parametrize(("dtype", "off"), [("float64", 2.0**-40), ("float32", 2.0**-14)])
def test_gradient_that_is_slightly_off_is_moved(kernel: Any, dtype: str, off: float) -> None:
    """A gradient wrong in its last dozen bits moves the run, from one of the first steps on."""
    found, task = measure(kernel(), dtype)
    moved = found.movement(joined(record(kernel(scaled=lambda k: 1 + off), task), ("u", "v")))
    assert moved.above_rounding
    assert moved.step is not None
    assert moved.step <= 5
    assert moved.size > FACTOR


def test_run_that_is_no_longer_finite_is_moved(kernel: Any) -> None:
    """Where the truth is finite, infinity and NaN are infinitely far."""
    found, task = measure(kernel())
    run = joined(record(kernel(), task), ("u", "v")).copy()
    run[30, 0] = np.nan
    moved = found.movement(run)
    assert (moved.size, moved.step) == (np.inf, 30)


def test_runs_are_apart_by_their_own_distance(kernel: Any) -> None:
    """A run lies nowhere from itself, NaN included, and far from one with twice the gradient."""
    found, task = measure(kernel())
    run = joined(record(kernel(), task), ("u", "v"))
    lost = np.where(np.arange(len(run))[:, None] > 20, np.nan, run)
    assert found.apart(run, run) == found.apart(lost, lost) == 0
    assert found.apart(run, joined(record(kernel(scaled=lambda k: 2), task), ("u", "v"))) > 1e6


def test_yardstick_never_shrinks(kernel: Any) -> None:
    """What rounding has made of a run does not come back: Y_k grows with k."""
    found, _ = measure(kernel())
    assert (np.diff(found.length, axis=0) >= 0).all()
    assert (found.length > 0).all()


def test_start_from_zero_has_a_yardstick(kernel: Any) -> None:
    """Where the truth stays at zero any number is movement, and nothing is divided by zero."""
    spec = panel_spec(BATCHED, 0, "float64")
    task = task_for(spec, "float64")
    zero = {name: np.zeros_like(part) for name, part in task.problem.init.items()}
    still = replace(task, problem=replace(task.problem, init=zero), method=replace(task.method, p0={}))
    case = case_of(spec)
    nothing = {name: (Fraction(0),) * len(part) for name, part in case.init.items()}
    resting = replace(case, init=nothing, method=replace(case.method, p0={}))
    found = yardstick(kernel(), still, resting, Declaration())
    run = joined(record(kernel(), still), ("u", "v"))
    assert found.movement(run).size == 0
    run[3, 0] = 1e-300
    assert found.movement(run).step == 3


@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16"])
def test_leaning_run_is_not_above_rounding_and_one_in_a_coarser_format_is(kernel: Any, dtype: str) -> None:
    """What every operation may do by one unit is rounding; what a coarser format does is not."""
    spec = panel_spec(BATCHED, 0, dtype)
    case, declared = case_of(spec), Declaration(dtype=dtype)
    found, task = measure(kernel(), dtype)
    last = len(task.steps) - 1
    coarser = {"float64": "float32", "float32": "float16", "bfloat16": "bfloat16"}[dtype]
    for run in leaning_runs(case, declared, last):
        assert not found.movement(run).above_rounding
    if coarser != dtype:
        assert any(
            found.movement(run).above_rounding for run in leaning_runs(case, Declaration(dtype=coarser), last)
        )
