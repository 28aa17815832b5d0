"""Goldens, their JSON form and their digest."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from oracle.records.golden import Golden, golden_from_json, golden_json, guaranteed_digits
from oracle.records.npz import npz_bytes, read_npz_bytes
from oracle.records.record_errors import DamagedRecordError
from reference.decimal_grid import GridArray, GridRow

SPEC: dict[str, Any] = {
    "schema": "momentum-oracle/spec/1",
    "problem": {"kind": "regression", "X": [["1", "0.5"]], "y": ["1"], "loss": "half_mean_square"},
    "model": "linear",
    "init": {"beta": ["0.25", "0"]},
    "method": {"name": "heavy_ball", "step_size": "0.05", "momentum": "0.9"},
    "inputs_as": "exact",
    "want": {"kind": "iterates", "steps": [0, 3]},
    "digits": 15,
}

# written out by hand: sorted keys, no spaces, the spelling of decimals as documented
DIGEST_TEXT = (
    '{"radius":{"beta":[["0","0"],["5e-17","5e-17"]],"loss":["0","1e-17"]},'
    '"spec":{"digits":15,"init":{"beta":["0.25","0"]},"inputs_as":"exact","method":{"momentum":"0.9",'
    '"name":"heavy_ball","step_size":"0.05"},"model":"linear","problem":{"X":[["1","0.5"]],'
    '"kind":"regression","loss":"half_mean_square","y":["1"]},"schema":"momentum-oracle/spec/1",'
    '"want":{"kind":"iterates","steps":[0,3]}},'
    '"values":{"beta":[["0.25","0"],["-0.3333333333333333","1.1e-5"]],"loss":["0.28125","0.12"],"steps":[0,3]}}'
)


def make_golden() -> Golden:
    """Return two steps of a vector and a scalar."""
    beta = GridArray((GridRow(2, (25, 0), (0, 0)), GridRow(16, (-3333333333333333, 110000000000), (1, 1))))
    loss = GridArray((GridRow(5, (28125,), (0,)), GridRow(17, (12 * 10**15,), (2,))), scalar=True)
    return Golden(
        copy.deepcopy(SPEC), {"beta": beta, "loss": loss}, (0, 3), "certified", 15, {"seconds": 0.2}
    )


def altered(change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Return the JSON form with a change, its digest as before."""
    record = json.loads(json.dumps(golden_json(make_golden())))
    change(record)
    return dict(record)


def resigned(change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Return the JSON form with a change and the digest that belongs to it."""
    record = altered(change)
    part = {key: record[key] for key in ("spec", "values", "radius")}
    text = json.dumps(part, sort_keys=True, separators=(",", ":"))
    return record | {"digest": "sha256:" + hashlib.sha256(text.encode()).hexdigest()}


def test_digest_is_that_of_the_documented_text() -> None:
    """SHA-256 of spec, values and radii, written out by hand."""
    assert make_golden().digest == "sha256:" + hashlib.sha256(DIGEST_TEXT.encode()).hexdigest()


def test_digest_is_recomputed_from_the_printed_json_by_the_documented_lines() -> None:
    """The three lines in the module's docstring, on text that went through a printer."""
    golden = json.loads(json.dumps(golden_json(make_golden()), indent=2))
    part = {key: golden[key] for key in ("spec", "values", "radius")}
    text = json.dumps(part, sort_keys=True, separators=(",", ":"))
    assert "sha256:" + hashlib.sha256(text.encode()).hexdigest() == golden["digest"]


def test_json_form_has_the_keys_of_the_contract() -> None:
    """Order and names as the contract prints them."""
    assert list(golden_json(make_golden())) == [
        "schema", "digest", "spec", "values", "radius", "grade", "digits", "provenance",
    ]  # fmt: skip


def test_spec_digest_is_that_of_the_spec_text() -> None:
    """SHA-256 of the spec with sorted keys and no spaces."""
    text = json.dumps(SPEC, sort_keys=True, separators=(",", ":"))
    assert make_golden().spec_digest == "sha256:" + hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("change", [{"provenance": {}}, {"grade": "confirmed"}, {"digits": 10}])
def test_digest_ignores_who_computed_and_how(change: dict[str, Any]) -> None:
    """Provenance, grade and digits are no part of what was found."""
    assert replace(make_golden(), **change).digest == make_golden().digest


def test_digest_ignores_the_unit_of_exact_values() -> None:
    """0.25 on a finer grid is the same number."""
    golden = make_golden()
    first, second = golden.arrays["beta"].rows
    finer = GridArray((GridRow(4, (2500, 0), (0, 0)), second))
    assert first.places == 2
    assert replace(golden, arrays=golden.arrays | {"beta": finer}).digest == golden.digest


@pytest.mark.parametrize(
    "row", [GridRow(2, (26, 0), (0, 0)), GridRow(2, (25, 0), (0, 1)), GridRow(3, (25, 0), (0, 0))]
)
def test_digest_changes_with_any_value_or_radius(row: GridRow) -> None:
    """Planted fault: one value, one radius, one unit."""
    golden = replace(make_golden(), digits=0)
    arrays = golden.arrays | {"beta": GridArray((row, golden.arrays["beta"].rows[1]))}
    assert replace(golden, arrays=arrays).digest != golden.digest


def test_golden_comes_back_from_its_json() -> None:
    """Values, radii, steps and the rest, through text."""
    golden = make_golden()
    found = golden_from_json(json.loads(json.dumps(golden_json(golden))))
    assert (found.digest, found.arrays["beta"], found.steps) == (golden.digest, golden.arrays["beta"], (0, 3))


@pytest.mark.parametrize(
    "change",
    [
        lambda r: r["values"]["loss"].__setitem__(1, "0.13"),
        lambda r: r["radius"]["beta"][1].__setitem__(0, "4e-17"),
        lambda r: r["values"].__setitem__("steps", [0, 4]),
        lambda r: r["spec"]["method"].__setitem__("momentum", "0.8"),
        lambda r: r.__setitem__("digest", "sha256:" + "0" * 64),
    ],
)
def test_altered_json_is_refused_by_its_digest(change: Callable[[dict[str, Any]], None]) -> None:
    """Planted fault: any change in what the digest covers."""
    with pytest.raises(DamagedRecordError, match=r"`digest` is .*, but spec, values and radii give"):
        golden_from_json(altered(change))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda r: r["values"]["loss"].__setitem__(1, "0.120"), "spelled otherwise"),
        (lambda r: r["values"]["loss"].__setitem__(1, 0.12), "damaged or was altered"),
        (lambda r: r["values"]["loss"].pop(), "argument"),
        (lambda r: r["radius"].pop("loss"), r"`values` holds \['beta', 'loss'\] but `radius` \['beta'\]"),
        (
            lambda r: r["radius"].pop("beta") and r["values"].pop("beta") and r["values"].pop("loss"),
            "`values`",
        ),
        (lambda r: r["values"].__setitem__("steps", [3, 0]), "expected increasing integers"),
        (lambda r: r["values"].__setitem__("steps", [0, 3.0]), "expected increasing integers"),
        (lambda r: r.__setitem__("digits", 17), "expected an integer from 0 to 15"),
        (lambda r: r.__setitem__("grade", "proved"), "expected one of certified, confirmed"),
        (lambda r: r.__setitem__("schema", "momentum-oracle/golden/9"), "`schema` is"),
        (lambda r: r.pop("provenance"), "the key 'provenance' is missing"),
        (lambda r: r.__setitem__("spec", ["no", "object"]), "`spec` is a list; expected a dict"),
    ],
)
def test_inconsistent_json_is_refused_even_with_a_fitting_digest(
    change: Callable[[dict[str, Any]], None], message: str
) -> None:
    """Planted fault: a golden that was changed and given the digest of the change."""
    with pytest.raises(DamagedRecordError, match=message):
        golden_from_json(resigned(change))


@pytest.mark.parametrize("text", ["null", "[]", "{}", '"golden"', "3"])
def test_json_that_is_no_golden_is_refused(text: str) -> None:
    """Any JSON may arrive."""
    with pytest.raises(DamagedRecordError, match="this JSON golden is damaged"):
        golden_from_json(json.loads(text))


def test_guaranteed_digits_follow_the_weakest_row() -> None:
    """Radius 5·10⁻¹⁷ on 0.333… is 15 digits, 10⁻¹⁷ on 0.12 is 16; exact rows do not count."""
    assert guaranteed_digits(make_golden().arrays) == 15


@pytest.mark.parametrize(
    ("largest", "half_units", "digits"), [(50, 1, 2), (49, 1, 1), (500, 10, 2), (0, 1, None), (0, 0, None)]
)
def test_guaranteed_digits_at_the_edge(largest: int, half_units: int, digits: int | None) -> None:
    """half_units/2 ≤ 10^−D·max: exactly at the edge counts, just short of it does not; zero is relative to nothing."""
    assert (
        guaranteed_digits(
            {"b": GridArray((GridRow(9, (1, -largest) if largest else (0, 0), (0, half_units)),))}
        )
        == digits
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"digits": 16}, "`digits` is 16; expected an integer from 0 to 15"),
        ({"steps": ()}, "`beta` has 2 rows; expected 1"),
        ({"steps": (0, 1, 2)}, "`beta` has 2 rows; expected 3"),
        ({"times": ("0", "1")}, "has `steps` and `times`"),
        ({"steps": (), "times": ("1", "1/2")}, "increasing numbers"),
        ({"steps": (), "times": (1, 2)}, "expected numbers as text"),
        ({"used": {"steps": 3}}, "of a single row"),
        ({"used": {"time": 3}}, "of a single row"),
        ({"steps": (-1, 0)}, "increasing integers from 0 on"),
        ({"arrays": {}}, "no arrays"),
        ({"arrays": {"steps": make_golden().arrays["beta"]}}, "other than steps, times, time"),
        ({"arrays": {"β": make_golden().arrays["beta"]}}, "ASCII identifier"),
        (
            {"arrays": {"b": GridArray((GridRow(0, (1,), (0,)), GridRow(0, (1, 2), (0, 0))))}},
            "row of 2 values",
        ),
        ({"arrays": {"b": GridArray((GridRow(0, (), ()), GridRow(0, (), ())))}}, "row of 0 values"),
        ({"arrays": {"b": GridArray((GridRow(0, (1,), (-1,)), GridRow(0, (1,), (0,))))}}, "outside 0 to 2"),
        (
            {"arrays": {"b": GridArray((GridRow(0, (1 << 13001,), (0,)),) * 2)}},
            r"`b` at step 0 is about 10\^3914, 13002 bits",
        ),
        (
            {
                "arrays": {"b": GridArray((GridRow(0, (1,), (0,)), GridRow(20001, (123,), (0,))))},
                "steps": (),
                "times": ("0", "1/3"),
            },
            r"`b` at time 1/3 is about 10\^-19999, 7 bits at 20001 decimal places",
        ),
    ],
)
def test_golden_that_does_not_fit_together_is_refused(change: dict[str, Any], message: str) -> None:
    """Misuse is named."""
    with pytest.raises(ValueError, match=message):
        replace(make_golden(), **change)


def single_row() -> Golden:
    """Return a golden of one row that belongs to no step."""
    arrays = {name: GridArray(grid.rows[:1], grid.scalar) for name, grid in make_golden().arrays.items()}
    return replace(make_golden(), arrays=arrays, steps=(), used={"time": "3/2"})


def test_a_single_row_is_written_without_an_outer_list() -> None:
    """A limit: `beta` is a list of numbers, `loss` a number, `time` says when it was read off."""
    values = golden_json(single_row())["values"]
    assert values == {"time": "3/2", "beta": ["0.25", "0"], "loss": "0.28125"}


def test_times_are_written_as_text() -> None:
    """A flow: one row for each time."""
    golden = replace(make_golden(), steps=(), times=("0", "1/3"))
    assert golden_json(golden)["values"]["times"] == ["0", "1/3"]
    assert "steps" not in golden_json(golden)["values"]


@pytest.mark.parametrize("steps", [(), (0, 3)])
def test_every_axis_survives_json_and_npz(steps: tuple[int, ...]) -> None:
    """Single rows and times come back as they went, digest included."""
    for golden in (single_row(), replace(make_golden(), steps=steps, times=() if steps else ("0", "1/3"))):
        for found in (golden_from_json(json.loads(json.dumps(golden_json(golden)))), through_npz(golden)):
            assert found.digest == golden.digest
            assert (found.steps, found.times, found.used) == (golden.steps, golden.times, golden.used)


def through_npz(golden: Golden) -> Golden:
    """Write a golden as an archive and read it."""
    return read_npz_bytes(npz_bytes(golden), "golden.npz")
