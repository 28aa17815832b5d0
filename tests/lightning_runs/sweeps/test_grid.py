"""Grids: which runs they hold, and that every run is a full spec."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from lightning_runs.sweeps.grid import grid_value as value_of
from lightning_runs.sweeps.grid import points_of, spec_of, start_of
from lightning_runs.sweeps.grid_file import grid_from


def test_points_are_the_product_of_the_axes(grid_value: Any) -> None:
    """2 seeds × 2 η × 2 c × 2 φ, times 2 μ for heavy ball and Nesterov and once for gradient descent."""
    points = points_of(grid_from(grid_value()))
    assert len(points) == len(set(points)) == 2 * 2 * 2 * 2 * (2 + 2 + 1)
    assert {point.momentum for point in points if point.method == "gradient_descent"} == {0}


@pytest.mark.parametrize("biasedness", [Fraction(1), Fraction(3, 100), Fraction(1, 7)])
def test_start_keeps_its_scale_whatever_the_bias(biasedness: Fraction) -> None:
    """ξ = |u(0)| |v(0)| = c², and u(0)/v(0) = φ²; u(0) = v(0) exactly when φ = 1 (Definition 2)."""
    start = start_of("diagonal", Fraction(1, 10), biasedness)
    assert start["u"] * start["v"] == Fraction(1, 100)
    assert start["u"] / start["v"] == biasedness**2


def test_spec_of_names_the_run(grid_value: Any) -> None:
    """φ c and c/φ reach the spec as exact numbers: 1/5 over 1/3 is 3/5, 1/5 times 1/3 is 1/15."""
    grid = grid_from(grid_value())
    canonical = spec_of(grid, points_of(grid)[-1]).canonical
    assert canonical["init"] == {"u": ["1/15"] * 7, "v": ["0.6"] * 7}
    assert canonical["problem"]["seed"] == 3
    method = canonical["method"]
    assert (method["name"], method["step_size"], method["momentum"]) == ("nesterov", "0.015625", "0.5")
    assert canonical["inputs_as"] == "float64"
    assert canonical["want"]["steps"] == [0, 1, 4, 5, 8, 9, 11, 12]


def test_grid_value_states_the_grid(grid_value: Any) -> None:
    """Reading what is written gives the grid back, and spelling does not matter."""
    grid = grid_from(grid_value(step_size=["3e-2", "0x1p-6"]))
    assert grid == grid_from(value_of(grid)) == grid_from(grid_value())
