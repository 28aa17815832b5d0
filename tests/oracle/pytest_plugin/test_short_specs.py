"""A spec in one call says what was written, and refuses what is not exact."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from oracle.pytest_plugin.short_specs import exact, short_spec
from oracle.spec import SpecError, spec_from

FIELDS: dict[str, Any] = {"step_size": "0.05", "momentum": "0.9", "u": "1/4", "v": "1/4"}
LONG = {
    "schema": "momentum-oracle/spec/1",
    "problem": {"kind": "regression", "X": [["1", "0.5"], ["0", "0.75"]], "y": ["1", "-0.5"]},
    "model": "diagonal",
    "init": {"u": "0.25", "v": "0.25"},
    "method": {"name": "heavy_ball", "step_size": "0.05", "momentum": "0.9"},
    "inputs_as": "exact",
    "want": {"kind": "iterates", "steps": [0, 1, 2]},
    "digits": 40,
}


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("0.05", "1/20"),
        (3, 3),
        (Fraction(1, 3), Fraction(1, 3)),
        (Decimal("0.05"), Fraction(1, 20)),
        (0.25, Fraction(1, 4)),
        (-1e3, -1000),
        (np.float32(0.1), Fraction(13421773, 2**27)),
        (np.float64(0.1), Fraction(0.1)),
        (np.int64(7), 7),
    ],
)
def test_number_is_what_was_written(value: Any, meant: Any) -> None:
    """Text, integers, rationals and decimals mean themselves; an array's numbers are the dyadic ones they are."""
    assert Fraction(exact(value)) == Fraction(meant)


def test_arrays_and_lists_keep_their_shape() -> None:
    """A matrix of float32, and rows of one inside a list, become rows of exact numbers."""
    matrix = np.array([[0.1, 1], [0.5, -2]], np.float32)
    expected = [[Fraction(13421773, 2**27), 1], [Fraction(1, 2), -2]]
    for given in (matrix, list(matrix), [list(row) for row in matrix]):
        assert [[Fraction(entry) for entry in row] for row in exact(given)] == expected


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            0.1,
            r'the float 0\.1, which is not 0\.1 but 0\.100000000000000005551….*write "0\.1" for the decimal number',
        ),
        ([[1, 0.3]], r"`value\[0\]\[1\]` is the float 0\.3"),
        (float("nan"), r"`value` is nan; expected a string"),
        (np.array([np.inf]), r"`value\[0\]` is inf"),
        (True, "`value` is a Python `bool`"),
        (None, "`value` is a Python `NoneType`"),
        (1j, "`value` is a Python `complex`"),
        (Decimal("Infinity"), "`value` is a Python `Decimal`"),
    ],
)
def test_what_is_not_exact_is_refused(value: Any, message: str) -> None:
    """A literal that is not the number it shows, and what is no number, are named with their place."""
    with pytest.raises(SpecError, match=message):
        exact(value)


def test_short_spec_is_the_long_one() -> None:
    """Written either way, the computation has one digest."""
    short = short_spec([[1, 0.5], [0, "3/4"]], [1, -0.5], steps=2, **FIELDS)
    assert spec_from(short).digest == spec_from(LONG).digest


def test_every_field_arrives() -> None:
    """Loss, batches, schedule, initial momentum, format, digits and steps are the spec's own."""
    made = spec_from(
        short_spec(
            [[1, 0.5], [0, "3/4"]], [1, -0.5], steps=[0, 5], loss="sum_square", batches=[[0], [1]],
            schedule=["1", "1/2"], schedule_scales="gradient", p0={"u": "1/8"}, inputs_as="float32", digits=20,
            method="nesterov", **FIELDS,
        )
    ).canonical  # fmt: skip
    method = made["method"]
    assert (made["problem"]["loss"], made["inputs_as"], made["digits"]) == ("sum_square", "float32", 20)
    assert (method["name"], method["batches"], method["p0"]["u"]) == ("nesterov", [[0], [1]], ["0.125"] * 2)
    assert method["schedule"] == ["1", "0.5"]
    assert made["want"]["steps"] == [0, 5]


def test_schedule_may_scale_the_update() -> None:
    """What the scheduled step size scales is passed on: torch's convention has its own digest."""
    made = [
        short_spec([[1]], [1], schedule=[1, "1/2"], schedule_scales=scales, **FIELDS)
        for scales in ("gradient", "update")
    ]
    assert [spec_from(spec).canonical["method"].get("schedule_scales", "gradient") for spec in made] == [
        "gradient",
        "update",
    ]


def test_all_inexact_numbers_are_named_at_once() -> None:
    """One message lists every literal to be rewritten."""
    with pytest.raises(SpecError, match=r"(?s)has 2 problems.*`step_size`.*`X\[0\]\[0\]`"):
        short_spec([[0.1]], [1], step_size=0.01, momentum="0.9", u=0, v=0)


@pytest.mark.parametrize("steps", [-1, True])
def test_steps_that_are_none_are_refused(steps: Any) -> None:
    """The last step is an integer from 0 on."""
    with pytest.raises(SpecError, match=r"`steps` is .*; expected the last step, at least 0"):
        short_spec([[1]], [1], steps=steps, **FIELDS)
