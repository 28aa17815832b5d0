"""Sweeps: judged run by run, the same bits after any interruption, and nothing damaged passes."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lightning_runs.kernels.interface import KernelError
from lightning_runs.sweeps import sweep as sweep_module
from lightning_runs.sweeps.grid_file import grid_from
from lightning_runs.sweeps.kernel_choice import PREFERRED
from lightning_runs.sweeps.making import make
from lightning_runs.sweeps.memory import needs_of
from lightning_runs.sweeps.plan import plan_of
from lightning_runs.sweeps.run_record import recorded
from lightning_runs.sweeps.sealed_arrays import read_sealed, sealed_bytes
from lightning_runs.sweeps.sweep import Options, opened
from lightning_runs.sweeps.sweep_error import SweepError

# one process that imports torch, and forks one for each instant, so that each dies by itself
DYING = """
import os, signal, sys, torch
from lightning_runs.sweeps.command import sweep_command
def dying(instant, real=os.fsync):
    calls = [0]
    def fsync(descriptor):
        calls[0] += 1
        if calls[0] == instant:
            os.kill(os.getpid(), signal.SIGKILL)
        real(descriptor)
    return fsync
config, out, *instants = sys.argv[1:]
for instant in instants:
    if not (child := os.fork()):
        os.fsync = dying(int(instant))
        sweep_command([config, "--kernel", "eager", "--table", "none", "--out", out + instant])
    if os.waitpid(child, 0)[1] != signal.SIGKILL:
        sys.exit("not killed at " + instant)
"""
# comes to no end by itself: waits at its 20th file, of 27
WAITING = """
import os, sys
from lightning_runs.sweeps.command import sweep_command
def fsync(descriptor, real=os.fsync, calls=[]):
    calls.append(1)
    len(calls) < 20 or sys.stdin.read()
    real(descriptor)
os.fsync = fsync
sweep_command(sys.argv[1:])
"""
# 1, 2: the index; 3: the part's folder; then two for each segment: its bytes, and its name
INSTANTS = (1, 2, 3, 4, 5, 6, 7, 8)


@pytest.mark.parametrize(
    "changes", [{}, {"dtype": "float32", "batches": [[0, 1], [2, 3, 4]]}, {"dtype": "bfloat16"}]
)
def test_every_run_agrees(made: Any, changes: dict[str, Any], judged: Any) -> None:
    """All axes at once: each written record is within rounding of its spec, step by step."""
    sweep = made(**changes)
    assert {judged(sweep, run) for run in range(len(sweep.points))} == {"AGREES"}


def test_every_preferred_kernel_agrees(made: Any, judged: Any) -> None:
    """Whatever kernel is chosen without a wish, its records are judged like those of the readable one."""
    try:
        sweep = made(kernel=None)
    except KernelError as error:
        pytest.skip(str(error))
    assert sweep.kernel in PREFERRED
    assert {judged(sweep, run) for run in range(len(sweep.points))} == {"AGREES"}


def test_other_start_is_refused_by_the_judge(small_sweep: Any, judged: Any) -> None:
    """The record of one φ, or one c, is not that of another: the planted fault of swapped axes."""
    first = small_sweep.points[0]
    others = [
        i
        for i, p in enumerate(small_sweep.points)
        if (p.seed, p.method, p.step_size, p.momentum)
        == (first.seed, first.method, first.step_size, first.momentum)
    ]
    assert len(others) == 4
    assert {judged(small_sweep, 0, other) for other in others[1:]} == {"DISAGREES"}


def test_parts_change_only_the_cutting(
    made: Any, grid_value: Any, tmp_path: Path, monkeypatch: Any, judged: Any
) -> None:
    """A sweep in several parts is the same runs, each within rounding of its spec."""
    monkeypatch.setattr(
        sweep_module,
        "fitting_plan",
        lambda grid, points, limit: plan_of(grid, len(points), ((0, 30), (30, 50))),
    )
    sweep = made(tmp_path)
    assert len(sweep.plan.parts) == 2
    assert {judged(sweep, run) for run in range(0, 80, 7)} == {"AGREES"}
    assert needs_of(sweep.grid, sweep.points, sweep.plan).files == sum(
        path.stat().st_size for path in tmp_path.glob("part-*/*")
    )


def test_killed_sweep_goes_on_to_the_same_bits(tmp_path: Path, grid_value: Any, contents: Any) -> None:
    """SIGKILL while a file is written, before it has its name and after; then the same command again."""
    config = tmp_path / "grid.json"
    config.write_text(json.dumps(grid_value()))
    line = [sys.executable, "-c", DYING, str(config), str(tmp_path / "at"), *map(str, INSTANTS)]
    subprocess.run(line, check=True, stdout=subprocess.DEVNULL)
    make(opened(grid_from(grid_value()), tmp_path / "whole", Options("eager")))
    whole = contents(tmp_path / "whole")
    for instant in INSTANTS:
        directory = tmp_path / f"at{instant}"
        assert contents(directory) != whole
        make(opened(grid_from(grid_value()), directory, Options("eager")))
        assert contents(directory) == whole


def test_sweep_killed_from_outside_goes_on_to_the_same_bits(
    tmp_path: Path, grid_value: Any, contents: Any
) -> None:
    """SIGKILL at no chosen instant, once two segments are there."""
    changes = {"steps": {"until": 3000, "every": 500, "successive": 2}, "save_every": 250}
    config, directory = tmp_path / "grid.json", tmp_path / "killed"
    config.write_text(json.dumps(grid_value(**changes)))
    options = ["--kernel", "eager", "--out", str(directory)]
    line = [sys.executable, "-c", WAITING, str(config), *options]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        while not (directory / "part-0000/segment-000001.npz").exists() and process.poll() is None:
            time.sleep(0.002)
        process.kill()
    assert process.returncode == -signal.SIGKILL
    grid = grid_from(grid_value(**changes))
    make(opened(grid, directory, Options("eager")))
    make(opened(grid, tmp_path / "whole", Options("eager")))
    assert contents(directory) == contents(tmp_path / "whole")


def test_finished_sweep_is_left_as_it_is(made: Any, grid_value: Any, contents: Any) -> None:
    """Made again, a finished sweep is verified and nothing is written; the steps count as done."""
    sweep = made()
    before, done = contents(sweep.directory.path), list[int]()
    make(opened(grid_from(grid_value()), sweep.directory.path, Options()), done.append)
    assert contents(sweep.directory.path) == before
    assert sum(done) == 80 * 12


def test_forged_state_is_caught_by_the_judge(made: Any, judged: Any) -> None:
    """A record altered and sealed anew passes the seal, and not the judge."""
    sweep = made()
    path = sweep.directory.segment_path(0, 0)
    arrays = read_sealed(path)
    arrays["u"] = arrays["u"].copy()
    arrays["u"][1, 7, 3] = np.nextafter(arrays["u"][1, 7, 3] * (1 + 1e-12), 1)
    path.write_bytes(sealed_bytes(arrays))
    assert judged(sweep, 7) == "DISAGREES"
    assert judged(sweep, 8) == "AGREES"


def test_other_versions_do_not_go_on(made: Any, grid_value: Any, monkeypatch: Any) -> None:
    """The last bits may depend on torch's version: an unfinished sweep stays of one piece."""
    sweep = made(steps=[0, 1])
    sweep.directory.segment_path(0, 0).unlink()
    monkeypatch.setitem(sweep.directory.settings["versions"], "torch", "1.0")
    with pytest.raises(SweepError, match=r"torch 1\.0 then, "):
        make(sweep)


def test_diverging_runs_are_results(made: Any) -> None:
    """Steps far too large leave the numbers, and the sweep ends as any other."""
    sweep = made(step_size=["0.03", "900"], steps=[0, 1, 40])
    assert np.isnan(recorded(sweep, 79)["u"][-1]).any()
    assert np.isfinite(recorded(sweep, 0)["u"]).all()
