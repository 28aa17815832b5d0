"""The statement before a sweep: equal to what the arrays and files then are."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lightning_runs.kernels.registry import kernel_named
from lightning_runs.run_batch import batch_of
from lightning_runs.sweeps import memory
from lightning_runs.sweeps.grid import points_of
from lightning_runs.sweeps.grid_file import grid_from
from lightning_runs.sweeps.memory import (
    available_memory,
    check_needs,
    fitting_plan,
    in_units,
    needs_of,
    statement,
)
from lightning_runs.sweeps.sweep_directory import INDEX
from lightning_runs.sweeps.sweep_error import SweepError

MEASURED = """
import resource, sys
from lightning_runs.sweeps import command, memory
numbers = []
def kept(function):
    def call(*arguments):
        numbers.append(function(*arguments))
        return numbers[-1]
    return call
memory.needs_of, memory.resident_memory = kept(memory.needs_of), kept(memory.resident_memory)
command.sweep_command(sys.argv[1:], standalone_mode=False)
stated = next(found.memory for found in numbers if not isinstance(found, int))
loaded = next(found for found in numbers if isinstance(found, int))
print(stated, loaded, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


@pytest.mark.parametrize("changes", [{}, {"dtype": "float32"}, {"model": "linear", "biasedness": None}])
def test_state_and_data_are_the_bytes_of_the_arrays(made: Any, changes: dict[str, Any]) -> None:
    """Σ nbytes of the loop's state, and of every X and y that the loop is given."""
    sweep = made(**changes)
    batch = batch_of(sweep.tasks(sweep.points))
    needs = needs_of(sweep.grid, sweep.points, sweep.plan)
    assert needs.state == sum(a.nbytes for a in kernel_named("eager").prepare(batch).state().values())
    assert needs.data == sum(rows.X.nbytes + rows.y.nbytes for cycle in batch.cycles for rows in cycle)


def test_files_are_the_bytes_on_the_disk(small_sweep: Any) -> None:
    """Σ sizes of the segments, of which the largest holds the bytes stated as on their way."""
    needs = needs_of(small_sweep.grid, small_sweep.points, small_sweep.plan)
    files = sorted(small_sweep.directory.path.glob("part-*/*.npz"))
    assert needs.files == sum(path.stat().st_size for path in files)
    read = small_sweep.directory.read_segment
    arrays = [read(0, number, segment) for number, segment in enumerate(small_sweep.segments)]
    held = [sum(a.nbytes for name, a in found.items() if name != "steps") for found in arrays]
    assert needs.segment == max(held)
    assert len(files) == len(held)


def test_runs_are_cut_into_parts_that_fit(grid_value: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fewest parts come first, and one run too large is refused with what it needs."""
    monkeypatch.setattr(memory, "LIBRARIES", 0)
    monkeypatch.setattr(memory, "OBJECTS", 0)
    grid = grid_from(grid_value())
    points = points_of(grid)
    whole = needs_of(grid, points, fitting_plan(grid, points, 2**40)).memory
    assert len(fitting_plan(grid, points, whole).parts) == 1
    plan = fitting_plan(grid, points, whole - 1)
    assert len(plan.parts) == 2
    assert needs_of(grid, points, plan).memory < whole
    with pytest.raises(
        SweepError, match=r"one run by itself needs .* and the limit leaves 100 bytes; raise `--memory`"
    ):
        fitting_plan(grid, points, 100)


def test_full_disk_is_refused(small_sweep: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is needed, what is free, where, and what to do."""
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=1000))
    needs = needs_of(small_sweep.grid, small_sweep.points, small_sweep.plan)
    with pytest.raises(SweepError, match=r"under `new`, where 1000 bytes are free; record fewer steps"):
        check_needs(needs, Path("new"))


def test_statement_says_every_item(small_sweep: Any) -> None:
    """State, data, records, work, memory and files, each with its unit."""
    text = statement(small_sweep.grid, small_sweep.points, small_sweep.plan, Path("results"))
    assert text.startswith("80 runs of 12 steps in 1 part(s), 8 steps recorded")
    for item in ("state", "data", "records", "work", "program", "memory", "files"):
        assert f"\n  {item}" in text
    assert "file(s) under `results`" in text


def test_machine_says_what_is_available() -> None:
    """A machine that runs this has some memory, or does not say."""
    found = available_memory()
    assert found is None or found > 2**20


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 bytes"), (1023, "1023 bytes"), (1536, "1.5 KiB"), (2**40, "1.0 TiB")]
)
def test_units(count: int, text: str) -> None:
    """Binary units, one decimal."""
    assert in_units(count) == text


def test_index_is_small(small_sweep: Any) -> None:
    """The one file that the statement leaves out is no matter."""
    assert (small_sweep.directory.path / INDEX).stat().st_size < 5000


@pytest.mark.slow
def test_peak_stays_below_the_statement(tmp_path: Path, grid_value: Any) -> None:
    """4096 runs of n = 40, d = 100: largest resident memory of the process, by the system's own account."""
    axes = {
        "seeds": list(range(8)),
        "step_size": [f"1/{k}" for k in range(40, 48)],
        "scale": ["0.1", "0.2", "0.3", "0.4"],
    }
    changes = {
        **axes,
        "methods": ["heavy_ball"],
        "momentum": [f"0.{k}" for k in range(1, 9)],
        "save_every": None,
    }
    problem = {"kind": "sparse_regression", "n": 40, "d": 100, "nonzeros": 5}
    grid = grid_value(problem=problem, steps={"until": 100, "every": 20, "successive": 2}, **changes)
    (tmp_path / "grid.json").write_text(json.dumps(grid))
    line = [sys.executable, "-c", MEASURED, str(tmp_path / "grid.json"), "--kernel", "eager"]
    said = subprocess.run(line, check=True, capture_output=True, text=True).stdout.splitlines()
    stated, loaded, peak = (int(text) for text in said[-1].split())
    assert 0.5 * (stated + loaded) < peak <= stated + loaded
