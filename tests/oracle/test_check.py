"""A file against a spec: the checks that come before the verdict."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oracle.candidate_file import CandidateError, read_candidate
from oracle.check import DTYPES, CheckRequest, check, compare, refuse_other_wants
from oracle.goldens import fetch_or_compute
from oracle.records.candidate import Declaration
from oracle.spec import spec_from
from oracle.store import Store

# gradient descent on ½β², η = ½: β_k = 2^−k, exact in every dtype
SPEC = {
    "schema": "momentum-oracle/spec/1",
    "problem": {"kind": "regression", "X": [["1"]], "y": ["0"], "loss": "half_sum_square"},
    "model": "linear",
    "init": {"beta": ["1"]},
    "method": {"name": "gradient_descent", "step_size": "1/2"},
    "want": {"kind": "iterates", "steps": [0, 1, 2, 3]},
    "digits": 20,
}
HALVES = np.array([[1.0], [0.5], [0.25], [0.125]])


def request_of(path: Path, dtype: str = "", **arrays: Any) -> CheckRequest:
    """Save the arrays and return the request to check them."""
    np.savez(path / "run.npz", **arrays)
    return CheckRequest(spec_from(SPEC), path / "run.npz", dtype)


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_dtype_is_that_of_the_arrays(tmp_path: Path, dtype: str) -> None:
    """Without a declaration the arrays speak for themselves."""
    request = request_of(tmp_path, steps=np.arange(4), beta=HALVES.astype(dtype))
    made = check(request, Store(tmp_path / "store"))
    assert (made.dtype, str(made.verdict.outcome)) == (dtype, "AGREES")


def test_wrong_halves_disagree(tmp_path: Path) -> None:
    """The planted fault: one state is off by one part in a million."""
    wrong = HALVES * np.array([[1], [1], [1 + 1e-6], [1 + 1e-6]])
    made = check(request_of(tmp_path, steps=np.arange(4), beta=wrong), Store(tmp_path / "store"))
    assert str(made.verdict.outcome) == "DISAGREES"


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"steps": np.arange(4), "b": HALVES}, "`b`.*beta, loss, p_beta, theta"),
        ({"steps": np.arange(10, 14), "beta": HALVES}, "from 10 to 13, none of which"),
    ],
)
def test_record_that_does_not_fit_the_golden_is_refused(
    tmp_path: Path, arrays: dict[str, Any], message: str
) -> None:
    """Unknown names and foreign steps are named, with what would fit."""
    with pytest.raises(CandidateError, match=message):
        check(request_of(tmp_path, **arrays), Store(tmp_path / "store"))


def rounded_run() -> dict[str, Any]:
    """Run four steps of gradient descent on ½β², η = 0.3, in float32, and record β, and ½β² in float64."""
    beta, step_size = [np.float32(1)], np.float32(0.3)
    for _ in range(3):
        beta.append(beta[-1] - step_size * beta[-1])
    states = np.array(beta)[:, None]
    return {"steps": np.arange(4), "beta": states, "loss": 0.5 * states[:, 0].astype(np.float64) ** 2}


ROUNDED = SPEC | {"method": {"name": "gradient_descent", "step_size": "0.3"}, "inputs_as": "float32"}
HEEDED: dict[str, Callable[[Any], dict[str, Any]]] = {
    "left out": lambda loss: {},
    "stored in that one": lambda loss: {"loss": loss.astype(np.float32)},
}


@pytest.mark.parametrize("dtype", ["", *DTYPES])
@pytest.mark.parametrize("advice", HEEDED)
def test_what_is_said_of_several_dtypes_helps_when_it_is_done(
    tmp_path: Path, advice: str, dtype: str
) -> None:
    """No declaration makes such a record one that can be judged; each of the two pieces of advice does."""
    run = rounded_run()
    np.savez(tmp_path / "run.npz", **run)
    request = CheckRequest(spec_from(ROUNDED), tmp_path / "run.npz", dtype)
    with pytest.raises(
        CandidateError, match=r"several dtypes.*Leave out .*`loss`.*, or store it in that one"
    ):
        check(request, Store(tmp_path / "store"))
    np.savez(tmp_path / "run.npz", steps=run["steps"], beta=run["beta"], **HEEDED[advice](run["loss"]))
    made = check(CheckRequest(request.spec, request.candidate), Store(tmp_path / "store"))
    assert (made.dtype, str(made.verdict.outcome)) == ("float32", "AGREES")


def test_bad_file_is_refused_before_anything_is_computed(tmp_path: Path) -> None:
    """The store stays untouched when the candidate cannot be read."""
    (tmp_path / "run.npz").write_bytes(b"nothing")
    with pytest.raises(CandidateError, match="npz"):
        check(CheckRequest(spec_from(SPEC), tmp_path / "run.npz"), Store(tmp_path / "store"))
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("want", [{"kind": "limit"}, {"kind": "integrals", "steps": [1]}])
def test_other_wants_are_refused_by_name(want: dict[str, Any]) -> None:
    """A candidate is checked step by step; iterates pass."""
    with pytest.raises(CandidateError, match=f"the spec wants `{want['kind']}`"):
        refuse_other_wants(spec_from(SPEC | {"want": want}))
    refuse_other_wants(spec_from(SPEC))


@pytest.mark.parametrize(("last", "outcome"), [(0.125, "AGREES"), (0.1251, "DISAGREES")])
def test_golden_at_hand_and_read_file_are_compared_as_the_whole_is(
    last: float, outcome: str, tmp_path: Path
) -> None:
    """With the envelope or without it the verdict is the same."""
    request = request_of(tmp_path, steps=np.arange(4), beta=np.array([[1.0], [0.5], [0.25], [last]]))
    file = read_candidate(request.candidate)
    golden, _ = fetch_or_compute(request.spec, Store(tmp_path / "store"))
    found = [
        compare(golden, file, Declaration(dtype="float64"), "run.npz", draw_envelope=drawn)
        for drawn in (True, False)
    ]
    whole = check(request, Store(tmp_path / "store"))
    assert [str(one.verdict.outcome) for one in (*found, whole)] == [outcome] * 3
