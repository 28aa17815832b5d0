"""Misimplementations with one unknown number: its value is read off the record, as an interval.

A family's step is β_{k+1} = base + t·direction with one t for all steps and coordinates.  Every recorded
number confines t to the interval in which its residual stays within the bound of the right step; a
family explains a record if all these intervals have a point in common.  The bound is taken twice: the family's
own operations round too.

=======================  =======================================  =====================================
family                   the step                                 direction
=======================  =======================================  =====================================
step_size_differs        η + t for η                              −∇L
momentum_differs         μ + t for μ                              p
weight_decay             g + λβ for g, t = λ                      −ηβ
decoupled_weight_decay   β ← (1 − ηλ)β + p, t = λ                 −η(β_k − μβ_{k−1}), −ηβ_0 first
=======================  =======================================  =====================================
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from oracle.diagnosis.variant import Subject
from oracle.error_free import Floats
from oracle.replay import Moment, Recurrence, Replay, Rows, replay
from oracle.rounding import RoundedArray
from reference.methods import METHODS
from reference.state import State

__all__ = ["FAMILIES", "Family", "Interval", "common_interval"]


@dataclass(frozen=True)
class Interval:
    """The values of t that explain a record; empty where low > high."""

    low: float
    high: float

    @property
    def middle(self) -> float:
        """The value in the middle."""
        return (self.low + self.high) / 2


@dataclass(frozen=True)
class Family:
    """A misimplementation with one unknown number.

    Parameters
    ----------
    name, sentence, remedy : str
        The sentence has a place ``{t}`` for the number.
    direction : callable
        Of a moment: ∂β_{k+1}/∂t, shape (R, D).
    applies : callable
    value : callable
        Of subject and t: the number to show.
    """

    name: str
    sentence: str
    remedy: str
    direction: Callable[[Moment], RoundedArray]
    applies: Callable[[Subject], bool]
    value: Callable[[Subject, float], float]


def common_interval(subject: Subject, family: Family, base: Replay, targets: Rows) -> Interval:
    """Return the t that every number of the given rows allows.

    Parameters
    ----------
    subject : Subject
    family : Family
    base : Replay
        Of the right method, of those rows.
    targets : int64
        Rows of the trace.
    """
    method = METHODS[subject.case.method.name]

    def step(moment: Moment) -> State:
        """Return β_k + direction in the place of the next position."""
        reached: State = method.step(moment.state, moment.gradient, moment.coefficients)
        return State(moment.state.position + family.direction(moment), reached.momentum)

    recurrence = Recurrence(step, shares_residual=False)
    shown = replay(subject.case, subject.declaration, subject.trace, recurrence, targets)
    direction = shown.position.expected.hi - subject.trace.positions[shown.rows - 1]
    return _intersection(base, direction)


def _intersection(base: Replay, direction: Floats) -> Interval:
    residual = base.position.residual
    bound = 2 * base.position.bound
    with np.errstate(all="ignore"):
        telling = (np.abs(direction) > 0) & np.isfinite(residual) & np.isfinite(bound)
        first, second = (residual - bound) / direction, (residual + bound) / direction
        low = np.where(telling, np.minimum(first, second), -np.inf)
        high = np.where(telling, np.maximum(first, second), np.inf)
        blind = ~telling & (np.abs(residual) > bound)
    if blind.any() or not telling.any():
        return Interval(1.0, -1.0)
    slack = 2.0**-40 * float(np.abs(np.concatenate([low[telling], high[telling]])).max())
    return Interval(float(low.max()) - slack, float(high.min()) + slack)


def _momentum_direction(moment: Moment) -> RoundedArray:
    momentum: RoundedArray = moment.state.momentum
    return momentum


def _decay(moment: Moment) -> RoundedArray:
    decay: RoundedArray = -(moment.coefficients.step_size * moment.state.position)
    return decay


def _decoupled(moment: Moment) -> RoundedArray:
    eta, mu = moment.coefficients
    if moment.k == 0 or moment.momentum_recorded:
        return _decay(moment)
    decay: RoundedArray = -(eta * (moment.state.position - mu * moment.before))
    return decay


def _plain(subject: Subject) -> bool:
    """Whether a step adds η and μ times something, once each."""
    return subject.case.method.name in ("gradient_descent", "heavy_ball", "nesterov")


def _with_momentum(subject: Subject) -> bool:
    return subject.case.method.name == "heavy_ball" and bool(subject.case.method.momentum)


FAMILIES = (
    Family(
        "step_size_differs",
        "steps as if η were {t}",
        "look which η reaches the kernel, and what the gradient is multiplied by",
        lambda moment: -moment.gradient(moment.state.position),
        lambda subject: subject.case.method.name in ("gradient_descent", "heavy_ball"),
        lambda subject, t: float(subject.case.method.step_size) + t,
    ),
    Family(
        "momentum_differs",
        "steps as if μ were {t}",
        "look which μ reaches the kernel",
        _momentum_direction,
        _with_momentum,
        lambda subject, t: float(subject.case.method.momentum) + t,
    ),
    Family(
        "weight_decay",
        "adds a weight decay λβ to the gradient, λ = {t}",
        "set `weight_decay` to 0: the spec's loss has none",
        _decay,
        _plain,
        lambda _subject, t: t,
    ),
    Family(
        "decoupled_weight_decay",
        "shrinks the parameters at every step (decoupled weight decay), λ = {t}",
        "set `weight_decay` to 0: the spec's loss has none",
        _decoupled,
        _plain,
        lambda _subject, t: t,
    ),
)
