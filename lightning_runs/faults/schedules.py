"""The step size of a schedule on the wrong side of the momentum."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lightning_runs.faults.conditions import all_of, has_momentum, of_method
from lightning_runs.faults.fault import Fault, stepping
from lightning_runs.faults.kernel_run import KernelRun, State
from oracle.records.candidate import CandidateTask, Declaration

__all__ = ["SCHEDULES", "step_size_changes"]


def step_size_changes(task: CandidateTask, _declaration: Declaration) -> bool:
    """Return whether there is a schedule of different step sizes."""
    return len(np.unique(np.asarray(task.method.step_sizes))) > 1


def _scales_gradient(task: CandidateTask, _declaration: Declaration) -> bool:
    return task.method.scales == "gradient"


@stepping(
    all_of(has_momentum, of_method("heavy_ball", "nesterov_lookahead"), step_size_changes, _scales_gradient)
)
def step_size_outside_buffer(own: KernelRun, past: Sequence[State], k: int) -> State:
    """Scale the buffer of gradients by η_k: the moves obey m₊ = (η_k/η_{k−1}) μ m − η_k g."""
    now = past[-1]
    if k == 0:
        return own.step(now, k)
    ratio = own.number(own.eta(k).values / own.eta(k - 1).values)
    rescaled = own.values([ratio * p for p in own.numbers(now.p)])
    return own.step(State(now.w, rescaled), k)


SCHEDULES: tuple[Fault, ...] = (step_size_outside_buffer,)
