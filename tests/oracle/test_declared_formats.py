"""Declared narrow operands and narrow state: what they allow is allowed, and nothing more.

The runs are numpy float32, with every rounding that is declared made by exact rational arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from oracle.candidate_file import CandidateError
from oracle.findings import Finding, Outcome, arithmetic_text
from oracle.records.candidate import Array, Declaration
from oracle.spec import spec_from
from oracle.step_check import StepCheck
from oracle.tensors import task_of
from reference.exact import round_to_format

STEPS = 25
METHODS = ("gradient_descent", "heavy_ball", "nesterov", "nesterov_lookahead")
Round = Callable[[Array], Array]


def nearest(fmt: str) -> Round:
    """Return rounding to a format, number by number."""

    def rounded(values: Array) -> Array:
        flat = [float(round_to_format(Fraction(float(x)), fmt)) for x in values.ravel()]
        return np.array(flat, dtype=values.dtype).reshape(values.shape)

    return rounded


def same(values: Array) -> Array:
    """Return the numbers as they are."""
    return values


def canonical(method: str, seed: int) -> dict[str, Any]:
    """Return a small regression, everything exact in bfloat16."""
    coefficients = {"name": method, "step_size": "1/32", "momentum": "7/8"}
    if method == "gradient_descent":
        del coefficients["momentum"]
    return spec_from(
        {
            "schema": "momentum-oracle/spec/1",
            "problem": {"kind": "sparse_regression", "n": 5, "d": 7, "nonzeros": 2, "seed": seed},
            "model": "diagonal",
            "init": {"u": "3/8", "v": "5/16"},
            "method": coefficients,
            "inputs_as": "bfloat16",
            "want": {"kind": "iterates", "steps": list(range(STEPS + 1))},
            "digits": 20,
        }
    ).canonical


def run(spec: dict[str, Any], form: str, operand: Round, keep: Round, slip: float = 1.0) -> dict[str, Array]:
    """Return a float32 run whose products see `operand` and whose state is kept by `keep`; η is off by `slip`."""
    task = task_of(spec, "float32", range(STEPS + 1))
    X, y, method = operand(task.problem.X), task.problem.y, task.method.name
    eta, mu = np.float32(task.method.step_size * np.float32(slip)), task.method.momentum
    state = [keep(task.problem.init["u"]), keep(task.problem.init["v"])]
    state += [np.zeros_like(state[0]), np.zeros_like(state[1])]
    rows = [state]
    for _ in range(STEPS):
        u, v, p, q = state
        at = (u + mu * p, v + mu * q) if method == "nesterov" and form == "velocity" else (u, v)
        g = X.T.copy() @ operand(X @ operand(at[0] * at[0] - at[1] * at[1]) - y) / np.float32(len(y))
        a, b = 2 * at[0] * g, -2 * at[1] * g
        if form == "buffer":
            p, q = mu * p + a, mu * q + b
            moves = (a + mu * p, b + mu * q) if method == "nesterov_lookahead" else (p, q)
            u, v = u - eta * moves[0], v - eta * moves[1]
        else:
            a, b = eta * a, eta * b
            p, q = mu * p - a, mu * q - b
            ahead = method == "nesterov_lookahead"
            u, v = (u + mu * p - a, v + mu * q - b) if ahead else (u + p, v + q)
        state = [keep(x) for x in (u, v, p, q)]
        rows.append(state)
    return {name: np.stack([row[i] for row in rows]) for i, name in enumerate(("u", "v", "p_u", "p_v"))}


def finding(
    spec: dict[str, Any], declaration: Declaration, arrays: dict[str, Array], momenta: bool
) -> Finding:
    """Judge the steps of a record, with or without its momenta."""
    names = ("u", "v", "p_u", "p_v") if momenta else ("u", "v")
    return StepCheck(spec, declaration)(range(STEPS + 1), {name: arrays[name] for name in names})


CASES = [
    (method, form)
    for method in METHODS
    for form in ("velocity", "buffer")
    if (method, form) != ("nesterov", "buffer")
]


@pytest.mark.parametrize("state", ["bfloat16", "float16"])
@pytest.mark.parametrize("momenta", [False, True])
@pytest.mark.parametrize(("method", "form"), CASES)
def test_declared_state_is_allowed(method: str, form: str, momenta: bool, state: str) -> None:
    """A float32 run that keeps its state in a narrower format AGREES, if it says so, on twenty problems."""
    if momenta and form == "buffer":
        pytest.skip("a buffer is no momentum")
    declaration = Declaration(form, "float32", state=state)
    container = np.float16 if state == "float16" else np.float32
    for seed in range(20):
        spec = canonical(method, seed)
        arrays = {name: a.astype(container) for name, a in run(spec, form, same, nearest(state)).items()}
        found = finding(spec, declaration, arrays, momenta)
        assert found.outcome is Outcome.AGREES, found
        assert found.excess is not None
        assert found.excess > 0.02


@pytest.mark.parametrize("operands", ["tfloat32", "bfloat16"])
@pytest.mark.parametrize(("method", "form"), CASES)
def test_declared_operands_are_allowed(method: str, form: str, operands: str) -> None:
    """Products of rounded operands AGREE, if they are declared, and else do not."""
    for seed in range(10):
        spec = canonical(method, seed)
        arrays = run(spec, form, nearest(operands), same)
        declared = finding(spec, Declaration(form, "float32", operands=operands), arrays, momenta=False)
        assert declared.outcome is Outcome.AGREES, declared
        assert finding(spec, Declaration(form, "float32"), arrays, momenta=False).outcome is Outcome.DISAGREES


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("declaration", "slip"),
    [
        (Declaration("velocity", "float32", state="bfloat16"), 1.25),
        (Declaration("velocity", "float32", operands="tfloat32"), 1.03),
    ],
)
def test_wrong_step_size_is_seen_through_declared_rounding(
    method: str, declaration: Declaration, slip: float
) -> None:
    """A step size that is off by more than what is declared can hide is refused on one of a few problems."""
    outcomes = set()
    for seed in range(6):
        spec = canonical(method, seed)
        operand = nearest("tfloat32") if declaration.operands else same
        keep = nearest("bfloat16") if declaration.state else same
        arrays = run(spec, "velocity", operand, keep, slip)
        outcomes.add(finding(spec, declaration, arrays, momenta=True).outcome)
    assert Outcome.DISAGREES in outcomes


def test_record_that_is_not_in_the_declared_format_disagrees() -> None:
    """float32 numbers are no record of a state kept in bfloat16; the finding says where and what to do."""
    spec = canonical("heavy_ball", 0)
    arrays = run(spec, "velocity", same, same)
    found = finding(spec, Declaration("velocity", "float32", state="bfloat16"), arrays, momenta=False)
    assert found.outcome is Outcome.DISAGREES
    assert found.step == 1
    assert "record the state as it is kept" in found.reason


@pytest.mark.parametrize(
    ("declaration", "what"),
    [
        (Declaration(dtype="float32", operands="fp8"), "`operands` is `fp8`: expected one of .*`tfloat32`"),
        (Declaration(dtype="float32", state="tfloat32"), "`state` is `tfloat32`: expected one of `float64`"),
    ],
)
def test_unknown_format_is_refused(declaration: Declaration, what: str) -> None:
    """The message names the field, the value and the choices."""
    arrays = run(canonical("heavy_ball", 0), "velocity", same, same)
    with pytest.raises(CandidateError, match=what):
        finding(canonical("heavy_ball", 0), declaration, arrays, momenta=False)


def test_arithmetic_is_told_in_words() -> None:
    """What differs from the dtype is said, and nothing else."""
    assert arithmetic_text(Declaration(dtype="float32")) == "float32"
    mixed = Declaration(dtype="float32", accumulate="float64", operands="tfloat32", state="bfloat16")
    expected = "float32, sums in float64, operands of products in tfloat32, state kept in bfloat16"
    assert arithmetic_text(mixed) == expected
