"""How a sweep is cut: runs into parts that fit the memory, steps into segments that are saved whole.

All runs of a part go together, as one batch.  A segment is what one file holds: the states at the
recorded steps of a stretch, and at its end, from which the sweep goes on after an interruption.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from lightning_runs.run_batch import state_names
from lightning_runs.sweeps.grid import Grid

__all__ = [
    "Plan",
    "Segment",
    "dimension",
    "itemsize",
    "parts_of",
    "plan_of",
    "row_bytes",
    "samples",
    "segments_of",
]

SEGMENT_BYTES = 2**25  # 32 MiB: large against a file's cost, small against the memory
SAVED_WORK = 4 * 10**8  # runs × d × steps between saved states: seconds of one core


@dataclass(frozen=True)
class Plan:
    """What is fixed before the first step, and written into the sweep's index.

    Parameters
    ----------
    parts : tuple of (first, count)
        The runs of each part.
    save_every : int
        A state is saved at each multiple of it.
    rows : int
        Most states in a segment.
    """

    parts: tuple[tuple[int, int], ...]
    save_every: int
    rows: int


@dataclass(frozen=True)
class Segment:
    """A stretch of steps.

    Parameters
    ----------
    start, stop : int
        Made from the state after `start` steps, until `stop` are made.
    steps : tuple of int
        Ascending, in [start, stop]: the states held.  The last is `stop`; the first may be 0.
    """

    start: int
    stop: int
    steps: tuple[int, ...]


def plan_of(grid: Grid, runs: int, parts: Sequence[tuple[int, int]]) -> Plan:
    """Return the plan of a sweep cut into these parts."""
    largest = max(count for _, count in parts)
    every = grid.save_every or max(1, SAVED_WORK // (largest * dimension(grid)))
    return Plan(tuple(parts), every, max(1, SEGMENT_BYTES // (largest * row_bytes(grid))))


def parts_of(runs: int, number: int) -> tuple[tuple[int, int], ...]:
    """Return runs cut into parts as equal as can be, each as (first, count)."""
    bounds = [runs * i // number for i in range(number + 1)]
    return tuple((first, end - first) for first, end in pairwise(bounds))


def segments_of(steps: Sequence[int], plan: Plan) -> list[Segment]:
    """Return the stretches, in order.

    Parameters
    ----------
    steps : sequence of int
        To be recorded, ascending.
    plan : Plan
    """
    last = steps[-1]
    held = sorted({*steps, *range(plan.save_every, last, plan.save_every)})
    segments: list[Segment] = []
    rows: list[int] = []
    for step in held:
        rows.append(step)
        due = len(rows) >= plan.rows or (step > 0 and step % plan.save_every == 0)
        if due or step == last:
            segments.append(Segment(segments[-1].stop if segments else 0, step, tuple(rows)))
            rows = []
    return segments


def dimension(grid: Grid) -> int:
    """Return d."""
    problem = grid.problem
    return {"sparse_regression": lambda: int(problem["d"]), "regression": lambda: len(problem["X"][0])}.get(
        problem["kind"], lambda: 1
    )()


def samples(grid: Grid) -> int:
    """Return n."""
    problem = grid.problem
    return {"sparse_regression": lambda: int(problem["n"]), "regression": lambda: len(problem["y"])}.get(
        problem["kind"], lambda: 1
    )()


def itemsize(grid: Grid) -> int:
    """Return the bytes of a number as numpy holds it: bfloat16 travels in float32."""
    return np.dtype("float64" if grid.dtype == "float64" else "float32").itemsize


def row_bytes(grid: Grid) -> int:
    """Return the bytes of the state of one run at one step."""
    return len(state_names(grid.model)) * dimension(grid) * itemsize(grid)
