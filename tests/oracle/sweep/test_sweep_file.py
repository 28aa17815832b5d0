"""The file of a sweep: lines of specs, or a grid, read one by one."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from oracle.spec import spec_from
from oracle.sweep.grid import SCHEMA
from oracle.sweep.sweep_error import SweepError
from oracle.sweep.sweep_file import Sweep, read_sweep

Lines = Callable[[list[Any]], Sweep]


@pytest.fixture
def grid(tmp_path: Path, small_specs: Any) -> Callable[..., Sweep]:
    """Return a maker of sweeps with a grid; `changes` are those of the base spec."""

    def make(axes: dict[str, Any], **changes: Any) -> Sweep:
        path = tmp_path / "grid.json"
        spec = small_specs(1)[0] | changes
        path.write_text(json.dumps({"schema": SCHEMA, "spec": spec, "grid": axes}))
        return read_sweep(path)

    return make


def test_lines_are_specs_and_blank_ones_are_none(lines: Lines, small_specs: Any) -> None:
    """In order, with their digests."""
    one, two = small_specs(2)
    sweep = lines([one, "", two])
    asked = [entry.spec for entry in sweep.asked()]
    assert (sweep.total, asked) == (2, [spec_from(one), spec_from(two)])


def test_line_that_is_no_spec_is_told_by_its_number(lines: Lines, small_specs: Any) -> None:
    """The others are specs all the same."""
    bad = small_specs(1)[0] | {"digits": 5}
    first, second, third = lines([bad, "{", *small_specs(1)]).asked()
    assert (first.place, "`digits` is 5" in first.reason) == ("line 1", True)
    assert (second.place, "not JSON" in second.reason) == ("line 2", True)
    assert (first.spec, second.spec, third.reason) == (None, None, "")


def test_grid_gives_every_combination(grid: Any, small_specs: Any) -> None:
    """As the specs written out by hand."""
    sweep = grid({"problem.seed": {"from": 0, "count": 3}})
    assert [entry.spec for entry in sweep.asked()] == [spec_from(spec) for spec in small_specs(3)]
    assert [entry.place for entry in sweep.asked()][2] == "combination 3: problem.seed=2"


def test_a_million_specs_are_read_one_by_one(grid: Any) -> None:
    """The first are there though the last were never made."""
    sweep = grid({"problem.seed": {"from": 0, "count": 1000}, "digits": {"from": 15, "count": 900}})
    digits = [entry.spec.canonical["digits"] for entry in islice(sweep.asked(), 3)]
    assert (sweep.total, digits) == (900_000, [15, 16, 17])


def test_combination_that_is_no_spec_leaves_the_others(grid: Any) -> None:
    """Three non-zeros fit, four do not."""
    last = list(grid({"problem.nonzeros": [3, 4]}).asked())[-1]
    assert (last.spec, "nonzeros" in last.reason) == (None, True)


def test_grid_whose_base_is_wrong_is_refused_at_once(grid: Any) -> None:
    """Otherwise each of its combinations would be refused by itself."""
    with pytest.raises(
        SweepError, match=r"none of the combinations of the sweep `.*grid.json` .* is a spec.*: `digits` is 5"
    ):
        grid({"problem.seed": {"from": 0, "count": 1000}}, digits=5)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.jsonl", None, "cannot read the sweep `.*none.jsonl`: No such file"),
        ("empty.jsonl", "\n\n", "has no lines; expected specs, one a line"),
        ("bad.json", "{", "cannot read the sweep `.*bad.json`: it is not JSON: .* line 1"),
        (".", None, "cannot read the sweep `.*`: Is a directory; check the path"),
        ("spec.json", '{"schema": "momentum-oracle/spec/1"}', "One spec is computed by `oracle golden`"),
    ],
)
def test_file_that_cannot_be_read_is_refused(
    tmp_path: Path, name: str, content: str | None, message: str
) -> None:
    """The file is named, and what is wrong with it."""
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(SweepError, match=message):
        read_sweep(tmp_path / name)
