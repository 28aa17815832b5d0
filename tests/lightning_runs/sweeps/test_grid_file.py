"""Grids from files: what is typed is what is meant, and misuse is named."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from lightning_runs.sweeps.grid_file import grid_from, read_grid
from lightning_runs.sweeps.sweep_error import SweepError

YAML = """
schema: momentum-oracle/sweep/1
problem: {kind: sparse_regression, n: 5, d: 7, nonzeros: 2}
model: diagonal
methods: heavy_ball
seeds: {first: 2, count: 3}
step_size: 0.03
momentum: [0.9, 1/3]
scale: 0x1p-4
steps: [0, 1, 5]
"""
REFUSALS = [
    ({"step_size": ["0"]}, r"`step_size\[0\]` is '0'; expected a number greater than 0"),
    ({"step_size": [0.03]}, "a JSON double is not the number that was typed"),
    ({"momentum": ["1"]}, r"`momentum\[0\]` is '1'; expected a number at least 0 and less than 1"),
    ({"biasedness": ["3/2"]}, "expected φ, greater than 0 and at most 1"),
    ({"scale": ["0.1", "1/10"]}, "`scale` names 1/10 twice"),
    ({"scale": []}, "expected at least one value"),
    ({"methods": ["adam"]}, "expected one of `gradient_descent`, `heavy_ball`"),
    ({"seeds": None}, "at least one seed of the generated problem"),
    ({"seeds": [-1]}, r"`seeds\[0\]` is -1; expected an integer of at least 0"),
    ({"steps": [3, 2]}, "expected strictly ascending steps"),
    ({"steps": {"until": 10}}, "`steps` lacks `every`"),
    ({"steps": 100}, "until: 1000, every: 100"),
    ({"stepsize": ["1"]}, "unknown fields `stepsize`"),
    ({"model": None}, "`grid` lacks `model`"),
    ({"schema": "other"}, "expected one of `momentum-oracle/sweep/1`"),
    ({"batches": [[0, 9]]}, "batches"),
    ({"model": "linear"}, "`biasedness` sets two parameters apart, and `linear` has one"),
    ({"dtype": "float16"}, "expected one of `float64`, `float32`, `bfloat16`"),
    ({"problem": {"kind": "sparse_regression", "n": 5, "d": 7, "nonzeros": 9}}, "nonzeros"),
    ({"problem": {"kind": "sparse_regression", "n": 5, "d": 7, "nonzeros": 2, "seed": 1}}, "name the seeds"),
]


def test_yaml_numbers_are_the_text_typed(tmp_path: Path) -> None:
    """An unquoted 0.03 is 3/100 and not the double next to it."""
    (tmp_path / "grid.yaml").write_text(YAML)
    grid = read_grid(tmp_path / "grid.yaml")
    assert grid.step_size == (Fraction(3, 100),)
    assert grid.momentum == (Fraction(9, 10), Fraction(1, 3))
    assert (grid.scale, grid.seeds, grid.steps) == ((Fraction(1, 16),), (2, 3, 4), (0, 1, 5))


@pytest.mark.parametrize(("changes", "message"), REFUSALS)
def test_misuse_is_refused(tmp_path: Path, grid_value: Any, changes: dict[str, Any], message: str) -> None:
    """Each message names the field, what arrived and what is expected; and the file."""
    path = tmp_path / "grid.json"
    path.write_text(json.dumps(grid_value(**changes)))
    with pytest.raises(SweepError, match=message) as refused:
        read_grid(path)
    assert f"`{path}`" in str(refused.value)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("grid.toml", "", "expected a file ending in .yaml, .yml or .json"),
        ("grid.json", "{", "it is no JSON"),
        ("grid.yaml", "a: [", "it is no YAML"),
        ("grid.yaml", "- 1", "expected fields by name"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, name: str, text: str, message: str) -> None:
    """What is no grid at all is said to be none."""
    (tmp_path / name).write_text(text)
    with pytest.raises(SweepError, match=message):
        read_grid(tmp_path / name)


def test_missing_file_is_refused(tmp_path: Path) -> None:
    """The system's reason, and what to do."""
    with pytest.raises(SweepError, match="No such file or directory; name a readable file"):
        read_grid(tmp_path / "grid.yaml")


def test_given_regression_needs_no_seeds(grid_value: Any) -> None:
    """A grid may be over starts and coefficients of one given problem."""
    problem = {"kind": "regression", "X": [["1", "1/2"]], "y": ["1"]}
    assert grid_from(grid_value(problem=problem, seeds=None)).seeds == ()


def test_shipped_example_is_a_grid() -> None:
    """`lightning_runs/experiments/sweep.yaml` can be run."""
    root = Path(__file__).parents[3]
    assert read_grid(root / "lightning_runs/experiments/sweep.yaml").steps[-1] == 2000
