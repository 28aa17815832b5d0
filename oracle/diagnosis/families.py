"""Misimplementations with one unknown number: its value is read off the record, as an interval.

A family's step is β_{k+1} = base + t·direction with one t for all steps and coordinates.  Every recorded
number confines t to the interval in which its residual stays within the bound of the right step; a
family explains a record if all these intervals have a point in common.  The bound is taken twice: the family's
own operations round too.

=======================  =======================================  =====================================
family                   the step                                 direction
=======================  =======================================  =====================================
step_size_differs        η + t for η                              −g_k
momentum_differs         μ + t for μ                              p_k
weight_decay             g + λβ for g, t = λ                      −ηβ_k, or −η(β_k + μp_k)
decoupled_weight_decay   β ← (1 − ηλ)β + p, t = λ                 −η(β_k − μβ_{k−1}), −ηβ_0 first
=======================  =======================================  =====================================

The look-ahead sequence gives its momentum away as μp_k = y_k − y_{k−1} + d_{k−1}, d = ηg, whence
y_{k+1} = y_k + μ(y_k − y_{k−1} + d_{k−1}) − (1 + μ)d_k: its direction is μ∂d_{k−1} − (1 + μ)∂d_k.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from oracle.diagnosis.variant import Subject
from oracle.error_free import Floats
from oracle.replay import Moment, Recurrence, Replay, Rows, replay
from oracle.rounding import RoundedArray
from reference.state import State
from reference.trajectory import step_of

__all__ = ["FAMILIES", "Direction", "Family", "Interval", "common_interval"]

Direction = Callable[[Moment], RoundedArray]


@dataclass(frozen=True)
class Interval:
    """The values of t that explain a record; empty where low > high."""

    low: float
    high: float

    @property
    def empty(self) -> bool:
        """Whether no value explains the record."""
        return self.low > self.high

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
    directions : callable
        Of a subject: functions of a moment, each a possible ∂β_{k+1}/∂t, shape (R, D).
    value : callable
        Of subject and t: the number to show.
    """

    name: str
    sentence: str
    remedy: str
    directions: Callable[[Subject], Sequence[Direction]]
    value: Callable[[Subject, float], float]


def common_interval(subject: Subject, direction: Direction, base: Replay, targets: Rows) -> Interval:
    """Return the t that every number of the given rows allows.

    Parameters
    ----------
    subject : Subject
    direction : callable
    base : Replay
        Of the right method, of those rows.
    targets : int64
        Rows of the trace.
    """
    make = step_of(subject.case)

    def step(moment: Moment) -> State:
        """Return β_k + direction in the place of the next position."""
        reached = make(moment.state, moment.gradient, moment.coefficients)
        return State(moment.state.position + direction(moment), reached.momentum)

    recurrence = Recurrence(step, shares_residual=False)
    shown = replay(subject.case, subject.declaration, subject.trace, recurrence, targets)
    return _intersection(base, shown.position.expected.hi - subject.trace.positions[shown.rows - 1])


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


def _ahead(descent: Callable[[Moment, bool], RoundedArray]) -> Direction:
    """Return the direction of a look-ahead sequence from ∂d at the step, or at the step before."""

    def direction(moment: Moment) -> RoundedArray:
        mu, one = moment.coefficients.momentum, moment.objective.arithmetic.number(Fraction(1))
        found: RoundedArray = -((one + mu) * descent(moment, False))
        if moment.momentum_recorded or moment.k == 0:
            return found
        total: RoundedArray = found + mu * descent(moment, True)
        return total

    return direction


def _gradient(moment: Moment, earlier: bool) -> RoundedArray:
    found: RoundedArray = (
        moment.gradient(moment.before, moment.k - 1) if earlier else moment.gradient(moment.state.position)
    )
    return found


def _position(moment: Moment, earlier: bool) -> RoundedArray:
    decay: RoundedArray = moment.coefficients.step_size * (
        moment.before if earlier else moment.state.position
    )
    return decay


def _step_sizes(subject: Subject) -> Sequence[Direction]:
    name = subject.case.method.name
    if name == "nesterov_lookahead":
        return (_ahead(_gradient),)
    if name == "nesterov":
        return (lambda m: -m.gradient(m.state.position + m.coefficients.momentum * m.state.momentum),)
    return (lambda m: -m.gradient(m.state.position),)


def _momenta(subject: Subject) -> Sequence[Direction]:
    plain = subject.case.method.name == "heavy_ball" and subject.case.method.momentum
    return (lambda m: m.state.momentum,) if plain else ()


def _decays(subject: Subject) -> Sequence[Direction]:
    name = subject.case.method.name
    if name == "nesterov_lookahead":
        return (_ahead(_position),)
    plain: Direction = lambda m: -(m.coefficients.step_size * m.state.position)  # noqa: E731 - one of several
    if name != "nesterov":
        return (plain,)
    return (
        plain,
        lambda m: (
            -(m.coefficients.step_size * (m.state.position + m.coefficients.momentum * m.state.momentum))
        ),
    )


def _decoupled(subject: Subject) -> Sequence[Direction]:
    def direction(moment: Moment) -> RoundedArray:
        eta, mu = moment.coefficients
        if moment.k == 0 or moment.momentum_recorded:
            return -(eta * moment.state.position)  # type: ignore[no-any-return]  # a RoundedArray
        return -(eta * (moment.state.position - mu * moment.before))  # type: ignore[no-any-return]  # likewise

    return (direction,) if subject.case.method.name == "heavy_ball" else ()


FAMILIES = (
    Family(
        "step_size_differs",
        "steps as if η were {t}",
        "look which η reaches the kernel, and what the gradient is multiplied by",
        _step_sizes,
        lambda subject, t: float(subject.case.method.step_size) + t,
    ),
    Family(
        "momentum_differs",
        "steps as if μ were {t}",
        "look which μ reaches the kernel",
        _momenta,
        lambda subject, t: float(subject.case.method.momentum) + t,
    ),
    Family(
        "weight_decay",
        "adds a weight decay λβ to the gradient, λ = {t}",
        "set `weight_decay` to 0: the spec's loss has none",
        _decays,
        lambda _subject, t: t,
    ),
    Family(
        "decoupled_weight_decay",
        "shrinks the parameters at every step (decoupled weight decay), λ = {t}",
        "set `weight_decay` to 0: the spec's loss has none",
        _decoupled,
        lambda _subject, t: t,
    ),
)
