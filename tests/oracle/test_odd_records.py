"""Records at the edges: not finite, with gaps, standing still, underflowing, overflowing; written in numpy."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from oracle.goldens import compute_golden
from oracle.records.candidate import Array, Declaration
from oracle.records.golden import Golden
from oracle.spec import spec_from
from oracle.step_check import StepCheck
from oracle.tensors import task_of
from oracle.verdict import Outcome, judge
from reference.exact import round_to_format

X = [["1", "1/2", "-3/4"], ["1/4", "1", "1/2"]]


def golden_of(
    method: str, steps: Sequence[int], *, eta: str = "1/8", y: Any = ("1", "-1/2"), **more: Any
) -> Golden:
    """Return the golden of a small linear regression."""
    coefficients = {"name": method, "step_size": eta}
    if method != "gradient_descent":
        coefficients["momentum"] = "7/8"
    fields = {
        "schema": "momentum-oracle/spec/1",
        "problem": {"kind": "regression", "X": more.pop("X", X), "y": list(y)},
        "model": "linear",
        "init": {"beta": more.pop("start", ["1/4", "-1/8", "1/2"])},
        "method": coefficients,
        "inputs_as": "float32",
        "want": {"kind": "iterates", "steps": list(steps)},
        "digits": 20,
    }
    return compute_golden(spec_from(fields), cross_check=False)


def narrow(values: Array, fmt: str) -> Array:
    """Round each number by exact rational arithmetic."""
    flat = [float(round_to_format(Fraction(float(x)), fmt)) for x in values.ravel()]
    return np.array(flat, dtype=values.dtype).reshape(values.shape)


def run(
    golden: Golden, last: int, *, form: str = "velocity", keep: str = "float32", lost: int = -1
) -> dict[str, Array]:
    """Return all states of a float32 run and its momenta; the momentum is lost at step `lost`."""
    task = task_of(golden.spec, "float32", range(last + 1))
    A, y, eta, mu = task.problem.X, task.problem.y, task.method.step_size, task.method.momentum
    beta, plain = narrow(task.problem.init["beta"], keep), task.method.name == "gradient_descent"
    p, buffer, before, rows = np.zeros_like(beta), np.zeros_like(beta), beta, []
    for k in range(last + 1):
        if k == lost:
            p = 0 * p
        rows.append((beta, p))
        g = A.T.copy() @ (A @ beta - y) / np.float32(len(y))
        if plain or form == "position":
            ahead = narrow(beta + (0 if plain else mu * (beta - before)) - eta * g, keep)
            before, beta, p = beta, ahead, narrow(ahead - beta, keep)
        elif form == "buffer":
            buffer = narrow(mu * buffer + g, keep)
            beta, p = narrow(beta - eta * buffer, keep), narrow(-eta * buffer, keep)
        else:
            p = narrow(mu * p - eta * g, keep)
            beta = narrow(beta + p, keep)
    return {"beta": np.stack([row[0] for row in rows]), "p_beta": np.stack([row[1] for row in rows])}


@pytest.mark.parametrize("value", [np.inf, np.nan])
@pytest.mark.parametrize("steps", [[0], [0, 5], [5], [0, 1, 2, 7]])
def test_sparse_record_that_is_not_finite_disagrees(steps: list[int], value: float) -> None:
    """Nothing is located beyond what can be looked at."""
    golden = golden_of("heavy_ball", steps)
    beta = run(golden, max(steps))["beta"][steps]
    beta[-1] = value
    assert judge(golden, {"beta": beta}, Declaration(dtype="float32"), steps).outcome is Outcome.DISAGREES


@pytest.mark.parametrize("method", ["gradient_descent", "heavy_ball", "nesterov", "nesterov_lookahead"])
@pytest.mark.parametrize("steps", [[1, 2], [0, 5, 6, 7], [3, 4, 9, 10, 11], [2, 3, 4, 8]])
@pytest.mark.parametrize("momenta", [False, True])
def test_nonsense_with_gaps_disagrees_with_a_diagnosis(method: str, steps: list[int], momenta: bool) -> None:
    """Whatever is known of the states before, the diagnosis is made and no warning given."""
    golden, numbers = golden_of(method, steps), np.arange(3.0 * len(steps)).reshape(-1, 3)
    arrays = {"beta": np.cos(numbers)} | ({"p_beta": np.sin(numbers)} if momenta else {})
    verdict = judge(golden, arrays, Declaration(), steps)
    assert verdict.outcome is Outcome.DISAGREES
    assert verdict.diagnosis is not None


def test_momentum_lost_across_a_gap_disagrees() -> None:
    """Its own record of a lost momentum does not vouch for the states that follow; the right run's does no harm."""
    steps = [0, 5, 6, 7, 8]
    golden = golden_of("heavy_ball", steps)
    for lost, outcome in ((5, Outcome.DISAGREES), (-1, Outcome.AGREES)):
        arrays = {name: values[steps] for name, values in run(golden, 8, lost=lost).items()}
        assert judge(golden, arrays, Declaration(dtype="float32"), steps).outcome is outcome


def test_run_that_stands_still_is_not_the_golden_handed_back() -> None:
    """Updates below half a unit leave the start, which is the golden's digits rounded once, at every step."""
    d = 100
    wide = [[str(Fraction((7 * i + 3 * j) % 11 - 5, 8)) for j in range(d)] for i in range(2)]
    golden = golden_of(
        "heavy_ball", range(9), eta="1/1000000000000", X=wide, start=[f"{j + 1}/128" for j in range(d)]
    )
    arrays = run(golden, 8)
    assert (arrays["beta"] == arrays["beta"][0]).all()
    assert judge(golden, arrays, Declaration(dtype="float32"), range(9)).outcome is Outcome.AGREES


CASES = [
    ("velocity", "gradient_descent"),
    ("velocity", "heavy_ball"),
    ("position", "heavy_ball"),
    ("buffer", "heavy_ball"),
]


@pytest.mark.parametrize(("form", "method"), CASES)
@pytest.mark.parametrize("keep", ["bfloat16", "float16"])
def test_recorded_momenta_of_a_narrow_state_are_allowed(form: str, method: str, keep: str) -> None:
    """Carried, read off positions or made from a buffer: each is rounded as often as its form says."""
    raw = np.random.PCG64(11)
    for _ in range(12):
        draws = [str(Fraction(int(raw.random_raw() % 257) - 128, 64)) for _ in range(11)]
        golden = golden_of(method, [0], X=[draws[:3], draws[3:6]], y=draws[6:8], start=draws[8:], eta="1/16")
        arrays = run(golden, 14, form=form, keep=keep)
        kept = {
            name: values.astype(np.float16 if keep == "float16" else np.float32)
            for name, values in arrays.items()
        }
        found = StepCheck(golden.spec, Declaration(form, "float32", state=keep))(range(15), kept)
        assert found.outcome is Outcome.AGREES, found


def test_state_that_underflows_is_allowed() -> None:
    """First updates below float16's smallest number are lost, and no fault."""
    golden = golden_of("heavy_ball", range(12), eta="1/100000", y=("1/1024", "-1/512"), start=["0", "0", "0"])
    arrays = {name: values.astype(np.float16) for name, values in run(golden, 11, keep="float16").items()}
    verdict = judge(golden, arrays, Declaration(dtype="float32", state="float16"), range(12))
    assert verdict.outcome is Outcome.AGREES, verdict.findings


def test_overflow_of_a_narrow_state_is_undecided() -> None:
    """A diverging run leaves float16 where the true one leaves what float16 can square."""
    golden = golden_of("gradient_descent", range(10), eta="64")
    beta = run(golden, 9)["beta"]
    with np.errstate(over="ignore"):
        narrowed = beta.astype(np.float16)
    assert not np.isfinite(narrowed).all()
    verdict = judge(golden, {"beta": narrowed}, Declaration(dtype="float32", state="float16"), range(10))
    (data,) = (found for found in verdict.findings if found.check == "data")
    assert data.outcome is Outcome.UNDECIDED


def test_wrong_run_that_overflows_is_named_and_a_right_one_that_is_spoiled_is_not() -> None:
    """Wrong steps on the way to infinity are diagnosed; one NaN after right steps is its own explanation."""
    golden = golden_of("heavy_ball", range(31), eta="1/2")
    task = task_of(golden.spec, "float32", range(31))
    A, y, beta, p, rows = (
        task.problem.X,
        task.problem.y,
        task.problem.init["beta"],
        np.zeros(3, np.float32),
        [],
    )
    with np.errstate(all="ignore"):
        for _ in range(31):
            rows.append(beta)
            p = np.float32(0.875) * p - np.float32(16384) * (
                A.T.copy() @ (A @ beta - y)
            )  # η and the loss far too large
            beta = beta + p
    wrong = judge(golden, {"beta": np.stack(rows)}, Declaration(dtype="float32"), range(31))
    assert not np.isfinite(rows[-1]).all()
    assert wrong.diagnosis is not None
    assert wrong.diagnosis.names == ("step_size_differs",)
    spoiled = run(golden, 30)["beta"]
    spoiled[-1, 0] = np.nan
    assert judge(golden, {"beta": spoiled}, Declaration(dtype="float32"), range(31)).diagnosis is None
