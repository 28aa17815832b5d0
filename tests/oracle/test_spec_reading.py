"""One field at a time: every mistake is named with its path, what arrived and what was expected."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest

from oracle.spec import SpecError, parse_spec, spec_from
from oracle.spec_reading import integer_problem

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

FLOW = {"kind": "flow", "times": ["0", "0.5"]}

FLOW_METHODS: list[dict[str, Any]] = [
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
    ("path", "text"),
    [("method.step_size", "0.05"), ("problem.X[0][1]", "0.5"), ("init.u[2]", "2.5e-1"), ("digits", "40.0")],
)
def test_doubles_are_refused_with_the_reason(path: str, text: str) -> None:
    """A JSON double is named with its place and its own text, and the exact spellings are offered."""
    marked = altered(path.replace("[", ".").replace("]", ""), "MARK")
    with pytest.raises(SpecError) as caught:
        parse_spec(json.dumps(marked).replace('"MARK"', text))
    message = str(caught.value)
    assert message.startswith(f"`{path}` is {text}; expected ")
    assert "JSON doubles are refused because" in message
    assert 'as a string ("0.1", "1/10", "0x1.8p-3")' in message


def test_python_floats_are_refused_like_doubles() -> None:
    """A spec built in Python meets the same refusal."""
    assert "`method.momentum` is 0.9; expected" in message_of(altered("method.momentum", 0.9))


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_constants_outside_json_are_refused(constant: str) -> None:
    """NaN and the infinities are named where they stand."""
    text = json.dumps(altered("problem.y.1", "MARK")).replace('"MARK"', constant)
    with pytest.raises(SpecError, match=rf"`problem.y\[1\]` is {constant}; .* neither JSON nor a number"):
        parse_spec(text)


def test_a_key_given_twice_is_refused() -> None:
    """The later value does not silently win."""
    text = json.dumps(EXAMPLE).replace('"step_size": "0.05"', '"step_size": "0.05", "step_size": "0.05"')
    with pytest.raises(SpecError, match=r"`method.step_size` is given twice; .* remove one of the two"):
        parse_spec(text)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (
            "schema",
            "momentum-oracle/spec/2",
            '`schema` is "momentum-oracle/spec/2"; expected `momentum-oracle',
        ),
        ("problem.kind", "ridge", '`problem.kind` is "ridge"; expected one of `regression`, `sparse_regr'),
        ("problem", [1], "`problem` is a list of 1; expected an object whose `kind` is one of"),
        ("problem.loss", "huber", '`problem.loss` is "huber"; expected one of `half_mean_square`, `mean_sq'),
        ("problem.X", "1", '`problem.X` is "1"; expected a list of rows'),
        ("problem.X.1", [], "`problem.X[1]` is an empty list; expected a list of numbers"),
        ("problem.X.1", ["1", "2"], "`problem.X[1]` is a list of 2; expected a row of 3 numbers, like row 0"),
        ("problem.X.0.2", "half", '`problem.X[0][2]` is "half"; expected an exact number'),
        ("problem.X.0.2", "1/0", "divides by zero"),
        ("problem.X.0.2", True, "`problem.X[0][2]` is true; expected an exact number"),
        ("problem.y", ["1"], "`problem.y` is a list of 1 entry; expected 2, one for each row of `problem.X`"),
        ("problem.z", 1, "`problem.z` is not a field here; expected one of `kind`, `X`, `y`, `loss`"),
        ("model", "deep", '`model` is "deep"; expected one of `diagonal`, `hadamard`, `linear`'),
        (
            "model",
            "polynomial",
            '`model` is "polynomial"; expected one of `diagonal`, `hadamard`, `linear` for',
        ),
        ("init.u", ["1", "2"], "`init.u` is a list of 2 entries; expected 3, one for each coordinate"),
        ("init.u", None, "`init.u` is null; expected a list of numbers, or one number"),
        (
            "init.w",
            "1",
            '`init` is an object with "w"; expected only parameters of the model: one of `u`, `v`',
        ),
        ("init", {"u": "1"}, "`init.v` is missing; expected coordinates of shape (3,)"),
        ("method.name", "adam", '`method.name` is "adam"; expected one of `gradient_descent`, `heavy_ball`'),
        ("method.step_size", "0", '`method.step_size` is "0"; expected a number greater than 0'),
        ("method.step_size", "-1/2", '`method.step_size` is "-1/2"; expected a number greater than 0'),
        ("method.momentum", "1", '`method.momentum` is "1"; expected a number at least 0 and less than 1'),
        ("method.momentum", "-0.1", '`method.momentum` is "-0.1"; expected a number at least 0'),
        (
            "method.nesterov",
            True,
            "`method.nesterov` is not a field here; expected one of `name`, `step_size`",
        ),
        ("method.p0", {"w": "1"}, '`method.p0` is an object with "w"; expected only parameters of the model'),
        ("method.p0", {"u": ["1"]}, "`method.p0.u` is a list of 1 entry; expected 3"),
        (
            "method.batches",
            [[0], []],
            "`method.batches[1]` is an empty list; expected a non-empty list of sample",
        ),
        ("method.batches", [[0, 2]], "`method.batches[0][1]` is 2; expected a sample index from 0 to 1"),
        ("method.batches", [[-1]], "`method.batches[0][0]` is -1; expected a JSON integer from 0"),
        (
            "inputs_as",
            "float16",
            '`inputs_as` is "float16"; expected one of `exact`, `float64`, `float32`, `bfl',
        ),
        (
            "want.kind",
            "path",
            '`want.kind` is "path"; expected one of `iterates`, `flow`, `limit`, `integrals`',
        ),
        ("want.steps", [], "`want.steps` is an empty list; expected a non-empty, strictly increasing list"),
        ("want.steps", [0, 2, 2], "`want.steps[2]` is 2; expected a non-empty, strictly increasing list"),
        ("want.steps", [-1], "`want.steps[0]` is -1; expected a JSON integer from 0 to 10000000"),
        (
            "want.steps",
            [10**7 + 1],
            "`want.steps[0]` is 10000001; expected a JSON integer from 0 to 10000000",
        ),
        ("want.steps", ["1"], '`want.steps[0]` is "1"; expected a JSON integer'),
        ("want.steps", [True], "`want.steps[0]` is true; expected a JSON integer"),
        ("digits", 14, "`digits` is 14; expected a JSON integer from 15 to 1000"),
        ("digits", 1001, "`digits` is 1001; expected a JSON integer from 15 to 1000"),
        ("digits", "40", '`digits` is "40"; expected a JSON integer from 15 to 1000'),
        ("digits", True, "`digits` is true; expected a JSON integer from 15 to 1000"),
        ("seed", 3, "`seed` is not a field here; expected one of `schema`, `problem`, `model`"),
    ],
)
def test_each_mistake_is_named_with_field_value_and_choices(path: str, value: Any, message: str) -> None:
    """One value of the example spoilt: the message names path, value and what was expected."""
    assert message in message_of(altered(path, value))


@pytest.mark.parametrize(
    ("method", "message"),
    [
        (
            {"name": "gradient_flow", "step_size": 1},
            "`method.step_size` is not a field here; expected `name`",
        ),
        ({"name": "mgf"}, "`method.lambda` is missing; expected a number greater than 0"),
        (
            {"name": "mgf", "lambda_": 1},
            "`method.lambda_` is not a field here; expected one of `name`, `lambda`",
        ),
        (
            {"name": "mgf", "lambda": 1, "initial_velocity": "fast"},
            "expected one of `zero`, `slow_manifold`, or",
        ),
        (
            {"name": "mgf", "lambda": 1, "initial_velocity": {"u": ["1"]}},
            "`method.initial_velocity.u` is a list of 1",
        ),
        (
            {**FLOW_METHODS[2], "of": "adam"},
            '`method.of` is "adam"; expected one of `heavy_ball`, `nesterov`',
        ),
        ({**FLOW_METHODS[5], "order": 0}, "`method.order` is 0; expected a JSON integer from 1 to 30"),
        ({**FLOW_METHODS[5], "variant": "both"}, '`method.variant` is "both"; expected one of `piecewise`'),
        (
            {**FLOW_METHODS[5], "start": "late"},
            '`method.start` is "late"; expected one of `plain`, `shifted`',
        ),
    ],
)
def test_each_mistake_in_a_flow_is_named(method: dict[str, Any], message: str) -> None:
    """The keys of the flows, one by one."""
    assert message in message_of(spec_with(method=method, want=FLOW))


def test_several_mistakes_are_listed_together() -> None:
    """Three mistakes in three fields, one line each."""
    value = altered("method.step_size", "0") | {"digits": 3, "inputs_as": "int8"}
    lines = message_of(value).splitlines()
    assert lines[0] == "the spec has 3 problems:"
    assert [line.split("`")[1] for line in lines[1:]] == ["method.step_size", "inputs_as", "digits"]


def test_a_long_list_of_mistakes_is_cut_and_counted() -> None:
    """Twenty mistakes are printed, the other five counted."""
    value = spec_with(**{f"field_{i}": i for i in range(25)})
    lines = message_of(value).splitlines()
    assert (len(lines), lines[-1]) == (22, "- and 5 more")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"schema": "momentum-oracle/spec/1",\n "digits": }', "is not JSON: .* at line 2, column 12"),
        ("", "is not JSON: .* at line 1, column 1"),
        ("[" * 100_000, "nested too deeply"),
        (b"\xff\xfe{}", r"not UTF-8 text \(byte 0\)"),
        ("[1]", "the spec is a list of 1; expected an object with fields of `schema`"),
        ('{"digits": ' + "9" * 5000 + "}", "`digits` is 9+...; .* fewer than 4000 digits"),
        ('{"\\ud800": 1}', r"is not a field here|keys that are texts|digits"),
    ],
)
def test_text_that_is_no_spec_is_refused(text: str | bytes, message: str) -> None:
    """Malformed, endless or undecodable text: the place and the reason are given."""
    with pytest.raises(SpecError, match=message):
        parse_spec(text)


@pytest.mark.parametrize(
    ("path", "least", "most"),
    [
        ("digits", 15, 1000),
        ("problem.n", 1, 100_000),
        ("problem.d", 1, 100_000),
        ("method.order", 1, 30),
        ("want.steps", 0, 10_000_000),
    ],
)
def test_integer_is_judged_alone(path: str, least: int, most: int) -> None:
    """By the field's own reader: the ends of its range pass, what lies beyond is refused in its words."""
    assert [integer_problem(path, value) for value in (least, most)] == [None, None]
    for value in (least - 1, most + 1):
        found = str(integer_problem(path, value))
        assert found.startswith(f"`{path}` is {value}; expected a JSON integer from {least} to {most}")


def test_other_fields_are_not_judged_alone() -> None:
    """Whatever the integer is."""
    assert integer_problem("problem.X", 10**30) is None
