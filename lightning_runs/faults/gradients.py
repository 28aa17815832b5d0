"""The gradient is right, and what is done with it is not: scaled, turned round, stale, or taken elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from lightning_runs.faults.coefficients import with_step_size
from lightning_runs.faults.conditions import always, has_momentum, of_method, two_parameters
from lightning_runs.faults.fault import Fault, stepping
from lightning_runs.faults.kernel_run import KernelRun, Parts, State

__all__ = ["GRADIENTS"]

DECAY = 1 / 16


def _scaled(own: KernelRun, descents: Parts) -> Parts:
    """Return the descents times 1 − μ."""
    share = own.number(1) - own.mu
    return own.values([share * down for down in own.numbers(descents)])


@stepping(has_momentum)
def dampening(own: KernelRun, past: Sequence[State], k: int) -> State:
    """Let every gradient but the first enter the buffer times 1 − μ, as with torch's `dampening`."""
    now = past[-1]
    if k == 0:
        return own.step(now, k)
    descents = own.descents(own.asked(now), k)
    after = own.updated(now, _scaled(own, descents))
    if own.method != "nesterov_lookahead":
        return after
    # the look-ahead takes the gradient itself, and only the buffer is dampened
    numbers = zip(own.numbers(now.w), own.numbers(after.p), own.numbers(descents), strict=True)
    return State(own.values([y + own.mu * p - down for y, p, down in numbers]), after.p)


@stepping(has_momentum)
def first_gradient_scaled(own: KernelRun, past: Sequence[State], k: int) -> State:
    """Take the first gradient times 1 − μ."""
    now = past[-1]
    return own.updated(now, _scaled(own, own.descents(own.asked(now), k))) if k == 0 else own.step(now, k)


@stepping(always, "first_buffer_doubled")
def first_gradient_doubled(own: KernelRun, past: Sequence[State], k: int) -> State:
    """Count the first gradient twice."""
    run = own.of(lambda task: with_step_size(task, Fraction(2)), "twice") if k == 0 else own
    return run.step(past[-1], k)


@stepping(always)
def gradient_ascent(own: KernelRun, past: Sequence[State], k: int) -> State:
    """Climb: take the gradient with the other sign."""
    now = past[-1]
    return own.updated(now, tuple(-down for down in own.descents(own.asked(now), k)))


@stepping(two_parameters)
def second_gradient_sign(own: KernelRun, past: Sequence[State], k: int) -> State:
    """Take the second parameter's gradient with the other sign."""
    first, second = own.descents(own.asked(past[-1]), k)
    return own.updated(past[-1], (first, -second))


@stepping(two_parameters)
def parameters_swapped(own: KernelRun, past: Sequence[State], k: int) -> State:
    """Give each parameter the gradient of the other."""
    first, second = own.descents(own.asked(past[-1]), k)
    return own.updated(past[-1], (second, first))


@stepping(always)
def stale_gradient(own: KernelRun, past: Sequence[State], k: int) -> State:
    """Take the gradient at the position of one step earlier, from the second step on."""
    now, before = past[-1], past[-2] if k else past[-1]
    return own.updated(now, own.descents(own.asked(State(before.w, now.p)), k))


@stepping(lambda task, _: not len(task.method.step_sizes), "stale_gradient")
def gradient_one_call_old(own: KernelRun, past: Sequence[State], k: int) -> State:
    """Take the very gradient that was due a step earlier, its batch included, from the second step on."""
    now, before = past[-1], past[-2] if k else past[-1]
    return own.updated(now, own.descents(own.asked(before), max(k - 1, 0)))


@stepping(lambda task, declared: of_method("nesterov")(task, declared) and has_momentum(task, declared))
def gradient_at_full_momentum(own: KernelRun, past: Sequence[State], k: int) -> State:
    """Ask for the gradient at β + p, not at β + μ p."""
    now = past[-1]
    points = own.values([w + p for w, p in zip(own.numbers(now.w), own.numbers(now.p), strict=True)])
    return own.updated(now, own.descents(points, k))


@stepping(always)
def weight_decay(own: KernelRun, past: Sequence[State], k: int) -> State:
    """Add λβ to the gradient."""
    now, rate = past[-1], own.eta(k) * own.number(DECAY)
    descents = own.numbers(own.descents(own.asked(now), k))
    decayed = [down + rate * w for w, down in zip(own.numbers(now.w), descents, strict=True)]
    return own.updated(now, own.values(decayed))


@stepping(has_momentum)
def decoupled_weight_decay(own: KernelRun, past: Sequence[State], k: int) -> State:
    """Shrink the parameters by ηλ of themselves at every step, beside the momentum."""
    now, rate = past[-1], own.eta(k) * own.number(DECAY)
    after = own.step(now, k)
    shrunk = [moved - rate * w for w, moved in zip(own.numbers(now.w), own.numbers(after.w), strict=True)]
    return State(own.values(shrunk), after.p)


def _in_place(own: KernelRun, now: State, order: Sequence[int], k: int) -> State:
    """Make the step of one parameter after the other, each from what the one before has left."""
    for part in order:
        now = now.taking(part, own.step(now, k))
    return now


@stepping(two_parameters)
def in_place_order(own: KernelRun, past: Sequence[State], k: int) -> State:
    """Update the first parameter before the second one's gradient is taken."""
    return _in_place(own, past[-1], (0, 1), k)


@stepping(two_parameters)
def in_place_order_reversed(own: KernelRun, past: Sequence[State], k: int) -> State:
    """Update the second parameter before the first one's gradient is taken."""
    return _in_place(own, past[-1], (1, 0), k)


GRADIENTS: tuple[Fault, ...] = (
    dampening,
    first_gradient_scaled,
    first_gradient_doubled,
    gradient_ascent,
    second_gradient_sign,
    parameters_swapped,
    stale_gradient,
    gradient_one_call_old,
    gradient_at_full_momentum,
    weight_decay,
    decoupled_weight_decay,
    in_place_order,
    in_place_order_reversed,
)
