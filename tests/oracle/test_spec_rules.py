"""Fields that do not fit each other: lengths, parameter names, what a want needs of the method."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from oracle.spec import SpecError, spec_from

EXAMPLE: dict[str, Any] = {
    "schema": "momentum-oracle/spec/1",
    "problem": {
        "kind": "regression",
        "X": [["1", "0.5", "-0.25"], ["0", "1", "0.75"]],
        "y": ["1", "-0.5"],
        "loss": "half_mean_square",
    },
    "model": "diagonal",
    "init": {"u": ["0.25", "0.25", "0.25"], "v": ["0.25", "0.25", "0.25"]},
    "method": {"name": "heavy_ball", "step_size": "0.05", "momentum": "0.9"},
    "inputs_as": "exact",
    "want": {"kind": "iterates", "steps": [0, 1, 2, 100]},
    "digits": 40,
}

SPARSE = {"kind": "sparse_regression", "n": 4, "d": 3, "nonzeros": 2, "seed": 7}
SCALAR = {"kind": "scalar_product", "x": "2", "y": "1/3"}
POLYNOMIAL: dict[str, Any] = {"kind": "polynomial", "terms": [{"coefficient": "1/2", "powers": [2, 0]}]}
KKT = {"kind": "kkt", "potential": "hyperbolic_entropy", "xi": "0.1", "linear": ["0", "1", "2"]}
FLOW = {"kind": "flow", "times": ["0", "0.5"]}

FLOW_METHODS = [
    {"name": "gradient_flow"},
    {"name": "rescaled_gradient_flow", "momentum": "0.9"},
    {"name": "momentum_flow", "of": "nesterov", "step_size": "1/10", "momentum": 0},
    {"name": "momentum_flow", "of": "heavy_ball", "step_size": 1, "momentum": 0, "initial_velocity": "zero"},
    {"name": "mgf", "lambda": "0.5", "initial_velocity": {"u": ["1", "2", "3"]}},
    {"name": "hb_flow", "step_size": "0.1", "momentum": "0.9", "order": 3, "variant": "piecewise"},
    {"name": "gd_flow", "step_size": "0.1", "order": 1},
]


def spec_with(**changes: Any) -> dict[str, Any]:
    """Return the example with some fields replaced; a field set to `...` is left out."""
    merged = {**deepcopy(EXAMPLE), **changes}
    return {name: value for name, value in merged.items() if value is not ...}


def altered(path: str, value: Any) -> dict[str, Any]:
    """Return the example with one value replaced, or added, at a dotted path."""
    result = deepcopy(EXAMPLE)
    *parents, last = path.split(".")
    target: Any = result
    for key in parents:
        target = target[int(key)] if isinstance(target, list) else target[key]
    target[int(last) if isinstance(target, list) else last] = value
    return result


def message_of(value: Any) -> str:
    """Return the message with which a spec is refused."""
    with pytest.raises(SpecError) as caught:
        spec_from(value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"problem": {**SPARSE, "nonzeros": 4}}, "`problem.nonzeros` is 4; expected at most `problem.d` = 3"),
        ({"problem": {**SPARSE, "nonzeros": 0}}, "`problem.nonzeros` is 0; expected a JSON integer from 1"),
        ({"problem": {**SPARSE, "n": "4"}}, '`problem.n` is "4"; expected a JSON integer from 1 to 100000'),
        ({"problem": {**SPARSE, "seed": -1}}, "`problem.seed` is -1; expected a JSON integer from 0 to"),
        ({"problem": {**SPARSE, "scale": "0"}}, '`problem.scale` is "0"; expected a number greater than 0'),
        (
            {"problem": {**SPARSE, "n": 10**5, "d": 10**5}},
            "a 100000 x 100000 matrix; expected at most 4000000",
        ),
        (
            {"problem": {**SCALAR, "loss": "sum_square"}},
            "`problem.loss` is not a field here; expected one of `kind`",
        ),
        (
            {"problem": {"kind": "polynomial", "terms": []}},
            "`problem.terms` is an empty list; expected a non-empty",
        ),
        (
            {
                "problem": {
                    "kind": "polynomial",
                    "terms": [*POLYNOMIAL["terms"], {"coefficient": 1, "powers": [1]}],
                }
            },
            "`problem.terms[1].powers` is a list of 1 entry; expected 2, as many as in the first term",
        ),
        (
            {"problem": POLYNOMIAL, "model": ..., "init": {"b": ["1"]}},
            "`init.b` is a list of 1 entry; expected 2",
        ),
        (
            {"problem": SCALAR, "model": ..., "init": {"a1": ["1", "2"], "a2": "1"}},
            "`init.a1` is a list of 2 entries; expected 1",
        ),
        ({"model": ...}, "`model` is missing; expected one of `diagonal`, `hadamard`, `linear`"),
        ({"init": ...}, "`init` is missing; expected an object of coordinates for `u`, `v`"),
        (
            {"method": ...},
            "`method` is missing; expected an object whose `name` is one of `gradient_descent`",
        ),
        ({"digits": ...}, "`digits` is missing; expected a JSON integer from 15 to 1000"),
        (
            {"method": {"name": "nesterov", "step_size": 1}},
            "`method.momentum` is missing; expected a number at",
        ),
        ({"method": {"step_size": 1}}, "`method.name` is missing; expected one of `gradient_descent`"),
        (
            {"method": {"name": "gradient_descent", "step_size": 1, "momentum": "0.9"}},
            '`method.momentum` is "0.9"; expected 0 or nothing for `gradient_descent`',
        ),
        (
            {"method": {"name": "gradient_descent", "step_size": 1, "p0": {"u": ["0", "0", "1"]}}},
            "`method.p0.u` is not zero; expected 0 or nothing for `gradient_descent`",
        ),
        (
            {
                "problem": POLYNOMIAL,
                "model": ...,
                "init": {"b": 1},
                "method": EXAMPLE["method"] | {"batches": [[0]]},
            },
            "`method.batches` is a list of 1; expected nothing, a polynomial has no samples",
        ),
    ],
)
def test_each_contradiction_is_named(changes: dict[str, Any], message: str) -> None:
    """Fields that do not fit each other: the message names the field to mend."""
    assert message in message_of(spec_with(**changes))


@pytest.mark.parametrize(
    ("want", "message"),
    [
        (FLOW, '`method.name` is "heavy_ball"; expected one of `gradient_flow`'),
        (
            {"kind": "integrals", "times": [0]},
            '`method.name` is "heavy_ball"; expected one of `gradient_flow`',
        ),
        ({"kind": "integrals"}, "`want` is integrals with no end; expected exactly one of `steps`"),
        (
            {"kind": "integrals", "steps": [1], "to": "limit"},
            "integrals with `steps` and `to`; expected exactly one",
        ),
        ({"kind": "integrals", "to": "end"}, '`want.to` is "end"; expected `limit`'),
        ({"kind": "flow", "times": ["-1"]}, '`want.times[0]` is "-1"; expected a time of at least 0'),
        (
            {"kind": "flow", "times": ["1", "0x1p0"]},
            '`want.times[1]` is "0x1p0"; expected a non-empty, strictly',
        ),
        ({"kind": "kkt", "xi": ["1", "0", "1"]}, '`want.xi[1]` is "0"; expected a number greater than 0'),
        ({"kind": "kkt", "xi": ["1", "1"]}, "`want.xi` is a list of 2 entries; expected 3"),
        ({"kind": "kkt", "xi": "1", "linear": ["1"]}, "`want.linear` is a list of 1 entry; expected 3"),
        (
            {"kind": "kkt", "xi": "1", "potential": "l1"},
            '`want.potential` is "l1"; expected `hyperbolic_entropy`',
        ),
    ],
)
def test_each_mistake_in_a_want_is_named(want: dict[str, Any], message: str) -> None:
    """The keys of the wants, and what they need of the method."""
    assert message in message_of(spec_with(want=want))


def test_iterates_of_a_flow_are_refused() -> None:
    """Steps belong to discrete methods."""
    message = message_of(spec_with(method={"name": "gradient_flow"}))
    assert '`method.name` is "gradient_flow"; expected one of `gradient_descent`, `heavy_ball`' in message


def test_kkt_of_a_polynomial_is_refused() -> None:
    """The constraint Xθ = y needs a regression."""
    value = spec_with(problem=POLYNOMIAL, model=..., init=..., method=..., want={"kind": "kkt", "xi": "1"})
    assert '`problem.kind` is "polynomial"; expected `regression` or `sparse_regression`' in message_of(value)
