"""Every flow and every want of the contract is computed, stored and read back."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import mpmath
import pytest

from oracle.goldens import compute_golden, fetch_or_compute
from oracle.records.golden import Golden, golden_from_json, golden_json
from oracle.spec import spec_from
from oracle.store import Store

PROBLEM: dict[str, Any] = {
    "kind": "regression",
    "X": [["1", "0.5", "-0.25"], ["0", "1", "0.75"]],
    "y": ["1", "-0.5"],
}
BASE: dict[str, Any] = {
    "schema": "momentum-oracle/spec/1",
    "problem": PROBLEM,
    "model": "diagonal",
    "init": {"u": "0.5", "v": "0.25"},
    "digits": 20,
}
HEAVY_BALL = {"name": "heavy_ball", "step_size": "0.05", "momentum": "0.5"}
MOMENTUM = {"step_size": "0.05", "momentum": "0.5"}
FLOWS: dict[str, dict[str, Any]] = {
    "gradient_flow": {"name": "gradient_flow"},
    "rescaled_gradient_flow": {"name": "rescaled_gradient_flow", "momentum": "0.5"},
    "heavy-ball momentum_flow": {"name": "momentum_flow", "of": "heavy_ball", **MOMENTUM},
    "Nesterov momentum_flow": {
        "name": "momentum_flow", "of": "nesterov", "initial_velocity": "slow_manifold", **MOMENTUM,
    },
    "momentum_flow with a velocity": {
        "name": "momentum_flow", "of": "heavy_ball", "initial_velocity": {"u": "0.1"}, **MOMENTUM,
    },
    "mgf": {"name": "mgf", "lambda": "0.2"},
    "gd_flow": {"name": "gd_flow", "step_size": "0.05", "order": 3},
    "stationary hb_flow": {
        "name": "hb_flow", "order": 2, "variant": "stationary", "start": "shifted", **MOMENTUM,
    },
    "piecewise hb_flow": {"name": "hb_flow", "order": 3, "variant": "piecewise", **MOMENTUM},
    "stochastic hb_flow": {
        "name": "hb_flow", "order": 2, "variant": "piecewise", "batches": [[0], [1]], **MOMENTUM,
    },
}  # fmt: skip
PARAMETERS = {"u", "v", "theta"}


def golden_of(**changes: Any) -> Golden:
    """Return the golden of the base spec with changes."""
    return compute_golden(spec_from(BASE | changes))


@pytest.mark.parametrize("method", FLOWS.values(), ids=FLOWS)
def test_flow_gives_a_certified_row_for_each_time(method: dict[str, Any]) -> None:
    """Contract: parameters, theta and loss per requested time."""
    record = golden_json(golden_of(method=method, want={"kind": "flow", "times": ["0", "1/10", "0.35"]}))
    values = record["values"]
    assert record["grade"] == "certified"
    assert record["digits"] == 20
    assert set(values) == {"times", "loss", *PARAMETERS}
    assert values["times"] == ["0", "0.1", "0.35"]
    assert {len(values[name]) for name in PARAMETERS} == {3}
    assert all(len(row) == 3 for name in PARAMETERS for row in values[name])
    assert Fraction(values["loss"][2]) < Fraction(values["loss"][0])


@pytest.mark.parametrize(
    "name", ["gradient_flow", "heavy-ball momentum_flow", "Nesterov momentum_flow", "mgf"]
)
def test_limit_of_a_flow_is_a_certified_single_row(name: str) -> None:
    """Contract: parameters, theta, and the time used; the limit interpolates."""
    record = golden_json(golden_of(method=FLOWS[name], want={"kind": "limit"}))
    assert record["grade"] == "certified"
    assert set(record["values"]) == {"time", "loss", *PARAMETERS}
    theta = [Fraction(text) for text in record["values"]["theta"]]
    for row, target in zip(PROBLEM["X"], PROBLEM["y"], strict=True):
        gap = sum(Fraction(x) * t for x, t in zip(row, theta, strict=True)) - Fraction(target)
        assert abs(gap) < Fraction(1, 10**19)


def test_limit_of_heavy_ball_is_a_certified_single_row() -> None:
    """Contract: parameters, theta, and the steps used."""
    record = golden_json(golden_of(method=HEAVY_BALL, want={"kind": "limit"}))
    assert record["grade"] == "certified"
    assert type(record["values"]["steps"]) is int
    assert len(record["values"]["theta"]) == 3


def test_limit_without_a_proof_is_graded_confirmed() -> None:
    """No proof is known for the modified equation's limit; the grade says so."""
    record = golden_json(golden_of(method=FLOWS["gd_flow"], want={"kind": "limit"}, digits=15))
    assert record["grade"] == "confirmed"


@pytest.mark.parametrize(
    ("method", "want", "names", "rows"),
    [
        (HEAVY_BALL, {"steps": [0, 5, 20]}, {"phi", "S_plus", "S_minus", "balancedness"}, 3),
        (HEAVY_BALL, {"to": "limit"}, {"phi", "S_plus", "S_minus", "balancedness"}, None),
        (FLOWS["mgf"], {"times": ["0", "1"]}, {"phi", "I_plus", "I_minus", "balancedness"}, 2),
        (FLOWS["mgf"], {"to": "limit"}, {"phi", "I_plus", "I_minus", "balancedness"}, None),
        (FLOWS["gradient_flow"], {"times": ["2"]}, {"phi", "balancedness"}, 1),
    ],
)
def test_integrals_are_named_arrays(
    method: dict[str, Any], want: dict[str, Any], names: set[str], rows: int | None
) -> None:
    """Contract: the named arrays that the method has."""
    record = golden_json(golden_of(method=method, want={"kind": "integrals", **want}))
    assert record["grade"] == "certified"
    assert names <= set(record["values"])
    for name in names:
        assert len(record["values"][name]) == (3 if rows is None else rows)


def test_kkt_needs_no_start_and_no_method() -> None:
    """Contract: theta, dual and objective; the point satisfies the printed optimality conditions."""
    spec = {key: BASE[key] for key in ("schema", "problem", "model", "digits")}
    record = golden_json(
        compute_golden(spec_from(spec | {"want": {"kind": "kkt", "xi": "0.1", "linear": "0"}}))
    )
    values = record["values"]
    assert set(values) == {"theta", "dual", "objective"}
    assert (len(values["theta"]), len(values["dual"]), type(values["objective"])) == (3, 2, str)
    with mpmath.workdps(40):
        dual = [mpmath.mpf(text) for text in values["dual"]]
        for j, text in enumerate(values["theta"]):
            slope = mpmath.asinh(mpmath.mpf(text) / mpmath.mpf("0.2")) / 4
            column = sum(mpmath.mpf(row[j]) * nu for row, nu in zip(PROBLEM["X"], dual, strict=True))
            assert abs(slope - column) < mpmath.mpf(10) ** -18


def test_gradient_flow_of_a_linear_model_is_the_matrix_exponential() -> None:
    """θ(t) = exp(−Ht) θ0 + … with H = XᵀX/n, by mpmath's own expm."""
    times = ["1/2", "2"]
    golden = golden_of(
        model="linear",
        init={"beta": "0"},
        method=FLOWS["gradient_flow"],
        want={"kind": "flow", "times": times},
    )
    values = golden_json(golden)["values"]["theta"]
    with mpmath.workdps(40):
        X = mpmath.matrix([[mpmath.mpf(x) for x in row] for row in PROBLEM["X"]])
        y = mpmath.matrix([mpmath.mpf(x) for x in PROBLEM["y"]])
        kernel = X * X.T / 2
        for text, row in zip((0.5, 2), values, strict=True):
            rest = y - mpmath.expm(-kernel * mpmath.mpf(text)) * y  # Xθ(t)
            theta = X.T * mpmath.lu_solve(X * X.T, rest)
            for expected, found in zip(theta, row, strict=True):
                assert abs(expected - mpmath.mpf(found)) < mpmath.mpf(10) ** -19


@pytest.mark.parametrize(
    ("method", "want"),
    [
        (FLOWS["gradient_flow"], {"kind": "flow", "times": ["1"]}),
        (FLOWS["gradient_flow"], {"kind": "limit"}),
        (HEAVY_BALL, {"kind": "integrals", "to": "limit"}),
        (HEAVY_BALL, {"kind": "kkt", "xi": "0.1"}),
    ],
)
def test_every_kind_of_golden_is_stored_and_fetched(
    method: dict[str, Any], want: dict[str, Any], tmp_path: Path
) -> None:
    """The record comes back with its digest, from the store and from JSON."""
    spec, store = spec_from(BASE | {"method": method, "want": want}), Store(tmp_path)
    first, was_there = fetch_or_compute(spec, store)
    second, is_there = fetch_or_compute(spec, store)
    again = golden_from_json(json.loads(json.dumps(golden_json(first))))
    assert (was_there, is_there) == (False, True)
    assert first.digest == second.digest == again.digest
