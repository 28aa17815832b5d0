"""Small configurations and figures; without torch nothing here is collected."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from oracle.records.figure import Curve, Figure

if TYPE_CHECKING:
    from lightning_runs.figures.experiment import Runs

collect_ignore_glob = [] if find_spec("torch") else ["test_*.py"]

RunsMaker = Callable[..., "Runs"]


@pytest.fixture
def sweep_value() -> dict[str, Any]:
    """Return a small sweep as a file states it."""
    return {
        "schema": "momentum-oracle/sweep/1",
        "problem": {"kind": "sparse_regression", "n": "4", "d": "6", "nonzeros": "2"},
        "model": "diagonal",
        "methods": ["heavy_ball", "nesterov"],
        "seeds": {"first": "0", "count": "3"},
        "step_size": "0.05",
        "momentum": "0.9",
        "scale": ["0.1", "0.2"],
        "steps": ["0", "20", "40"],
    }


@pytest.fixture
def make_runs(tmp_path: Path, sweep_value: dict[str, Any]) -> RunsMaker:
    """Return a function that makes the runs of a configuration, kept below a folder of this test."""
    from lightning_runs.figures.experiment import Runs  # noqa: PLC0415 - needs torch
    from lightning_runs.figures.training import Workshop  # noqa: PLC0415 - needs torch

    def make(config: dict[str, Any] | None = None) -> Runs:
        return Runs(
            config or {"sweeps": {"small": sweep_value}}, quick=True, workshop=Workshop(tmp_path / "runs")
        )

    return make


@pytest.fixture
def figure() -> Figure:
    """Return a figure of two curves over three seeds."""
    curves = (
        Curve("one", (1.0, 10.0), ((1.0, 2.0), (2.0, 3.0), (3.0, 7.0))),
        Curve("other", (1.0, 10.0), ((2.0, 1.0), (4.0, 1.0), (6.0, 0.0))),
    )
    return Figure(
        "000-fig-0", "000", "Fig. 0", "that.", "this.", "so.", "x", "y", curves, (0, 1, 2), x_log=True, y_log=True,
        numbers={"relative": {"other": "one"}},
    )  # fmt: skip
