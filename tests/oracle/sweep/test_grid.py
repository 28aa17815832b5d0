"""The grid of a sweep: which specs it makes, in which order, and what it refuses."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from oracle.spec_json import read_json
from oracle.sweep.grid import MAXIMUM, SCHEMA, Grid, read_grid
from oracle.sweep.sweep_error import SweepError

BASE: dict[str, Any] = {
    "problem": {"kind": "sparse_regression", "seed": 7},
    "method": {"name": "heavy_ball", "step_size": "0.1"},
    "want": {"kind": "iterates", "steps": [0]},
}


def grid_of(axes: dict[str, Any], **changes: Any) -> Grid:
    """Return the grid that a file states."""
    return read_grid(read_json(json.dumps({"schema": SCHEMA, "spec": BASE, "grid": axes} | changes)))


def test_grid_is_the_product_in_stated_order_the_last_axis_fastest() -> None:
    """2 × 3 combinations, written out by hand."""
    grid = grid_of(
        {"method.step_size": ["0.01", "1/50"], "problem.seed": {"from": 5, "count": 3, "step": -2}}
    )
    made = [grid.at(place)[0] for place in range(len(grid))]
    assert [(spec["method"]["step_size"], spec["problem"]["seed"]) for spec in made] == [
        ("0.01", 5), ("0.01", 3), ("0.01", 1), ("1/50", 5), ("1/50", 3), ("1/50", 1),
    ]  # fmt: skip


def test_grid_says_in_words_what_a_combination_sets() -> None:
    """For the line that tells why it has no golden."""
    grid = grid_of({"method.momentum": ["0.9"], "problem.seed": [1, 2]})
    assert grid.at(1)[1] == 'method.momentum="0.9", problem.seed=2'


def test_grid_leaves_the_base_and_the_other_fields_alone() -> None:
    """A combination sets what its axes name, and nothing remains of the one before."""
    grid = grid_of({"problem.seed": [1, 2], "init.u": ["3"]})
    first, second = grid.at(0)[0], grid.at(1)[0]
    assert first == BASE | {"problem": {"kind": "sparse_regression", "seed": 1}, "init": {"u": "3"}}
    assert (second["problem"]["seed"], grid.base) == (2, BASE)


def test_grid_of_no_axes_is_its_base() -> None:
    """One spec."""
    grid = grid_of({})
    assert (len(grid), grid.at(0)) == (1, (BASE, ""))


def test_whole_objects_can_be_axes_and_be_refined_by_later_ones() -> None:
    """The later axis sets a field of what the earlier one put there."""
    grid = grid_of({"method": [{"name": "nesterov"}, {"name": "heavy_ball"}], "method.momentum": ["0.5"]})
    assert grid.at(0)[0]["method"] == {"name": "nesterov", "momentum": "0.5"}


def test_grid_of_millions_is_not_made_beforehand() -> None:
    """The last of ten million combinations is had without the others."""
    grid = grid_of({"problem.seed": {"from": 0, "count": MAXIMUM}})
    assert (len(grid), grid.at(MAXIMUM - 1)[0]["problem"]["seed"]) == (MAXIMUM, MAXIMUM - 1)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("metod.step_size", "`metod` is no field at the top of a spec; expected one of schema, problem,"),
        ("method.step_sise", "`step_sise` is no field inside `method`; expected one of name, step_size"),
        ("problem.seed.low", "`low` is no field inside `problem.seed`; there are no fields in it"),
        ("init.w", "`w` is no field inside `init`; expected one of a1, a2, b, beta, u, v"),
        ("method.p0.w", "`w` is no field inside `method.p0`; expected one of a1,"),
        ("", "`` is no field at the top of a spec"),
    ],
)
def test_path_that_names_no_field_is_refused(path: str, message: str) -> None:
    """Planted fault: a misspelt path; the choices are listed."""
    with pytest.raises(SweepError, match=re.escape(message)):
        grid_of({path: ["1"]})


@pytest.mark.parametrize("path", ["digits", "want.steps", "init.beta", "method.p0.u", "method.lambda"])
def test_path_that_names_a_field_of_some_spec_is_taken(path: str) -> None:
    """Also one that the base does not have."""
    assert len(grid_of({path: ["1", "2"]})) == 2


@pytest.mark.parametrize(
    "values",
    [[], {}, "0.1", {"from": 0, "count": 0}, {"from": "0", "count": 3}, {"from": 0, "count": 2, "by": 1}],
)
def test_axis_without_values_is_refused(values: Any) -> None:
    """It says what an axis is."""
    with pytest.raises(
        SweepError, match=r"for `problem.seed`; expected a list of at least one value, or a range"
    ):
        grid_of({"problem.seed": values})


def test_grid_beyond_the_maximum_is_refused() -> None:
    """Each axis fits, the product does not."""
    axes = {"problem.seed": {"from": 0, "count": MAXIMUM}, "digits": [20, 30]}
    with pytest.raises(SweepError, match=rf"{MAXIMUM} × 2 = {2 * MAXIMUM} combinations; at most {MAXIMUM}"):
        grid_of(axes)


def test_number_that_is_not_exact_is_refused() -> None:
    """A JSON double, named by its place."""
    with pytest.raises(SweepError, match=r"`grid.method.step_size.1` is 0.1: JSON doubles are refused"):
        grid_of({"method.step_size": ["1/10", 0.1]})


def test_axis_that_a_later_one_replaces_is_refused() -> None:
    """Its values would be lost in silence."""
    with pytest.raises(SweepError, match=r"states `method` after `method\.step_size`, which it replaces"):
        grid_of({"method.step_size": ["1"], "method": [{"name": "nesterov"}]})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schema": "momentum-oracle/spec/1"}, r"`schema` is .*; expected an object whose `schema`"),
        ({"more": 1}, "a sweep has the fields `schema`, `spec`, `grid`, `more`; expected"),
        ({"grid": []}, "`grid` is an empty list; expected an object"),
    ],
)
def test_file_that_is_no_sweep_is_refused(changes: dict[str, Any], message: str) -> None:
    """It says what was expected."""
    with pytest.raises(SweepError, match=message):
        grid_of({}, **changes)
