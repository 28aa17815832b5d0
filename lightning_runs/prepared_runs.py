"""Tasks made ready for a kernel: what the race times is the steps and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lightning_runs.kernels.interface import Kernel, Loop
from lightning_runs.run_batch import RunBatch, batch_of
from lightning_runs.tasks import check_task, groups_of
from oracle.records.candidate import Array, CandidateTask

__all__ = ["PreparedRuns"]


class PreparedRuns:
    """A callable that makes the runs from step 0, again at each call.

    Parameters
    ----------
    kernel : Kernel
    tasks : sequence of CandidateTask
    threads : int

    Raises
    ------
    TaskError
        If a task cannot be run.
    KernelError
        If the kernel does not run it.
    """

    def __init__(self, kernel: Kernel, tasks: Sequence[CandidateTask], threads: int = 1) -> None:
        for task in tasks:
            check_task(task, kernel.methods, kernel.dtypes, getattr(kernel, "schedules", ()))
        self.tasks = tasks
        self.groups = groups_of(tasks)
        self.batches = [batch_of([tasks[i] for i in group]) for group in self.groups]
        self.loops = [kernel.prepare(batch, threads) for batch in self.batches]

    def __call__(self) -> list[dict[str, Array]]:
        """Return what each task recorded at its steps: the parameters and their momenta."""
        results: dict[int, dict[str, Array]] = {}
        for group, batch, loop in zip(self.groups, self.batches, self.loops, strict=True):
            tasks = [self.tasks[i] for i in group]
            results.update(zip(group, _recorded(loop, batch, tasks), strict=True))
        return [results[i] for i in range(len(self.tasks))]


def _recorded(loop: Loop, batch: RunBatch, tasks: Sequence[CandidateTask]) -> list[dict[str, Array]]:
    steps = sorted({int(step) for task in tasks for step in task.steps})
    after = [step for step in steps if step > 0]
    as_in_a_race = all(list(task.steps) == after for task in tasks)
    loop.restore(0, batch.start)
    # as the loop holds it: β + μ p in bfloat16 is rounded once more
    start = {} if as_in_a_race else loop.state()
    kept = loop.advance(steps[-1], after)
    if as_in_a_race:  # views, not copies
        return [{name: array[:, run] for name, array in kept.items()} for run in range(len(tasks))]
    slots = {step: slot for slot, step in enumerate([0, *after])}
    states = {name: np.concatenate([start[name][None], array]) for name, array in kept.items()}
    rows = [[slots[int(step)] for step in task.steps] for task in tasks]
    return [{name: array[rows[run], run] for name, array in states.items()} for run in range(len(tasks))]
