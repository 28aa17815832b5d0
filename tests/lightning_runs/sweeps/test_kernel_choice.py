"""The kernel of a sweep: the one asked for, or the first that runs the grid here."""

from __future__ import annotations

from typing import Any

import pytest

from lightning_runs.kernels.interface import KernelError
from lightning_runs.kernels.registry import kernel_named
from lightning_runs.sweeps import kernel_choice
from lightning_runs.sweeps.grid_file import grid_from
from lightning_runs.sweeps.kernel_choice import chosen_kernel


def test_readable_kernel_stands_in_where_the_fused_one_is_missing(
    grid_value: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A compiler that is not installed costs speed, not the sweep; asked for by name, it is said."""

    def without_compiler(name: str) -> Any:
        if name == "fused":
            raise ModuleNotFoundError(name="llvmlite")
        return kernel_named(name)

    monkeypatch.setattr(kernel_choice, "kernel_named", without_compiler)
    assert chosen_kernel(None, grid_from(grid_value())).name == "eager"
    with pytest.raises(KernelError, match="`fused` cannot make this sweep: its module needs `llvmlite`"):
        chosen_kernel("fused", grid_from(grid_value()))


def test_kernel_that_runs_no_such_grid_is_not_chosen(
    grid_value: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it lacks is named."""
    eager: Any = kernel_named("eager")
    monkeypatch.setattr(type(eager), "dtypes", frozenset({"float32"}))
    monkeypatch.setattr(type(eager), "methods", frozenset({"nesterov"}))
    message = "it runs no dtype float64 and no method gradient_descent, heavy_ball"
    with pytest.raises(KernelError, match=message):
        chosen_kernel("eager", grid_from(grid_value()))
