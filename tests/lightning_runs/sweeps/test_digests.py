"""Digests of a grid: the very ones of each run's own spec."""

from __future__ import annotations

from typing import Any

from lightning_runs.sweeps.digests import Digests
from lightning_runs.sweeps.grid import points_of, spec_of
from lightning_runs.sweeps.grid_file import grid_from


def test_digests_are_those_of_the_specs(grid_value: Any, other_grid: dict[str, Any]) -> None:
    """Putting values into one canonical form gives the digest that reading each spec gives."""
    grid = grid_from(grid_value(**other_grid))
    digest = Digests(grid)
    assert [digest(p) for p in points_of(grid)] == [spec_of(grid, p).digest for p in points_of(grid)]
