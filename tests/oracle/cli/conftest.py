"""A small spec, a correct run of it, and the command line in this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from oracle.cli.main import main

SPEC: dict[str, Any] = {
    "schema": "momentum-oracle/spec/1",
    "problem": {"kind": "regression", "X": [["1", "0.5", "-0.25"], ["0", "1", "0.75"]], "y": ["1", "-0.5"]},
    "model": "diagonal",
    "init": {"u": "0.25", "v": "0.25"},
    "method": {"name": "heavy_ball", "step_size": "0.05", "momentum": "0.9"},
    "inputs_as": "float64",
    "want": {"kind": "iterates", "steps": list(range(21))},
    "digits": 20,
}

Oracle = Callable[..., Result]
Specs = Callable[..., Path]


def heavy_ball(momentum: float = 0.9) -> dict[str, Any]:
    """Return a plain numpy run of the spec: p ← μp − ηg, β ← β + p on θ = u² − v², loss Σr²/(2·2)."""
    X, y = np.array([[1, 0.5, -0.25], [0, 1, 0.75]]), np.array([1, -0.5])
    position, velocity = np.full(6, 0.25), np.zeros(6)
    states = [position]
    for _ in range(20):
        u, v = position[:3], position[3:]
        g = X.T @ (X @ (u * u - v * v) - y) / 2
        velocity = momentum * velocity - 0.05 * np.concatenate([2 * u * g, -2 * v * g])
        position = position + velocity
        states.append(position)
    recorded = np.array(states)
    return {"steps": np.arange(21), "u": recorded[:, :3], "v": recorded[:, 3:]}


@pytest.fixture
def oracle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Oracle:
    """Return the command line, with a store and a working directory of its own."""
    monkeypatch.setenv("MOMENTUM_ORACLE_STORE", str(tmp_path / "store"))
    monkeypatch.chdir(tmp_path)
    return lambda *arguments, **options: CliRunner().invoke(main, [str(a) for a in arguments], **options)


@pytest.fixture
def spec(tmp_path: Path) -> Specs:
    """Return a maker of spec files: the small spec with changes."""

    def make(**changes: Any) -> Path:
        path = tmp_path / "spec.json"
        path.write_text(json.dumps({**SPEC, **changes}))
        return path

    return make


@pytest.fixture
def candidate(tmp_path: Path) -> Specs:
    """Return a maker of candidate files: a correct run with changes; None leaves an array out."""

    def make(momentum: float = 0.9, **changes: Any) -> Path:
        path = tmp_path / "run.npz"
        arrays = {**heavy_ball(momentum), **changes}
        np.savez(path, **{name: array for name, array in arrays.items() if array is not None})
        return path

    return make
