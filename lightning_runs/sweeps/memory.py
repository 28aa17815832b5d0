"""What a sweep needs, stated before it starts, against what the machine has.

`state`, `data`, `segment` and `files` are exact: the bytes of the arrays and files themselves.  How often
each is held at once is counted, and the rest is bounded::

    state    3 ×  the start, the loop's own, and one group's copy while it is prepared
    data     2 ×  the tasks', of every seed, and the loop's
    segment  3 ×  as the kernel gathers it and as it returns it; then that and the archive
    work          of a step: at most ten arrays of shape (runs of one seed, max(n, d))
    program       what libraries take on first use, and the objects that stand for a run
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lightning_runs.run_batch import state_names
from lightning_runs.sweeps.drawn_batches import DrawnBatches
from lightning_runs.sweeps.grid import Grid, Point
from lightning_runs.sweeps.plan import (
    Plan,
    Segment,
    dimension,
    itemsize,
    parts_of,
    plan_of,
    row_bytes,
    samples,
    segments_of,
)
from lightning_runs.sweeps.sealed_arrays import MANIFEST, sealed_size
from lightning_runs.sweeps.sweep_error import SweepError

__all__ = [
    "Needs", "available_memory", "check_needs", "fitting_plan", "in_units", "needs_of", "resident_memory",
    "segment_size", "statement",
]  # fmt: skip

MANIFEST_BYTES = 512  # of a segment, blanks at its end included
WORK_ARRAYS = 10
LIBRARIES = 2**27  # torch's and pyarrow's scratch, compiled loops: 60 to 110 MiB measured
OBJECTS = 4096  # of a run: its point, its task, its rows of the table
LARGEST_FILE = 2**31 - 2**20  # beyond it an archive needs another format
UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")


@dataclass(frozen=True)
class Needs:
    """Bytes that a sweep needs.

    Parameters
    ----------
    state, data, segment, work, program : int
        Of the largest part: see the module.
    files : int
        Of all segments together.
    """

    state: int
    data: int
    segment: int
    work: int
    program: int
    files: int

    @property
    def memory(self) -> int:
        """What will be allocated at once, at most."""
        return 3 * self.state + 2 * self.data + 3 * self.segment + self.work + self.program


def needs_of(grid: Grid, points: list[Point], plan: Plan) -> Needs:
    """Return what a sweep needs."""
    segments = segments_of(grid.steps, plan)
    parts = [points[first : first + count] for first, count in plan.parts]
    largest = max(len(part) for part in parts)
    item, wide = itemsize(grid), max(samples(grid), dimension(grid))
    drawn = grid.batches.size * grid.batches.count if isinstance(grid.batches, DrawnBatches) else 0
    given = () if isinstance(grid.batches, DrawnBatches) else grid.batches
    rows = drawn or sum(len(batch) for batch in given) or samples(grid)
    together = max(_largest_group(part) for part in parts)
    return Needs(
        state=largest * row_bytes(grid),
        data=len({point.seed for point in points}) * rows * (dimension(grid) + 1) * item,
        segment=max(len(segment.steps) for segment in segments) * largest * row_bytes(grid),
        program=LIBRARIES + OBJECTS * len(points),
        work=WORK_ARRAYS * together * wide * item,
        files=sum(segment_size(grid, len(part), segment) for part in parts for segment in segments),
    )


def fitting_plan(grid: Grid, points: list[Point], limit: int) -> Plan:
    """Return the plan with the fewest parts that stays within a limit.

    Parameters
    ----------
    grid : Grid
    points : list of Point
    limit : int
        Bytes that may be allocated.

    Raises
    ------
    SweepError
        If one run by itself needs more.
    """
    number = 1
    while True:
        plan = plan_of(grid, len(points), parts_of(len(points), number))
        needs = needs_of(grid, points, plan)
        if needs.memory <= limit and needs.segment <= LARGEST_FILE:
            return plan
        if number == len(points):
            raise SweepError(
                f"one run by itself needs {in_units(needs.memory)}, and the limit leaves {in_units(max(limit, 0))}; "
                "raise `--memory`, or make the problem smaller"
            )
        number = min(len(points), max(number + 1, number * 5 // 4))


def check_needs(needs: Needs, directory: Path) -> None:
    """Refuse a sweep whose files, those not yet there, do not fit the disk.

    Raises
    ------
    SweepError
        Saying what is needed and what is free.
    """
    place = next(path for path in (directory.absolute(), *directory.absolute().parents) if path.exists())
    free = shutil.disk_usage(place).free
    missing = needs.files - sum(path.stat().st_size for path in directory.glob("part-*/segment-*.npz"))
    if missing > free:
        raise SweepError(
            f"the records need {in_units(missing)} more under `{directory}`, where {in_units(free)} are free; "
            "record fewer steps, or name another disk by `--out`"
        )


def statement(grid: Grid, points: list[Point], plan: Plan, directory: Path) -> str:
    """Return what people read before a sweep starts."""
    needs, available = needs_of(grid, points, plan), available_memory()
    segments = len(segments_of(grid.steps, plan))
    has = "unknown" if available is None else in_units(available)
    return "\n".join(
        [
            f"{len(points)} runs of {grid.steps[-1]} steps in {len(plan.parts)} part(s), {len(grid.steps)} steps recorded",
            f"  state    {in_units(needs.state):>12}   u, v and momenta of the runs of a part, held 3 times",
            f"  data     {in_units(needs.data):>12}   X and y of its seeds, held twice",
            f"  records  {in_units(needs.segment):>12}   on their way to the disk, held 3 times",
            f"  work     {in_units(needs.work):>12}   of a step",
            f"  program  {in_units(needs.program):>12}   of libraries and objects, at most",
            f"  memory   {in_units(needs.memory):>12}   at most, beside the {in_units(resident_memory())} that are "
            f"loaded; the machine has {has} available",
            f"  files    {in_units(needs.files):>12}   in {segments * len(plan.parts)} file(s) under `{directory}`",
        ]
    )


def segment_size(grid: Grid, runs: int, segment: Segment) -> int:
    """Return the bytes of the file of a segment, exactly."""
    item: np.dtype[Any] = np.dtype("float64" if grid.dtype == "float64" else "float32")
    shape = (len(segment.steps), runs, dimension(grid))
    members: dict[str, tuple[tuple[int, ...], np.dtype[Any]]] = {
        MANIFEST: ((MANIFEST_BYTES,), np.dtype(np.uint8)),
        "steps": ((len(segment.steps),), np.dtype(np.int64)),
    }
    return sealed_size(members | dict.fromkeys(state_names(grid.model), (shape, item)))


def available_memory() -> int | None:
    """Return the bytes that new allocations can have, or None where the system does not say."""
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            fields = dict(line.split(":", 1) for line in file)
        return int(fields["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        pass
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None


def resident_memory() -> int:
    """Return the bytes that this process holds now; 0 where the system does not say."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0


def in_units(count: int) -> str:
    """Return a number of bytes as people read it."""
    value, unit = float(count), 0
    while value >= 1024 and unit < len(UNITS) - 1:
        value, unit = value / 1024, unit + 1
    return f"{value:.1f} {UNITS[unit]}" if unit else f"{count} bytes"


def _largest_group(part: list[Point]) -> int:
    """Return the most runs that share their data, and so go through one loop."""
    counts: dict[int | None, int] = {}
    for point in part:
        counts[point.seed] = counts.get(point.seed, 0) + 1
    return max(counts.values())
