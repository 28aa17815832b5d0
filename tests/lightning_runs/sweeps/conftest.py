"""A small grid over every axis, and its sweep made with the readable kernel."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

collect_ignore_glob = [] if find_spec("torch") else ["test_*.py"]

# one of each kind of problem and model, in each dtype
GRIDS = [
    {},
    {"dtype": "float32", "batches": [[0, 1], [2, 3, 4]]},
    {"dtype": "bfloat16", "model": "hadamard"},
    {"model": "linear", "biasedness": None},
    {"problem": {"kind": "scalar_product", "x": "0.3", "y": "2"}, "model": "scalar_product", "seeds": None},
    {
        "problem": {"kind": "regression", "X": [["1", "1/3"]], "y": ["0.7"], "loss": "sum_square"},
        "seeds": None,
    },
]

GridValue = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def grid_value() -> GridValue:
    """Return a function that makes a grid as a file states it; every field can be changed, or left out by None."""

    def make(**changes: Any) -> dict[str, Any]:
        value = {
            "schema": "momentum-oracle/sweep/1",
            "problem": {"kind": "sparse_regression", "n": 5, "d": 7, "nonzeros": 2},
            "model": "diagonal",
            "methods": ["gradient_descent", "heavy_ball", "nesterov"],
            "seeds": [0, 3],
            "step_size": ["0.03", "1/64"],
            "momentum": ["0.9", "0.5"],
            "scale": ["0.1", "0.2"],
            "biasedness": ["1", "1/3"],
            "steps": {"until": 12, "every": 4, "successive": 2},
            "save_every": 5,
        }
        return {name: held for name, held in {**value, **changes}.items() if held is not None}

    return make


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory, grid_value: GridValue) -> Any:
    """Return a function that makes the sweep of a changed grid in a fresh directory."""
    from lightning_runs.sweeps.grid_file import grid_from  # noqa: PLC0415 - after the check for torch
    from lightning_runs.sweeps.making import make  # noqa: PLC0415 - as above
    from lightning_runs.sweeps.sweep import Options, Sweep, opened  # noqa: PLC0415 - as above

    def sweep(directory: Path | None = None, kernel: str | None = "eager", **changes: Any) -> Sweep:
        directory = directory or tmp_path_factory.mktemp("sweep")
        ready = opened(grid_from(grid_value(**changes)), directory, Options(kernel))
        make(ready)
        return ready

    return sweep


@pytest.fixture(scope="session")
def small_sweep(made: Any) -> Any:
    """Return the sweep of the small grid, made once; tests read it and change nothing."""
    return made()


@pytest.fixture(params=GRIDS, ids=["all axes", "batches", "bfloat16", "linear", "scalar", "given"])
def other_grid(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Return changes that make a grid of another kind."""
    changes: dict[str, Any] = request.param
    return changes


@pytest.fixture(scope="session")
def judged() -> Any:
    """Return a function that judges a run, step by step, against its own spec or that of another run."""
    from lightning_runs.kernels.registry import kernel_named  # noqa: PLC0415 - after the check for torch
    from lightning_runs.sweeps.grid import spec_of  # noqa: PLC0415 - as above
    from lightning_runs.sweeps.run_record import recorded  # noqa: PLC0415 - as above
    from oracle.step_check import StepCheck  # noqa: PLC0415 - as above

    def judge(sweep: Any, run: int, spec_run: int | None = None) -> str:
        point = sweep.points[run if spec_run is None else spec_run]
        declaration = kernel_named(sweep.kernel).declare(sweep.grid.dtype, point.method)
        check = StepCheck(spec_of(sweep.grid, point).canonical, declaration)
        return str(check(sweep.grid.steps, recorded(sweep, run)).outcome)

    return judge


@pytest.fixture(scope="session")
def contents() -> Callable[[Path], dict[str, bytes]]:
    """Return a function that reads every file under a directory, by name."""

    def read(directory: Path) -> dict[str, bytes]:
        files = (path for path in sorted(directory.rglob("*")) if path.is_file())
        return {str(path.relative_to(directory)): path.read_bytes() for path in files}

    return read
