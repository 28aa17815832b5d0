"""Misimplementations of the order of things: buffers dropped, gradients stale, updates in place, rows off by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from oracle.diagnosis.evidence import start_positions
from oracle.diagnosis.variant import Attempt, Subject, Variant, with_method
from oracle.objectives import RoundedRegression
from oracle.replay import Moment, Recurrence
from oracle.rounding import RoundedArithmetic
from oracle.trace import Trace
from reference.case import Case
from reference.models import MODELS
from reference.state import State
from reference.trajectory import step_of

__all__ = ["SEQUENCES"]

ANYWHERE = ("everywhere", "steps")


def first_gradient_times(factor: Fraction) -> Callable[[Case, RoundedArithmetic], RoundedRegression]:
    """Return the objective whose gradient at step 0 is multiplied by a constant."""

    class OtherFirst(RoundedRegression):
        """The first gradient is scaled."""

        def gradient(self, position: Any, step: int = 0) -> Any:
            """Return ∇L, scaled at step 0."""
            found = super().gradient(position, step)
            return self.arithmetic.number(factor) * found if step == 0 else found

    return OtherFirst


def _first_gradient(factor: Callable[[Case], Fraction]) -> Callable[[Subject], Iterator[Attempt]]:
    def attempts(subject: Subject) -> Iterator[Attempt]:
        scaled = first_gradient_times(factor(subject.case))
        if factor(subject.case) != 1 and subject.case.model in MODELS and subject.case.model != "polynomial":
            yield Attempt.of(subject, recurrence=Recurrence(objective=scaled, shares_residual=False))

    return attempts


def _dampening(subject: Subject) -> Iterator[Attempt]:
    """Yield torch's dampening: every gradient but the first enters the buffer with a factor 1 − μ."""
    method = subject.case.method

    def step(moment: Moment) -> State:
        eta, mu = moment.coefficients
        share = moment.objective.arithmetic.number(1 - method.momentum)
        ahead = mu * moment.state.momentum if method.name == "nesterov" else None
        at = moment.state.position if ahead is None else moment.state.position + ahead
        descent = eta * moment.gradient(at)
        entering = descent if moment.k == 0 else share * descent
        momentum = mu * moment.state.momentum - entering
        if method.name == "nesterov_lookahead":
            return State(moment.state.position + mu * momentum - descent, momentum)
        return State(moment.state.position + momentum, momentum)

    if method.momentum and method.scales == "gradient":
        yield Attempt.of(subject, recurrence=Recurrence(step, shares_residual=False))


def _after_first(factor: int, subject: Subject) -> Iterator[Attempt]:
    """Yield the momentum multiplied by 0 or 2 after the first step, then the first gradient likewise."""
    make = step_of(subject.case)

    def step(moment: Moment) -> State:
        state = moment.state
        if moment.k == 1:
            state = State(
                state.position, moment.objective.arithmetic.number(Fraction(factor)) * state.momentum
            )
        reached: State = make(state, moment.gradient, moment.coefficients)
        return reached

    if subject.case.method.momentum:
        yield Attempt.of(subject, recurrence=Recurrence(step, shares_residual=False))
    yield from _first_gradient(lambda _: Fraction(factor))(subject)


def _stale(subject: Subject) -> Iterator[Attempt]:
    """Yield the gradient of one step earlier, at the position there or at its look-ahead point."""
    make = step_of(subject.case)

    def step(moment: Moment) -> State:
        if moment.before is None:  # a gap in the record: nothing stale is known there
            return make(moment.state, moment.gradient, moment.coefficients)

        def stale(position: Any) -> Any:
            shifted = position - moment.state.position + moment.before
            return moment.gradient(shifted if subject.case.method.name == "nesterov" else moment.before)

        reached: State = make(moment.state, stale, moment.coefficients)
        return reached

    def kept(moment: Moment) -> State:
        """Use the very gradient that the step before asked for, with its batch."""
        if moment.before is None:
            return make(moment.state, moment.gradient, moment.coefficients)
        at, earlier = moment.before, max(moment.k - 1, 0)
        if subject.case.method.name == "nesterov" and moment.momentum_before is not None:
            at = at + moment.coefficients.momentum * moment.momentum_before
        reached: State = make(moment.state, lambda _: moment.gradient(at, earlier), moment.coefficients)
        return reached

    for made in (step, kept):
        recurrence = Recurrence(made, shares_residual=False, lag=1)
        yield Attempt.of(subject, recurrence=recurrence, scopes=ANYWHERE)


def _position_first(subject: Subject) -> Iterator[Attempt]:
    """Yield β moved by the old momentum, before the momentum is updated."""

    def step(moment: Moment) -> State:
        eta, mu = moment.coefficients
        position, momentum = moment.state
        if moment.momentum_recorded or moment.k == 0:
            return State(position + momentum, mu * momentum - eta * moment.gradient(position))
        momentum = mu * momentum - eta * moment.gradient(moment.before, moment.k - 1)
        return State(position + momentum, momentum)

    if subject.case.method.name == "heavy_ball" and subject.case.method.scales == "gradient":
        yield Attempt.of(subject, recurrence=Recurrence(step, shares_residual=False))


def _in_place(first: int, subject: Subject) -> Iterator[Attempt]:
    """Yield one parameter updated before the other's gradient is taken."""
    if len(subject.case.init) != 2:
        return
    make = step_of(subject.case)

    def attempt(with_momentum: bool) -> Attempt:
        def step(moment: Moment) -> State:
            arithmetic, sizes = moment.objective.arithmetic, moment.objective.sizes
            early: State = make(moment.state, moment.gradient, moment.coefficients)
            halves = [arithmetic.split(part, sizes) for part in (*moment.state, *early)]
            position, momentum, moved, kicked = halves
            position[first] = moved[first]
            if with_momentum:
                momentum[first] = kicked[first]
            seen = State(arithmetic.join(position), arithmetic.join(momentum))
            late: State = make(seen, moment.gradient, moment.coefficients)
            after = [arithmetic.split(part, sizes) for part in late]
            after[0][first], after[1][first] = moved[first], kicked[first]
            return State(arithmetic.join(after[0]), arithmetic.join(after[1]))

        return Attempt.of(subject, recurrence=Recurrence(step, shares_residual=False))

    yield attempt(with_momentum=True)
    if subject.case.method.name == "nesterov":
        yield attempt(with_momentum=False)


def _shared_buffer(subject: Subject) -> Iterator[Attempt]:
    """Yield one buffer for both parameters: μ times what the other parameter left in it."""
    if (
        len(subject.case.init) != 2
        or not subject.case.method.momentum
        or subject.case.method.scales == "update"
    ):
        return
    method = subject.case.method.name

    def step(moment: Moment) -> State:
        arithmetic, sizes = moment.objective.arithmetic, moment.objective.sizes
        eta, mu = moment.coefficients
        shared = arithmetic.split(moment.state.momentum, sizes)[1]
        at = moment.state.position
        if method == "nesterov":
            at = at + mu * arithmetic.join([shared, shared])
        descents = arithmetic.split(eta * moment.gradient(at), sizes)
        first = mu * shared - descents[0]
        second = mu * first - descents[1]
        momentum = arithmetic.join([first, second])
        if method == "nesterov_lookahead":
            return State(moment.state.position + mu * momentum - arithmetic.join(descents), momentum)
        return State(moment.state.position + momentum, momentum)

    yield Attempt.of(subject, recurrence=Recurrence(step, shares_residual=False))


def _reset(subject: Subject) -> Iterator[Attempt]:
    """Yield steps that start without momentum."""
    make = step_of(subject.case)

    def step(moment: Moment) -> State:
        still = moment.objective.arithmetic.number(Fraction(0)) * moment.state.momentum
        reached: State = make(State(moment.state.position, still), moment.gradient, moment.coefficients)
        return reached

    if subject.case.method.momentum:
        recurrence = Recurrence(step, shares_residual=False)
        yield Attempt.of(subject, recurrence=recurrence, scopes=("steps",))


def _frozen(scopes: tuple[str, ...]) -> Callable[[Subject], Iterator[Attempt]]:
    """Return the attempts in which coordinates stay where they are, with or without their momentum."""

    def still(moment: Moment) -> State:
        return moment.state

    def attempts(subject: Subject) -> Iterator[Attempt]:
        make = step_of(subject.case)

        def momentum_goes_on(moment: Moment) -> State:
            reached: State = make(moment.state, moment.gradient, moment.coefficients)
            return State(moment.state.position, reached.momentum)

        for step in (still, momentum_goes_on):
            recurrence = Recurrence(step, shares_residual=False)
            yield Attempt.of(subject, recurrence=recurrence, scopes=scopes)

    return attempts


def _late(subject: Subject) -> Iterator[Attempt]:
    """Yield the record without its first row, every step one earlier."""
    trace = subject.trace
    if len(trace) > 1 and trace.steps[0] == 0:
        yield Attempt.of(subject, trace=_moved(trace, slice(1, None), -1), same_rows=False)


def _early(subject: Subject) -> Iterator[Attempt]:
    """Yield the record with the start before it, every step one later."""
    names = MODELS[subject.case.model].names
    start = start_positions(subject.case)[None]
    moved = _moved(subject.trace, slice(None), 1)
    if subject.trace.steps[0] != 0:
        return
    momenta = None
    if moved.momenta is not None:
        given = subject.case.method.p0
        zero = (Fraction(0),) * start.shape[1]
        first = [float(p) for name in names for p in given.get(name, zero[: len(subject.case.init[name])])]
        momenta = np.concatenate([[first], moved.momenta])
    trace = replace(
        moved,
        steps=np.concatenate([[0], moved.steps]),
        positions=np.concatenate([start, moved.positions]),
        momenta=momenta,
    )
    yield Attempt.of(subject, trace=trace, same_rows=False)


def _moved(trace: Trace, rows: slice, by: int) -> Trace:
    momenta = None if trace.momenta is None else trace.momenta[rows]
    return Trace(trace.steps[rows] + by, trace.positions[rows], momenta, {}, trace.names)


def _other_scales(scales: str) -> Callable[[Subject], Iterator[Attempt]]:
    """Return the attempts in which the step sizes of a schedule scale something else."""

    def attempts(subject: Subject) -> Iterator[Attempt]:
        method = subject.case.method
        defined = method.name in ("heavy_ball", "nesterov_lookahead")
        if defined and method.scales != scales and len(set(method.step_sizes)) > 1:
            yield Attempt.of(subject, case=with_method(subject.case, scales=scales))

    return attempts


def _other_start(change: Callable[[Fraction], Fraction]) -> Callable[[Subject], Iterator[Attempt]]:
    def attempts(subject: Subject) -> Iterator[Attempt]:
        given = subject.case.method.p0
        if any(any(values) for values in given.values()):
            p0 = {name: tuple(change(value) for value in values) for name, values in given.items()}
            yield Attempt.of(subject, case=with_method(subject.case, p0=p0))

    return attempts


SEQUENCES = (
    Variant(
        "dampening",
        "multiplies every gradient but the first by 1 − μ, as torch's `dampening=μ` does",
        "set `dampening` to 0",
        _dampening,
    ),
    Variant(
        "first_gradient_scaled",
        "multiplies the first gradient by 1 − μ",
        "let the first step be like any other: a buffer that starts from zero needs no special case",
        _first_gradient(lambda case: 1 - case.method.momentum),
    ),
    Variant(
        "first_buffer_dropped",
        "forgets what the first step left in the buffer",
        "store the buffer after the first step too",
        lambda subject: _after_first(0, subject),
    ),
    Variant(
        "first_buffer_doubled",
        "counts the first gradient twice",
        "a buffer initialised with the first gradient must not get it added again",
        lambda subject: _after_first(2, subject),
    ),
    Variant(
        "stale_gradient",
        "uses the gradient of one step earlier",
        "compute the gradient after the parameters have moved, in the same step that uses it",
        _stale,
    ),
    Variant(
        "position_before_momentum",
        "moves the position before it updates the momentum",
        "update p first, then add the new p to β",
        _position_first,
    ),
    Variant(
        "in_place_order",
        "updates the first parameter before it takes the second one's gradient",
        "take both gradients at the old state, then update",
        lambda subject: _in_place(0, subject),
    ),
    Variant(
        "in_place_order_reversed",
        "updates the second parameter before it takes the first one's gradient",
        "take both gradients at the old state, then update",
        lambda subject: _in_place(1, subject),
    ),
    Variant(
        "shared_buffer",
        "keeps one momentum buffer for both parameters",
        "give each parameter a buffer of its own",
        _shared_buffer,
    ),
    Variant(
        "momentum_reset",
        "loses its momentum at some steps",
        "keep the buffer between calls, launches, chunks and epochs",
        _reset,
    ),
    Variant(
        "nothing_updated",
        "never moves: it records its start at every step",
        "look whether the updated parameters are written back, and whether a copy is recorded in their place",
        _frozen(("everywhere",)),
    ),
    Variant(
        "coordinate_skipped",
        "leaves a coordinate where it was",
        "look at the index arithmetic and the mask of that coordinate",
        _frozen(("cells", "coordinates")),
    ),
    Variant(
        "last_tile_skipped",
        "never updates the last coordinates",
        "look at the number of tiles: it must be rounded up, and the last one masked",
        _frozen(("tail",)),
    ),
    Variant(
        "recorded_late",
        "records each state one step too late",
        "record after the update, with the step's own number",
        _late,
    ),
    Variant("recorded_early", "records each state one step too early", "record the start as step 0", _early),
    Variant(
        "initial_momentum_ignored",
        "starts without the initial momentum",
        "load p0 into the buffer (b0 = −p0/η in the buffer form)",
        _other_start(lambda _: Fraction(0)),
    ),
    Variant(
        "initial_momentum_negated",
        "starts with the initial momentum's sign changed",
        "p0 moves β by +p; a buffer holds b0 = −p0/η",
        _other_start(lambda value: -value),
    ),
    Variant(
        "step_size_outside_buffer",
        "multiplies the whole update by the scheduled step size, as torch does: a change of η acts on the momentum too",
        'ask for `"schedule_scales": "update"`, or multiply the gradient by η before it enters the momentum',
        _other_scales("update"),
    ),
    Variant(
        "step_size_inside_buffer",
        "multiplies the gradient by the scheduled step size before it enters the momentum",
        'ask for `"schedule_scales": "gradient"`, or keep η out of the buffer and multiply the update by it',
        _other_scales("gradient"),
    ),
)
