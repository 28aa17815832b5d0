"""Coordinates, columns, batches and rows of the record that are skipped, or taken for others."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from lightning_runs.faults.coefficients import with_method, with_problem, with_step_size
from lightning_runs.faults.conditions import always, has_batches, has_several
from lightning_runs.faults.fault import Fault, asking, stepping
from lightning_runs.faults.kernel_run import KernelRun, Parts, State
from lightning_runs.faults.written_out import written_out
from lightning_runs.tasks import MEAN_FORM
from oracle.records.candidate import CandidateTask, Declaration

__all__ = ["PLACES"]

TILE = 4


def _tail(d: int) -> int:
    """Return how many of d coordinates lie in the last tile; one where there is but one tile."""
    return (d - 1) % TILE + 1 if d > TILE else 1


def _mixed(moved: Parts, stayed: Parts, chosen: slice) -> Parts:
    """Return arrays that moved, but for some of their coordinates."""
    parts = tuple(part.copy() for part in moved)
    for part, old in zip(parts, stayed, strict=True):
        part[chosen] = old[chosen]
    return parts


@stepping(always)
def coordinate_skipped(own: KernelRun, past: Sequence[State], k: int) -> State:
    """Never update the first coordinate of the first parameter."""
    now, after = past[-1], own.step(past[-1], k)
    first = State(_mixed(after.w, now.w, slice(0, 1)), _mixed(after.p, now.p, slice(0, 1)))
    return after.taking(0, first)


@stepping(lambda task, _: max(task.steps) > LATE, "coordinate_skipped")
def coordinate_skipped_once(own: KernelRun, past: Sequence[State], k: int) -> State:
    """Leave one coordinate of the first parameter where it is at one step, its momentum updated."""
    now, after = past[-1], own.step(past[-1], k)
    middle = now.w[0].size // 2
    skipped = State(_mixed(after.w, now.w, slice(middle, middle + 1)), after.p)
    return after.taking(0, skipped) if k == LATE else after


LATE = 7


@stepping(always)
def nothing_updated(own: KernelRun, past: Sequence[State], k: int) -> State:
    """Make every step and write none of it back."""
    own.step(past[-1], k)
    return past[-1]


@stepping(has_several("coordinates"))
def last_tile_skipped(own: KernelRun, past: Sequence[State], k: int) -> State:
    """Never update the last tile of coordinates."""
    now, after = past[-1], own.step(past[-1], k)
    tail = slice(-_tail(now.w[0].size), None)
    return State(_mixed(after.w, now.w, tail), _mixed(after.p, now.p, tail))


@stepping(has_several("coordinates"))
def last_column_skipped(own: KernelRun, past: Sequence[State], k: int) -> State:
    """Leave the last tile of columns out of Xθ."""
    columns = own.task.problem.X.shape[1]
    return written_out(own, past[-1], k, columns=columns - _tail(columns))


@asking(always)
def uninitialised_tail(task: CandidateTask) -> CandidateTask:
    """Start the last tile of coordinates from something else."""
    init = {name: start.copy() for name, start in task.problem.init.items()}
    for start in init.values():
        tail = slice(-_tail(start.size), None)
        start[tail] = np.where(start[tail] == 0.25, 0.5, 0.25)
    return with_problem(task, init=init)


@asking(lambda task, _: list(map(tuple, task.method.batches)) != list(map(tuple, task.method.batches[::-1])))
def batches_reversed(task: CandidateTask) -> CandidateTask:
    """Take the batches in reverse order."""
    return with_method(task, batches=task.method.batches[::-1])


@asking(has_batches)
def batches_shifted(task: CandidateTask) -> CandidateTask:
    """Be one batch ahead."""
    return with_method(task, batches=[*task.method.batches[1:], task.method.batches[0]])


@asking(has_batches)
def first_batch_only(task: CandidateTask) -> CandidateTask:
    """Take the first batch at every step."""
    return with_method(task, batches=task.method.batches[:1])


@asking(has_batches)
def batches_ignored(task: CandidateTask) -> CandidateTask:
    """Take all samples at every step."""
    loss = MEAN_FORM.get(task.problem.loss, task.problem.loss)
    return with_problem(with_method(task, batches=[]), loss=loss)


def _some_are_smaller(task: CandidateTask, _declaration: Declaration) -> bool:
    return any(len(batch) != len(task.problem.y) for batch in task.method.batches)


@stepping(_some_are_smaller)
def batches_averaged_over_all(own: KernelRun, past: Sequence[State], k: int) -> State:
    """Divide a batch's sum by the number of all samples."""
    batches = own.task.method.batches
    share = Fraction(len(batches[k % len(batches)]), len(own.task.problem.y))
    return own.of(lambda task: with_step_size(task, share), str(share)).step(past[-1], k)


def _shown(name: str, sentence: str, by: int) -> Fault:
    return Fault(name, sentence, always, frozenset({name}), shown=lambda step: max(step + by, 0))


recorded_late = _shown("recorded_late", "Record the state of each step as that of the next.", -1)
recorded_early = _shown("recorded_early", "Record the state of each step as that of the step before.", 1)

PLACES: tuple[Fault, ...] = (
    coordinate_skipped,
    coordinate_skipped_once,
    nothing_updated,
    last_tile_skipped,
    last_column_skipped,
    uninitialised_tail,
    batches_reversed,
    batches_shifted,
    first_batch_only,
    batches_ignored,
    batches_averaged_over_all,
    recorded_late,
    recorded_early,
)
