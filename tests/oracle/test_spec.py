"""The spec: every field read, one canonical form and digest, and nothing but a `SpecError` refuses it."""

from __future__ import annotations

import json
from copy import deepcopy
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle.spec import Spec, SpecError, load_spec, parse_spec, spec_from

CONTRACT: dict[str, Any] = {
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
CONTRACT_CANONICAL = (
    '{"digits":40,"init":{"u":["0.25","0.25","0.25"],"v":["0.25","0.25","0.25"]},"inputs_as":"exact",'
    '"method":{"batches":[],"momentum":"0.9","name":"heavy_ball",'
    '"p0":{"u":["0","0","0"],"v":["0","0","0"]},"step_size":"0.05"},"model":"diagonal",'
    '"problem":{"X":[["1","0.5","-0.25"],["0","1","0.75"]],"kind":"regression",'
    '"loss":"half_mean_square","y":["1","-0.5"]},"schema":"momentum-oracle/spec/1",'
    '"want":{"kind":"iterates","steps":[0,1,2,100]}}'
)
# of the text above, by the command sha256sum
CONTRACT_DIGEST = "sha256:83fcb40a13773fffced93fece233a070cfe89e3f7e0a7a00afa697dfc3812a16"

SPARSE = {"kind": "sparse_regression", "n": 4, "d": 3, "nonzeros": 2, "seed": 7}
SCALAR = {"kind": "scalar_product", "x": "2", "y": "1/3"}
POLYNOMIAL = {"kind": "polynomial", "terms": [{"coefficient": "1/2", "powers": [2, 0]}]}
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
    """Return the contract's example with some fields replaced; a field set to `...` is left out."""
    merged = {**deepcopy(CONTRACT), **changes}
    return {name: value for name, value in merged.items() if value is not ...}


def altered(path: str, value: Any) -> dict[str, Any]:
    """Return the contract's example with one value replaced, or added, at a dotted path."""
    result = deepcopy(CONTRACT)
    *parents, last = path.split(".")
    target: Any = result
    for key in parents:
        target = target[int(key)] if isinstance(target, list) else target[key]
    target[int(last) if isinstance(target, list) else last] = value
    return result


# What is accepted, and its canonical form


def test_canonical_form_of_the_contract_example() -> None:
    """Defaults filled in, momentum written out, keys sorted, no blanks: a text written by hand."""
    assert spec_from(CONTRACT).canonical_json == CONTRACT_CANONICAL


def test_digest_of_the_contract_example_is_the_stored_one() -> None:
    """The digest that every Python on every machine must reproduce."""
    assert spec_from(CONTRACT).digest == CONTRACT_DIGEST


@pytest.mark.parametrize(
    ("changes", "digest"),
    [
        (
            {"problem": SPARSE, "init": {"u": "1/3", "v": 1}},
            "9c4bc29fb87951c8b818fe9fec88ea920b06d12fdf553b07558e1b0ee26bacee",
        ),
        (
            {"problem": SCALAR, "model": ..., "init": {"a1": "0x1p-2", "a2": ["-1"]}},
            "2b60f5d429fe7f0422f133620a7043f502be9c3b4587c718979f67a0ea18034c",
        ),
        (
            {"problem": POLYNOMIAL, "model": ..., "init": {"b": "1e-70"}, "inputs_as": "bfloat16"},
            "5adc78336c1bc7430e8af1f83c02b8ab26ce850c830c98b08f13d76f01bf4547",
        ),
        (
            {"init": ..., "method": ..., "want": KKT},
            "102d778a7861076ae5ff367600ad9b4f31b47f1e7fc5c6139f415c55f0684eac",
        ),
    ],
    ids=["sparse_regression", "scalar_product", "polynomial", "kkt"],
)
def test_digest_of_each_kind_of_problem_is_the_stored_one(changes: dict[str, Any], digest: str) -> None:
    """Stored by CPython 3.11; the canonical texts were read over before they were stored."""
    assert spec_from(spec_with(**changes)).digest == f"sha256:{digest}"


def test_canonical_form_fills_in_every_default_of_a_generated_problem() -> None:
    """Scale 1, loss half_mean_square, one number for every coordinate written out."""
    value = spec_with(problem=SPARSE, init={"u": "2/6", "v": 1}, inputs_as=...)
    canonical = spec_from(value).canonical
    assert canonical["problem"] == {**SPARSE, "scale": "1", "loss": "half_mean_square"}
    assert canonical["init"] == {"u": ["1/3"] * 3, "v": ["1"] * 3}
    assert canonical["inputs_as"] == "exact"


@pytest.mark.parametrize(
    ("problem", "model", "init"),
    [(SCALAR, "scalar_product", ["a1", "a2"]), (POLYNOMIAL, "polynomial", ["b"])],
)
def test_model_is_filled_in_where_there_is_only_one(problem: Any, model: str, init: list[str]) -> None:
    """The 2-d model and a polynomial need not name their model."""
    value = spec_with(problem=problem, model=..., init=dict.fromkeys(init, "1"))
    assert spec_from(value).canonical["model"] == model


@pytest.mark.parametrize("model", ["diagonal", "hadamard", "linear"])
@pytest.mark.parametrize("loss", ["half_mean_square", "mean_square", "half_sum_square", "sum_square"])
def test_every_model_and_loss_of_a_regression_is_read(model: str, loss: str) -> None:
    """All models with all losses."""
    names = ["beta"] if model == "linear" else ["u", "v"]
    value = altered("problem.loss", loss) | {"model": model, "init": dict.fromkeys(names, "1")}
    assert spec_from(value).canonical["problem"]["loss"] == loss


@pytest.mark.parametrize("name", ["heavy_ball", "nesterov", "nesterov_lookahead"])
def test_every_momentum_method_is_read(name: str) -> None:
    """With initial momentum for one parameter and batches; the other parameter starts from zero."""
    method = {"name": name, "step_size": "0.1", "momentum": "1/2", "p0": {"v": "1"}, "batches": [[1], [0, 1]]}
    canonical = spec_from(spec_with(method=method)).canonical["method"]
    assert canonical["p0"] == {"u": ["0"] * 3, "v": ["1"] * 3}
    assert canonical["batches"] == [[1], [0, 1]]


def test_gradient_descent_is_read_with_zero_momentum() -> None:
    """Momentum 0 and p0 = 0 are what gradient descent has, whether said or not."""
    silent = spec_with(method={"name": "gradient_descent", "step_size": "0.1"})
    spoken = spec_with(
        method={"name": "gradient_descent", "step_size": "0.1", "momentum": "0.0", "p0": {"u": ["0"] * 3}}
    )
    assert spec_from(silent).digest == spec_from(spoken).digest


@pytest.mark.parametrize("method", FLOW_METHODS)
def test_every_flow_is_read_and_its_canonical_form_again(method: dict[str, Any]) -> None:
    """All flows with their keys; the canonical form is its own canonical form."""
    spec = spec_from(spec_with(method=method, want=FLOW))
    assert spec.canonical["method"].items() >= {"name": method["name"]}.items()
    assert parse_spec(spec.canonical_json) == spec


@pytest.mark.parametrize(
    "want",
    [
        {"kind": "iterates", "steps": [0]},
        {"kind": "limit"},
        {"kind": "integrals", "steps": [5, 7]},
        {"kind": "integrals", "to": "limit"},
        KKT,
    ],
)
def test_every_want_of_a_discrete_method_is_read(want: dict[str, Any]) -> None:
    """All wants but those at times; the canonical form is its own canonical form."""
    spec = spec_from(spec_with(want=want))
    assert spec.canonical["want"]["kind"] == want["kind"]
    assert parse_spec(spec.canonical_json) == spec


def test_kkt_writes_out_its_vectors() -> None:
    """ξ given as one number stands for every coordinate; the linear term is zero unless given."""
    value = spec_with(init=..., method=..., want={"kind": "kkt", "xi": "1/10"})
    assert spec_from(value).canonical["want"] == {
        "kind": "kkt",
        "potential": "hyperbolic_entropy",
        "xi": ["0.1"] * 3,
        "linear": ["0"] * 3,
    }


@pytest.mark.parametrize("spelling", ["0.50", "1/2", "0x1p-1", "+5e-1", "4/8", ".5"])
def test_equal_numbers_have_equal_digests(spelling: str) -> None:
    """However one half is spelt, the spec is the same."""
    assert spec_from(altered("method.step_size", spelling)) == spec_from(altered("method.step_size", "0.5"))


@given(st.fractions(min_value=0, max_value=1), st.integers(1, 50))
def test_unreduced_fractions_have_the_digest_of_reduced_ones(value: Fraction, factor: int) -> None:
    """p/q and kp/kq in the data give one digest."""
    reduced = altered("problem.X.0.0", f"{value.numerator}/{value.denominator}")
    expanded = altered("problem.X.0.0", f"{factor * value.numerator}/{factor * value.denominator}")
    assert spec_from(reduced).digest == spec_from(expanded).digest


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_decimal_and_hexadecimal_doubles_have_one_digest(value: float) -> None:
    """A double as hexadecimal float and as its exact ratio."""
    numerator, denominator = value.as_integer_ratio()
    ratio, hexadecimal = f"{numerator}/{denominator}", value.hex()
    assert spec_from(altered("init.u", ratio)) == spec_from(altered("init.u", hexadecimal))


def test_digest_moves_with_every_field() -> None:
    """The planted fault: a field that the digest forgets."""
    changed = [
        altered("problem.X.1.2", "0.7500000000000000000000000001"),
        altered("problem.loss", "mean_square"),
        altered("init.v", "0.26"),
        altered("model", "hadamard"),
        altered("method.name", "nesterov"),
        altered("method.batches", [[0]]),
        altered("inputs_as", "float32"),
        altered("want.steps", [0, 1, 2]),
        altered("digits", 41),
    ]
    assert len({spec_from(value).digest for value in [CONTRACT, *changed]}) == len(changed) + 1


def test_numbers_are_not_rounded_to_the_format_of_the_inputs() -> None:
    """`inputs_as` stays a field; 1/3 in float32 is 1/3 in the canonical text."""
    canonical = spec_from(spec_with(inputs_as="float32", init={"u": "1/3", "v": 0})).canonical
    assert canonical["init"]["u"] == ["1/3"] * 3


def test_a_byte_order_mark_is_forgiven() -> None:
    """Some editors put one before UTF-8 text."""
    assert parse_spec(b"\xef\xbb\xbf" + CONTRACT_CANONICAL.encode()).digest == CONTRACT_DIGEST


# Files


def test_load_spec_reads_a_file(tmp_path: Path) -> None:
    """The spec in a file is the spec of its text."""
    path = tmp_path / "spec.json"
    path.write_text(json.dumps(CONTRACT, indent=2), encoding="utf-8")
    assert load_spec(path) == spec_from(CONTRACT)


@pytest.mark.parametrize("name", ["missing.json", ".", "a\0b"])
def test_load_spec_names_a_file_it_cannot_read(tmp_path: Path, name: str) -> None:
    """A missing file, a folder and an impossible name are misuse, not a traceback."""
    with pytest.raises(SpecError, match=r"cannot read the spec `.*`: .+; name a readable JSON file"):
        load_spec(tmp_path / name)


# Whatever arrives

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["1", "1/3"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
base_specs = st.sampled_from(
    [
        CONTRACT,
        spec_with(method=FLOW_METHODS[2], want=FLOW),
        spec_with(problem=POLYNOMIAL, model=..., init={"b": 1}),
        spec_with(problem=SPARSE, init=..., method=..., want=KKT),
    ]
)


@st.composite
def spoilt_specs(draw: st.DrawFn) -> dict[str, Any]:
    """Return a valid spec with one value anywhere in it replaced by any JSON value."""
    result: dict[str, Any] = deepcopy(draw(base_specs))
    target: Any = result
    while True:
        keys = sorted(target) if isinstance(target, dict) else list(range(len(target)))
        key = draw(st.sampled_from(keys))
        if not isinstance(target[key], dict | list) or not target[key] or draw(st.booleans()):
            target[key] = draw(json_values)
            return result
        target = target[key]


def accepted(value: Any) -> Spec | None:
    """Return the spec, or None when it is refused as it should be."""
    try:
        return spec_from(value)
    except SpecError:
        return None


@given(spoilt_specs())
def test_a_spoilt_spec_is_refused_or_has_a_canonical_form(value: dict[str, Any]) -> None:
    """No other exception, and what is accepted comes back from its canonical text unchanged."""
    spec = accepted(value)
    assert spec is None or parse_spec(spec.canonical_json) == spec


@given(json_values)
def test_any_json_value_is_refused(value: Any) -> None:
    """A value that was never meant as a spec meets a `SpecError` and nothing else."""
    assert accepted(value) is None


class Impostor:
    """An object that answers to a choice of the spec and is none of its objects."""

    kind = "kkt"
    name = "mgf"


@pytest.mark.parametrize("path", ["problem", "method", "want", "init", "digits", "problem.X", "method.p0"])
def test_objects_of_python_are_refused(path: str) -> None:
    """A spec built in Python may hold anything; what JSON cannot hold is named as such."""
    with pytest.raises(SpecError, match=rf"`{path}` is a Python `Impostor`; expected "):
        spec_from(altered(path, Impostor()))


@given(st.text() | st.binary() | json_values.map(json.dumps))
def test_any_text_is_refused(text: str | bytes) -> None:
    """Text that was never meant as a spec meets a `SpecError` and nothing else."""
    with pytest.raises(SpecError):
        parse_spec(text)


@given(st.sampled_from(sorted(CONTRACT)), st.randoms(use_true_random=False))
def test_the_order_of_keys_does_not_matter(first: str, shuffle: Any) -> None:
    """A spec with its keys in another order has the same digest."""
    keys = [first, *shuffle.sample([key for key in CONTRACT if key != first], len(CONTRACT) - 1)]
    assert spec_from({key: CONTRACT[key] for key in keys}).digest == CONTRACT_DIGEST
