"""Make a sweep, or go on with one: the kernel's loop, a segment at a time, each saved before the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from lightning_runs.kernels.interface import Kernel, Loop
from lightning_runs.run_batch import RunBatch, batch_of
from lightning_runs.sweeps.kernel_choice import chosen_kernel
from lightning_runs.sweeps.plan import Segment
from lightning_runs.sweeps.sweep import Sweep, versions_now
from lightning_runs.sweeps.sweep_error import SweepError
from lightning_runs.tasks import check_task
from oracle.records.candidate import Array

__all__ = ["make"]


def make(sweep: Sweep, advanced: Callable[[int], None] = lambda steps: None) -> None:
    """Make what is not there yet; what is there is verified first, all of it.

    Parameters
    ----------
    sweep : Sweep
    advanced : callable
        Told the run-steps as they are done, those of earlier processes included.

    Raises
    ------
    SweepError
        If another process is at work, or other versions or another processor began the sweep.
    DamagedRecordError, MissingRecordError
        If anything there is not as it was written.
    """
    sweep.directory.create()
    with sweep.directory.locked():
        done = [sweep.directory.segments(part) for part in range(len(sweep.plan.parts))]
        for part, (_, count) in enumerate(sweep.plan.parts):
            advanced(count * sum(s.stop - s.start for s in sweep.segments[: done[part]]))
        if any(count < len(sweep.segments) for count in done):
            _check_versions(sweep)
        for part, begun in enumerate(done):
            if begun < len(sweep.segments):
                _make_part(sweep, part, begun, advanced)


def _make_part(sweep: Sweep, part: int, begun: int, advanced: Callable[[int], None]) -> None:
    """Make the segments of a part from the first that is missing."""
    kernel = chosen_kernel(sweep.kernel, sweep.grid)
    batch = _batch(sweep, part, kernel)
    loop = kernel.prepare(batch, sweep.threads)
    if begun:
        last = sweep.segments[begun - 1]
        held = sweep.directory.read_segment(part, begun - 1, last)
        loop.restore(last.stop, {name: held[name][-1] for name in batch.start})
    for number in range(begun, len(sweep.segments)):
        segment = sweep.segments[number]
        sweep.directory.write_segment(part, number, _advanced(loop, batch, segment))
        advanced(len(batch) * (segment.stop - segment.start))


def _advanced(loop: Loop, batch: RunBatch, segment: Segment) -> dict[str, Array]:
    """Return ``steps`` and the states of a segment, shape (steps, runs, d)."""
    later = [step for step in segment.steps if step > 0]
    states: Mapping[str, Array] = {name: start[None] for name, start in batch.start.items()}
    if later:
        with np.errstate(over="ignore", invalid="ignore"):  # a run may diverge; that is a result
            made = loop.advance(segment.stop, later)
        begins = len(later) < len(segment.steps)
        states = {n: np.concatenate([states[n], made[n]]) if begins else made[n] for n in states}
    return {"steps": np.array(segment.steps, dtype=np.int64), **states}


def _batch(sweep: Sweep, part: int, kernel: Kernel) -> RunBatch:
    tasks = sweep.tasks(sweep.part_points(part))
    for task in tasks:
        check_task(task, kernel.methods, kernel.dtypes)
    return batch_of(tasks)


def _check_versions(sweep: Sweep) -> None:
    began, now = sweep.directory.settings["versions"], versions_now()
    if differ := [
        f"{k} {began.get(k)} then, {now.get(k)} now"
        for k in sorted({*began, *now})
        if began.get(k) != now.get(k)
    ]:
        raise SweepError(
            f"the sweep in `{sweep.directory.path}` was begun elsewhere or otherwise ({'; '.join(differ)}), and its "
            "runs would not be of one piece; go on there and with those versions, or begin anew in another directory"
        )
