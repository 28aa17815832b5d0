"""Tasks made ready for a peer: grouped, packed, and cut again into one mapping a task."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lightning_runs.kernels.grouped import data_and_method
from lightning_runs.kernels.interface import KernelError
from lightning_runs.run_batch import Rows, RunBatch, batch_of, split
from lightning_runs.tasks import groups_of
from oracle.records.candidate import Array, CandidateTask

__all__ = ["Make", "PreparedPeer", "Run", "whole_data"]

Run = Callable[[], Mapping[str, Array]]
"""Makes the runs of a batch from step 0; state name to array of shape (wanted steps, runs, d)."""

Make = Callable[[RunBatch, Sequence[int]], Run]
"""Prepares a batch with one data set and one method for its wanted steps, ascending and above 0."""


@dataclass(frozen=True, eq=False)
class _Part:
    """Tasks that go together: their positions, their batch, the steps any of them wants."""

    positions: Sequence[int]
    batch: RunBatch
    wanted: Sequence[int]
    run: Run


class PreparedPeer:
    """A callable that makes the runs from step 0, again at each call.

    Parameters
    ----------
    make : Make
    tasks : sequence of CandidateTask
        Each checked by `tasks.check_task`.
    one_rate : bool
        Whether runs that go together must share η and μ.
    """

    def __init__(self, make: Make, tasks: Sequence[CandidateTask], one_rate: bool) -> None:
        self.tasks = tasks
        self.parts = []
        for group in groups_of(tasks):
            batch = batch_of([tasks[i] for i in group])
            for runs in split(batch, _rate_key if one_rate else data_and_method):
                positions = [group[int(run)] for run in runs]
                wanted = sorted({int(step) for i in positions for step in tasks[i].steps} - {0})
                chosen = batch.chosen(runs)
                self.parts.append(_Part(positions, chosen, wanted, make(chosen, wanted)))

    def __call__(self) -> list[dict[str, Array]]:
        """Return what each task recorded at its steps."""
        results: dict[int, dict[str, Array]] = {}
        for part in self.parts:
            tasks = [self.tasks[i] for i in part.positions]
            results.update(zip(part.positions, _cut(part, part.run(), tasks), strict=True))
        return [results[i] for i in range(len(self.tasks))]


def whole_data(batch: RunBatch, peer: str) -> Rows:
    """Return the rows of a batch whose every step takes all samples.

    Raises
    ------
    KernelError
        If the runs have mini-batches.
    """
    cycle = batch.cycles[0]
    if len(cycle) > 1:
        raise KernelError(
            f"`{peer}` takes all samples at every step; got a cycle of {len(cycle)} batches: leave `batches` "
            "out, or race `sgd_for_loop`"
        )
    return cycle[0]


def _cut(part: _Part, kept: Mapping[str, Array], tasks: Sequence[CandidateTask]) -> list[dict[str, Array]]:
    """Return each task's rows: views where it wants every kept step, as in a race."""
    if all(list(task.steps) == part.wanted for task in tasks):
        return [{name: array[:, run] for name, array in kept.items()} for run in range(len(tasks))]
    slots = {step: slot for slot, step in enumerate([0, *part.wanted])}
    states = {name: np.concatenate([part.batch.start[name][None], array]) for name, array in kept.items()}
    rows = [[slots[int(step)] for step in task.steps] for task in tasks]
    return [{name: array[rows[run], run] for name, array in states.items()} for run in range(len(tasks))]


def _rate_key(batch: RunBatch, run: int) -> Hashable:
    return data_and_method(batch, run), float(batch.step_size[run]), float(batch.momentum[run])
