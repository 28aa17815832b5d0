"""Any run of a sweep as a pair of files that `oracle check` judges."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from lightning_runs.sweeps.run_record import extract, write_extract
from lightning_runs.sweeps.sweep_error import SweepError
from oracle.cli.main import main


@pytest.mark.parametrize("run", [0, 17, 79])
def test_oracle_check_accepts_an_extract(small_sweep: Any, tmp_path: Path, run: int) -> None:
    """`oracle check` certifies the golden of the spec and finds that the record agrees: exit code 0."""
    spec, record = write_extract(small_sweep, run, tmp_path)
    result = CliRunner().invoke(main, ["check", str(spec), str(record), "--store", str(tmp_path / "store")])
    assert result.exit_code == 0, result.output
    assert result.output.startswith("AGREES")


def test_oracle_check_refuses_another_run(small_sweep: Any, tmp_path: Path) -> None:
    """The record of one start is not that of the other: exit code 1."""
    spec, _ = write_extract(small_sweep, 0, tmp_path)
    _, record = write_extract(small_sweep, 1, tmp_path)
    result = CliRunner().invoke(main, ["check", str(spec), str(record), "--store", str(tmp_path / "store")])
    assert result.exit_code == 1, result.output


def test_extract_holds_what_the_contract_names(small_sweep: Any) -> None:
    """Parameters, momenta, θ, loss and steps, a row a recorded step."""
    found = extract(small_sweep, 5)
    shapes = {name: array.shape for name, array in found.arrays.items()}
    states = dict.fromkeys(("u", "v", "p_u", "p_v", "theta"), (8, 7))
    assert shapes == {"steps": (8,), **states, "loss": (8,)}
    u, v = found.arrays["u"], found.arrays["v"]
    assert np.array_equal(found.arrays["theta"], u * u - v * v)


@pytest.mark.parametrize("run", [-1, 80])
def test_unknown_run_is_refused(small_sweep: Any, run: int) -> None:
    """The message says which runs there are."""
    with pytest.raises(SweepError, match=f"run {run} is none of this sweep; its runs are 0 to 79"):
        extract(small_sweep, run)


def test_unfinished_run_is_refused(made: Any) -> None:
    """What is not made yet is not extracted."""
    sweep = made()
    sweep.directory.segment_path(0, len(sweep.segments) - 1).unlink()
    with pytest.raises(SweepError, match="run 3 is not finished"):
        extract(sweep, 3)
