"""A sweep ready to be made: new, or begun before in the same directory with the same settings."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from lightning_runs.sweeps.grid import Grid, Point, grid_value, points_of
from lightning_runs.sweeps.grid_tasks import GridTasks
from lightning_runs.sweeps.kernel_choice import chosen_kernel
from lightning_runs.sweeps.memory import available_memory, fitting_plan, in_units, needs_of
from lightning_runs.sweeps.plan import Plan, Segment, segments_of
from lightning_runs.sweeps.sweep_directory import SweepDirectory, read_index
from lightning_runs.sweeps.sweep_error import SweepError

__all__ = ["Options", "Sweep", "opened", "versions_now"]

PACKAGES = ("torch", "numpy", "llvmlite")  # whose versions the last bit may depend on


@dataclass(frozen=True)
class Options:
    """How to make a sweep; what is None is chosen, or kept as the sweep was begun.

    Parameters
    ----------
    kernel : str, optional
        A name in `kernels.registry.KERNELS`.
    threads : int, optional
    memory : int, optional
        Most bytes to allocate; half of what is available by default.
    """

    kernel: str | None = None
    threads: int | None = None
    memory: int | None = None


@dataclass(frozen=True)
class Sweep:
    """A sweep ready to be made, or partly made."""

    grid: Grid
    points: list[Point]
    plan: Plan
    kernel: str
    threads: int
    directory: SweepDirectory
    tasks: GridTasks

    @cached_property
    def segments(self) -> list[Segment]:
        """The stretches of every part."""
        return segments_of(self.grid.steps, self.plan)

    def part_points(self, part: int) -> list[Point]:
        """Return the runs of a part."""
        first, count = self.plan.parts[part]
        return self.points[first : first + count]


def opened(grid: Grid, directory: Path, options: Options) -> Sweep:
    """Return the sweep of a grid in a directory, new or begun before; nothing is written.

    Raises
    ------
    SweepError
        If the directory holds a sweep that differs, or the memory does not suffice.
    KernelError
        If the kernel is unknown or does not run the grid.
    DamagedRecordError
        If the directory's index is damaged.
    """
    points, limit = points_of(grid), _limit(options.memory)
    found = read_index(directory)
    if found is None:
        kernel = chosen_kernel(options.kernel, grid).name
        plan, threads = fitting_plan(grid, points, limit), options.threads or 1
        versions = versions_now()
    else:
        kernel, threads = options.kernel or found["kernel"], options.threads or found["threads"]
        plan, versions = _plan(found["plan"]), found["versions"]
    settings = {
        "grid": grid_value(grid), "kernel": kernel, "threads": threads,
        "plan": {**asdict(plan), "parts": [list(part) for part in plan.parts]}, "versions": versions,
    }  # fmt: skip
    if found is not None:
        _check_same(directory, found, settings)
        _check_limit(needs_of(grid, points, plan).memory, limit)
    return Sweep(grid, points, plan, kernel, threads, SweepDirectory(directory, settings), GridTasks(grid))


def versions_now() -> dict[str, str]:
    """Return what the last bit of a run may depend on beside the settings: versions, and the processor."""
    found = {"python": platform.python_version(), "processor": _processor()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _processor() -> str:
    """Return the processor's name: compiled loops and matrix products use the instructions that it has."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())


def _limit(asked: int | None) -> int:
    """Return the bytes that may be allocated."""
    available = available_memory()
    if asked is not None and available is not None and asked > available:
        raise SweepError(
            f"`--memory` is {in_units(asked)}, and the machine has {in_units(available)} available; ask for less"
        )
    return asked if asked is not None else (available or 2**31) // 2


def _check_limit(needed: int, limit: int) -> None:
    if needed > limit:
        raise SweepError(
            f"the sweep was begun in parts that need {in_units(needed)}, and `--memory` is {in_units(limit)}; "
            "raise `--memory`, or begin anew in another directory"
        )


def _check_same(directory: Path, found: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
    """Refuse to go on with another sweep, field by field."""
    there, here = (
        {
            **{f"grid.{k}": v for k, v in side["grid"].items()},
            "kernel": side["kernel"],
            "threads": side["threads"],
        }
        for side in (found, asked)
    )
    differ = [name for name in sorted({*there, *here}) if there.get(name) != here.get(name)]
    if differ:
        lines = [f"- `{n}` is {_brief(there.get(n))} there, {_brief(here.get(n))} here" for n in differ]
        raise SweepError(
            "\n".join(
                [f"`{directory}` holds another sweep; name another `--out`, or ask for that one:", *lines]
            )
        )


def _plan(value: Mapping[str, Any]) -> Plan:
    parts = tuple((int(first), int(count)) for first, count in value["parts"])
    return Plan(parts, int(value["save_every"]), int(value["rows"]))


def _brief(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 80 else text[:77] + "…"
