"""Misimplementations with one unknown number, which is read off the record.

Each family is an attempt that depends on a number t.  Let ρ(t) be the residuals of its replay and d = −∂ρ/∂t, by a
difference; t ← t + ⟨ρ, d⟩/⟨d, d⟩ is repeated until it stands.  Every recorded number then confines t to the
interval in which its residual stays within the bound of the step; a family explains a record if all these
intervals have a point in common, and it is not the number that was asked for.

=======================  ========================================
family                   the step
=======================  ========================================
step_size_differs        t for η
momentum_differs         t for μ
weight_decay             ∇L + tβ for ∇L, β where the gradient is asked for or where the run stands
decoupled_weight_decay   β ← β − ηtβ + p
=======================  ========================================
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from oracle.diagnosis.variant import Attempt, Subject, with_method
from oracle.error_free import Floats
from oracle.objectives import RoundedRegression
from oracle.replay import Moment, Recurrence, replay
from oracle.residuals import Comparison, Rows, stacked
from oracle.rounding import RoundedArithmetic
from reference.case import Case, Regression
from reference.state import State
from reference.trajectory import step_of

__all__ = ["FAMILIES", "Family", "Interval", "common_interval"]

ROUNDS = 6  # of the search for t; it is linear, or nearly so
STEP = 2.0**-12  # of the difference, relative to t
Made = Callable[[Subject, float], Attempt]


@dataclass(frozen=True)
class Interval:
    """The values of t that explain a record; empty where low > high."""

    low: float
    high: float

    @property
    def empty(self) -> bool:
        """Whether no value explains the record."""
        return not self.low <= self.high

    @property
    def middle(self) -> float:
        """The value in the middle."""
        return (self.low + self.high) / 2


NOTHING = Interval(1.0, -1.0)


@dataclass(frozen=True)
class Family:
    """A misimplementation with one unknown number.

    Parameters
    ----------
    name, sentence, remedy : str
        The sentence has a place ``{t}`` for the number.
    made : callable
        Of a subject: functions of (subject, t), each a way to make the family precise.
    first : callable
        Of a subject: the t that was asked for, where the search begins, and a scale for it.
    """

    name: str
    sentence: str
    remedy: str
    made: Callable[[Subject], Sequence[Made]]
    first: Callable[[Subject], tuple[float, float]]


def common_interval(subject: Subject, family: Family, make: Made, few: Rows, rows: Rows) -> Interval:
    """Return the t that every number of the given rows allows.

    Parameters
    ----------
    subject : Subject
    family : Family
    make : callable
        One of `family.made`.
    few, rows : int64
        Rows of the trace by which t is found, and which it must explain.
    """
    asked, scale = family.first(subject)
    t = asked
    with np.errstate(all="ignore"):
        for _ in range(ROUNDS):
            here, direction = _linear(subject, make, t, scale, few)
            moved = t + float(np.vdot(here.residual, direction) / np.vdot(direction, direction))
            if not np.isfinite(moved):
                return NOTHING
            t, before = moved, t
            if abs(t - before) <= 1e-14 * abs(t):
                break
        if _intersection(*_linear(subject, make, t, scale, few), t).empty:
            return NOTHING
        found = _intersection(*_linear(subject, make, t, scale, rows), t)
    return NOTHING if found.low <= asked <= found.high else found


def _linear(subject: Subject, make: Made, t: float, scale: float, rows: Rows) -> tuple[Comparison, Floats]:
    """Return the replay at t and what a unit of t adds to its positions."""
    step = STEP * max(abs(t), scale)
    here, there = (_replayed(make(subject, value), rows) for value in (t, t + step))
    direction: Floats = ((there.expected - here.expected).hi) / step
    return here, direction


def _replayed(attempt: Attempt, rows: Rows) -> Comparison:
    """Return positions, and below them the momenta where they are recorded."""
    found = replay(attempt.case, attempt.declaration, attempt.trace, attempt.recurrence, rows)
    return found.position if found.momentum is None else stacked([found.position, found.momentum])


def _intersection(here: Comparison, direction: Floats, t: float) -> Interval:
    residual, bound = here.residual, here.bound
    telling = (direction != 0) & np.isfinite(residual) & np.isfinite(bound)
    if (~telling & ~(np.abs(residual) <= bound)).any() or not telling.any():
        return NOTHING
    first, second = (
        (residual - bound)[telling] / direction[telling],
        (residual + bound)[telling] / direction[telling],
    )
    return Interval(t + float(np.minimum(first, second).max()), t + float(np.maximum(first, second).min()))


def _fraction(value: float) -> Fraction:
    return Fraction(value) if np.isfinite(value) else Fraction(0)


def _coefficient(field: str) -> Made:
    def make(subject: Subject, t: float) -> Attempt:
        case = with_method(subject.case, **{field: _fraction(t) or Fraction(1, 2**200)})
        return Attempt.of(subject, case=case)

    return make


def _decay(where: str) -> Made:
    """Return weight decay at the point of the gradient (``there``) or at the position (``here``)."""

    def make(subject: Subject, t: float) -> Attempt:
        def objective(case: Case, arithmetic: RoundedArithmetic) -> RoundedRegression:
            return _Decaying(case, arithmetic, _fraction(t))

        def step(moment: Moment) -> State:
            decay = moment.objective.arithmetic.number(_fraction(t)) * moment.state.position
            return step_of(subject.case)(
                moment.state, lambda position: moment.gradient(position) + decay, moment.coefficients
            )

        if where == "here":
            return Attempt.of(subject, recurrence=Recurrence(step, shares_residual=False))
        return Attempt.of(subject, recurrence=Recurrence(objective=objective, shares_residual=False))

    return make


class _Decaying(RoundedRegression):
    """∇L + λβ at whatever point is asked for."""

    def __init__(self, case: Case, arithmetic: RoundedArithmetic, decay: Fraction) -> None:
        super().__init__(case, arithmetic)
        self.decay = arithmetic.number(decay)

    def gradient(self, position: Any, step: int = 0) -> Any:
        """Return ∇L(β) + λβ."""
        return super().gradient(position, step) + self.decay * position


def _decoupled(subject: Subject, t: float) -> Attempt:
    method = subject.case.method
    share = 1 / method.momentum if method.name == "nesterov_lookahead" and method.momentum else Fraction(1)

    def step(moment: Moment) -> State:
        number = moment.objective.arithmetic.number
        shrink = moment.coefficients.step_size * number(_fraction(t))
        position, momentum = moment.state
        if (
            moment.k > 0 and moment.before is not None and not moment.momentum_recorded
        ):  # β_k − β_{k−1} holds the shrinking of the step before
            momentum = momentum + number(share) * (shrink * moment.before)
        reached = step_of(subject.case)(State(position, momentum), moment.gradient, moment.coefficients)
        return State(reached.position - shrink * position, reached.momentum)

    return Attempt.of(subject, recurrence=Recurrence(step, shares_residual=False))


def _decays(subject: Subject) -> Sequence[Made]:
    if not isinstance(subject.case.problem, Regression):
        return ()
    return (_decay("there"), _decay("here")) if subject.case.method.name == "nesterov" else (_decay("there"),)


def _given(field: str) -> Callable[[Subject], tuple[float, float]]:
    def first(subject: Subject) -> tuple[float, float]:
        value = float(getattr(subject.case.method, field))
        return value, value

    return first


FAMILIES = (
    Family(
        "step_size_differs",
        "steps as if η were {t}",
        "look which η reaches the kernel, and what the gradient is multiplied by",
        lambda _subject: (_coefficient("step_size"),),
        _given("step_size"),
    ),
    Family(
        "momentum_differs",
        "steps as if μ were {t}",
        "look which μ reaches the kernel",
        lambda subject: (_coefficient("momentum"),) if subject.case.method.momentum else (),
        _given("momentum"),
    ),
    Family(
        "weight_decay",
        "adds a weight decay λβ to the gradient, λ = {t}",
        "set `weight_decay` to 0: the spec's loss has none",
        _decays,
        lambda _subject: (0.0, 1.0),
    ),
    Family(
        "decoupled_weight_decay",
        "shrinks the parameters at every step (decoupled weight decay), λ = {t}",
        "set `weight_decay` to 0: the spec's loss has none",
        lambda subject: (_decoupled,) if subject.case.method.scales == "gradient" else (),
        lambda _subject: (0.0, 1.0),
    ),
)
