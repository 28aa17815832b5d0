"""Opening a sweep: new, or begun before with the very same settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lightning_runs.sweeps.grid_file import grid_from
from lightning_runs.sweeps.sweep import Options, opened
from lightning_runs.sweeps.sweep_error import SweepError


def test_other_grid_is_refused_with_what_differs(small_sweep: Any, grid_value: Any) -> None:
    """Field by field: there, and here."""
    other = grid_from(grid_value(scale=["0.1", "0.3"], digits=20))
    with pytest.raises(SweepError, match="holds another sweep; name another `--out`") as refused:
        opened(other, small_sweep.directory.path, Options(threads=2))
    text = str(refused.value)
    assert "- `grid.digits` is 30 there, 20 here" in text
    assert "- `grid.scale` is ['0.1', '0.2'] there, ['0.1', '0.3'] here" in text
    assert "- `threads` is 1 there, 2 here" in text


def test_options_left_out_are_those_it_was_begun_with(small_sweep: Any, grid_value: Any) -> None:
    """Kernel, threads and plan come from the index, whatever this machine would choose now."""
    again = opened(grid_from(grid_value()), small_sweep.directory.path, Options())
    assert (again.kernel, again.threads, again.plan) == ("eager", 1, small_sweep.plan)
    assert again.directory.digest == small_sweep.directory.digest


def test_begun_parts_that_need_more_than_asked_are_refused(small_sweep: Any, grid_value: Any) -> None:
    """The cut into parts stays, because bits depend on it."""
    with pytest.raises(SweepError, match=r"was begun in parts that need .*, and `--memory` is 1000 bytes"):
        opened(grid_from(grid_value()), small_sweep.directory.path, Options(memory=1000))


def test_opening_writes_nothing(tmp_path: Path, grid_value: Any) -> None:
    """A sweep is only there once it is made."""
    opened(grid_from(grid_value()), tmp_path / "new", Options("eager"))
    assert not (tmp_path / "new").exists()
