"""Follow many flows at once from step to step of a method: Euler's steps, as paper 002 makes them, and Runge and Kutta's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Field", "euler", "followed", "runge_kutta"]

Array = NDArray[np.float64]
Field = Callable[[Array], Array]
Advance = Callable[[Field, Array, float], Array]


def euler(field: Field, position: Array, time: float) -> Array:
    """Return β + τ F(β)."""
    return position + time * field(position)


def runge_kutta(field: Field, position: Array, time: float) -> Array:
    """Return the classical step of order four: its error is far below that of a step η/10 of Euler's."""
    first = field(position)
    second = field(position + time / 2 * first)
    third = field(position + time / 2 * second)
    fourth = field(position + time * third)
    return position + time / 6 * (first + 2 * (second + third) + fourth)


def followed(
    field: Field, start: Array, step_size: float, steps: Sequence[int], *, advance: Advance, parts: int
) -> Array:
    """Return a flow's positions at the times k η, k of `steps`.

    Parameters
    ----------
    field : callable
        From positions to velocities, any shape.
    start : ndarray
    step_size : float
        η of the method that the flow is held against.
    steps : sequence of int
        Ascending.
    advance : callable
        `euler` or `runge_kutta`.
    parts : int
        How many steps of the integrator make one η.

    Returns
    -------
    ndarray, shape (len(steps), *start.shape)
        What a flow that leaves every bound comes to, infinities and NaN included.
    """
    kept: list[Any] = []
    position, done = np.array(start, dtype=np.float64), 0
    with np.errstate(over="ignore", invalid="ignore"):
        for step in steps:
            for _ in range((step - done) * parts):
                position = advance(field, position, step_size / parts)
            done = step
            kept.append(position)
    return np.array(kept)
