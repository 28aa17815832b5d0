"""Accuracy in bounds: what it is, how far it moves by itself, and that it moves for a reason."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from oracle.pytest_plugin.accuracy import Accuracy, accuracy_of
from oracle.pytest_plugin.earlier import Promise, complaint
from oracle.pytest_plugin.settings import ALLOWED
from oracle.records.candidate import Array, CandidateTask, Declaration
from oracle.spec import Spec, spec_from
from oracle.tensors import task_of

STEPS = range(31)


@pytest.fixture(scope="module")
def spec() -> Spec:
    """Return heavy ball on ten samples of twenty coordinates, thirty steps."""
    return spec_from(
        {
            "schema": "momentum-oracle/spec/1",
            "problem": {"kind": "sparse_regression", "n": 10, "d": 20, "nonzeros": 3, "seed": 1},
            "model": "diagonal",
            "init": {"u": "0.25", "v": "0.25"},
            "method": {"name": "heavy_ball", "step_size": "0.01", "momentum": "0.9"},
            "inputs_as": "float32",
            "want": {"kind": "iterates", "steps": list(STEPS)},
            "digits": 20,
        }
    )


def run(
    task: CandidateTask, rng: np.random.Generator | None = None, operands: type = np.float32
) -> dict[str, Array]:
    """Return the run in float32, its sums in a random order, its operands rounded."""
    n, d = task.problem.X.shape
    rows = np.arange(n) if rng is None else rng.permutation(n)
    columns = np.arange(d) if rng is None else rng.permutation(d)
    X, y = task.problem.X[rows][:, columns], task.problem.y[rows]
    u, v, p, q = (np.full(d, start, np.float32) for start in (0.25, 0.25, 0, 0))
    eta, mu, states = task.method.step_size, task.method.momentum, []
    for _ in task.steps:
        states.append(np.concatenate([u[np.argsort(columns)], v[np.argsort(columns)]]))
        theta = (u * u - v * v).astype(operands).astype(np.float32)
        g = X.T @ (X @ theta - y) / np.float32(n)
        p, q = mu * p - eta * (2 * u * g), mu * q + eta * (2 * v * g)
        u, v = u + p, v + q
    recorded = np.stack(states)
    return {"u": recorded[:, :d], "v": recorded[:, d:]}


def measured(spec: Spec, arrays: dict[str, Array]) -> Accuracy:
    """Return the accuracy in the bounds of plain float32."""
    found = accuracy_of(spec.canonical, Declaration(dtype="float32"), arrays, STEPS)
    assert found is not None
    return found


def promised(accuracy: Accuracy, at_most: float | None = None) -> Promise:
    """Return what a float32 kernel of this accuracy promised."""
    return Promise("", "AGREES", Declaration(dtype="float32"), accuracy, at_most, None)


def test_order_of_sums_breaks_no_promise(spec: Spec) -> None:
    """Of twenty correct kernels, each with sums in its own order, none complains of another."""
    rng = np.random.default_rng(5)
    task = task_of(spec.canonical, "float32", STEPS)
    found = [measured(spec, run(task, rng)) for _ in range(20)]
    assert all(accuracy.largest <= 1 for accuracy in found)
    assert not any(complaint(promised(then), now, ALLOWED) for then in found for now in found)


def test_narrow_operands_break_the_promise(spec: Spec) -> None:
    """θ rounded to float16's 11 bits on its way into the product is no float32 any more."""
    task = task_of(spec.canonical, "float32", STEPS)
    then, now = measured(spec, run(task)), measured(spec, run(task, operands=np.float16))
    assert "of the arithmetic declared earlier" in complaint(promised(then), now, ALLOWED)


def test_exact_steps_have_no_error() -> None:
    """A run whose every number is a float has accuracy 0: η = 1/2, X = 1, θ(k) = 1 − 2⁻ᵏ."""
    linear = spec_from(
        {
            "schema": "momentum-oracle/spec/1",
            "problem": {"kind": "regression", "X": [["1"]], "y": ["1"], "loss": "half_sum_square"},
            "model": "linear",
            "init": {"beta": "0"},
            "method": {"name": "gradient_descent", "step_size": "0.5"},
            "want": {"kind": "iterates", "steps": [0, 1, 2, 3]},
            "digits": 20,
        }
    )
    arrays = {"beta": np.array([[0], [0.5], [0.75], [0.875]])}
    found = accuracy_of(linear.canonical, Declaration(), arrays, [0, 1, 2, 3])
    assert found == Accuracy(0.0, 0.0, 3)


def test_promise_is_kept_or_named() -> None:
    """The five ways of falling behind, and none: with N = 10⁴ three deviations are 3 %."""
    then = Accuracy(0.5, 0.1, 10_000)
    plain, stated = promised(then), promised(then, 0.6)
    assert complaint(plain, replace(then, largest=0.99), 1.25) == ""
    assert complaint(plain, replace(then, typical=0.128), 1.25) == ""
    assert complaint(plain, replace(then, typical=0.130), 1.25).startswith("its typical local error is 0.13 ")
    assert complaint(stated, replace(then, typical=0.130), 1.25) == ""
    assert "at most 0.6 was stated" in complaint(stated, replace(then, largest=0.61), 1.25)
    assert "1.01 times the bound" in complaint(stated, replace(then, largest=1.01), 1.25)
    assert complaint(plain, None, 1.25) == "no step of it can be replayed any more"


def test_few_values_are_granted_their_scatter() -> None:
    """Of nine values the root mean square scatters by a third: three of these double the factor."""
    then, now = Accuracy(0.5, 0.1, 9), Accuracy(0.5, 0.19, 9)
    assert complaint(promised(then), now, 1.0) == ""
    assert complaint(promised(then), replace(now, values=10_000), 1.0) != ""
