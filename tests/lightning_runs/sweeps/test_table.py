"""The table: a row a run, values from the records, exact axes beside their floats."""

from __future__ import annotations

import json
from fractions import Fraction
from operator import mul
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lightning_runs.sweeps import table as table_module
from lightning_runs.sweeps.exact_text import exact_number
from lightning_runs.sweeps.grid import spec_of
from lightning_runs.sweeps.run_record import extract
from lightning_runs.sweeps.sweep_error import SweepError
from lightning_runs.sweeps.table import METADATA, write_table
from lightning_runs.sweeps.table_rows import COLUMNS
from oracle.case import case_of
from oracle.sparse_regression import generate
from reference.case import Regression

parquet = pytest.importorskip("pyarrow.parquet")


def rows_of(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a table."""
    found: list[dict[str, Any]] = parquet.read_table(path).to_pylist()
    return found


def test_rows_are_the_runs(small_sweep: Any) -> None:
    """Axes as exact text and as the nearest float, and the digest of each run's spec."""
    rows = rows_of(write_table(small_sweep))
    assert [row["run"] for row in rows] == list(range(80))
    for row, point in zip(rows, small_sweep.points, strict=True):
        assert row["spec_digest"] == spec_of(small_sweep.grid, point).digest
        assert (row["seed"], row["method"], row["steps"]) == (point.seed, point.method, 12)
        for axis in ("step_size", "momentum", "scale", "biasedness"):
            assert exact_number(row[axis]) == getattr(point, axis)
            assert row[f"{axis}_float64"] == float(getattr(point, axis))


@pytest.mark.parametrize("run", [0, 33, 79])
def test_values_are_those_of_the_record(small_sweep: Any, run: int) -> None:
    """Loss, ‖θ‖₁ and ‖θ − θ*‖₂ from exact rationals of the extracted record, to a part in 10¹³."""
    row, held = rows_of(write_table(small_sweep))[run], extract(small_sweep, run)
    problem = case_of(held.spec.canonical).problem
    assert isinstance(problem, Regression)
    truth = generate(5, 7, 2, held.spec.canonical["problem"]["seed"]).truth
    u, v = ([Fraction(float(x)) for x in held.arrays[name][-1]] for name in "uv")
    theta = [a * a - b * b for a, b in zip(u, v, strict=True)]
    residual = [sum(map(mul, line, theta)) - y for line, y in zip(problem.X, problem.y, strict=True)]
    gap = [t - s for t, s in zip(theta, truth, strict=True)]
    exact = {
        "loss": float(sum(r * r for r in residual)) / 10,
        "l1_norm": float(sum(abs(t) for t in theta)),
        "distance": float(sum(g * g for g in gap)) ** 0.5,
        "relative_distance": (float(sum(g * g for g in gap)) / float(sum(s * s for s in truth))) ** 0.5,
    }
    assert {name: row[name] for name in exact} == pytest.approx(exact, rel=1e-13)
    largest = sorted(range(7), key=lambda j: abs(theta[j]))[-2:]
    assert row["support_recovered"] == (set(largest) == {j for j, s in enumerate(truth) if s})


def test_flags_tell_converged_from_diverged(made: Any) -> None:
    """η = 900 leaves the numbers; η = 0.1 for 3000 steps ends at the data; neither is a failure."""
    axes = {
        "seeds": [0],
        "methods": ["heavy_ball"],
        "momentum": ["0.9"],
        "scale": ["0.5"],
        "biasedness": ["1"],
    }
    sweep = made(step_size=["0.1", "900", "1e-6"], steps=[0, 3000], save_every=0, **axes)
    rows = rows_of(write_table(sweep))
    assert [(row["converged"], row["diverged"]) for row in rows] == [
        (True, False),
        (False, True),
        (False, False),
    ]
    assert not np.isfinite(rows[1]["loss"])
    assert rows[0]["loss"] <= 1e-10 * rows[0]["initial_loss"]


def test_rows_of_every_recorded_step(made: Any) -> None:
    """A row a run and recorded step, the first of them the start; without a truth, no distance."""
    given = {"kind": "regression", "X": [["1", "1/2"], ["0", "1"]], "y": ["1", "2"]}
    sweep = made(problem=given, seeds=None)
    rows = rows_of(write_table(sweep, every_step=True))
    assert len(rows) == 40 * 8
    assert all(row["loss"] == row["initial_loss"] for row in rows if row["steps"] == 0)
    assert {row["distance"] for row in rows} == {row["support_recovered"] for row in rows} == {None}


def test_schema_says_what_it_holds(small_sweep: Any) -> None:
    """Each column's meaning, and the grid, travel with the file."""
    schema = parquet.read_schema(write_table(small_sweep))
    about = json.loads(schema.metadata[METADATA])
    assert about["settings"]["grid"]["scale"] == ["0.1", "0.2"]
    assert about["settings"]["kernel"] == "eager"
    assert [field.metadata[b"meaning"].decode() for field in schema] == list(COLUMNS.values())


def test_missing_pyarrow_is_said_with_its_line(small_sweep: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What to install, and how to do without."""

    def missing(name: str) -> Any:
        raise ModuleNotFoundError(name=name)

    monkeypatch.setattr(table_module, "import_module", missing)
    with pytest.raises(
        SweepError, match=r"pip install 'momentum-oracle\[lightning\]'`; or ask for `--table none`"
    ):
        write_table(small_sweep)
