"""The momentum is lost, counted twice, shared, or used before its time."""

from __future__ import annotations

from collections.abc import Sequence

from lightning_runs.faults.conditions import all_of, has_momentum, of_method, two_parameters
from lightning_runs.faults.fault import Fault, stepping
from lightning_runs.faults.kernel_run import KernelRun, State

__all__ = ["MOMENTA"]

RESET_EVERY = 5


@stepping(has_momentum, "first_buffer_dropped", "momentum_reset")
def first_buffer_dropped(own: KernelRun, past: Sequence[State], k: int) -> State:
    """Start the second step without the momentum that the first one left."""
    return own.step(past[-1].without_momentum() if k == 1 else past[-1], k)


@stepping(has_momentum)
def first_buffer_doubled(own: KernelRun, past: Sequence[State], k: int) -> State:
    """Start the second step with twice the momentum that the first one left."""
    now = past[-1]
    return own.step(State(now.w, tuple(2 * p for p in now.p)) if k == 1 else now, k)


@stepping(has_momentum)
def momentum_reset(own: KernelRun, past: Sequence[State], k: int) -> State:
    """Start every fifth step without momentum."""
    resets = k % RESET_EVERY == RESET_EVERY - 1
    return own.step(past[-1].without_momentum() if resets else past[-1], k)


@stepping(all_of(has_momentum, of_method("heavy_ball")))
def position_before_momentum(own: KernelRun, past: Sequence[State], k: int) -> State:
    """Move β by the old momentum, and then update the momentum."""
    now = past[-1]
    moved = [w + p for w, p in zip(own.numbers(now.w), own.numbers(now.p), strict=True)]
    return State(own.values(moved), own.step(now, k).p)


@stepping(all_of(has_momentum, two_parameters))
def shared_buffer(own: KernelRun, past: Sequence[State], k: int) -> State:
    """Keep one momentum buffer for both parameters, updated for the one and then for the other."""
    w, (_, left) = past[-1].w, past[-1].p
    descents = own.descents(own.asked(State(w, (left, left))), k)
    first = own.updated(State(w, (left, left)), descents)
    second = own.updated(State(w, (first.p[0], first.p[0])), descents)
    return first.taking(1, second)


MOMENTA: tuple[Fault, ...] = (
    first_buffer_dropped,
    first_buffer_doubled,
    momentum_reset,
    position_before_momentum,
    shared_buffer,
)
