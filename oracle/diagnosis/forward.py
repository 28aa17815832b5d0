"""Diagnosis without successive states: each wrong recurrence is run from the start, to double-double accuracy.

Where no step can be replayed, a misimplementation explains a record if its own exact trajectory stays as close
to it as rounding may carry a run: within the worst case of the global envelope (`oracle.envelope`), which is
that of the right method and stands here for the wrong one.  Only faults of formula can be named so; what comes
of a coarser arithmetic is no trajectory but a cloud.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from oracle.diagnosis.catalogue import VARIANTS
from oracle.diagnosis.diagnosis import Diagnosis
from oracle.diagnosis.variant import Attempt, Subject, Variant
from oracle.error_free import Floats
from oracle.replay import Moment
from oracle.rounding import RoundedArray
from reference.state import State
from reference.trajectory import coefficient_cycle, start_of, step_of

__all__ = ["MOST_STEPS", "diagnose_by_running", "states_of"]

MOST_STEPS = 400  # a variant takes about half a millisecond a step
CLOUDS = (
    "momentum_float32",
    "momentum_bfloat16",
    "momentum_float16",
)  # sharp step by step, and no trajectory


def diagnose_by_running(
    subject: Subject, rows: np.ndarray[Any, np.dtype[np.int64]], bounds: Floats
) -> Diagnosis | None:
    """Return which misimplementations' own trajectories the record follows.

    Parameters
    ----------
    subject : Subject
    rows : int64, shape (R,)
        Rows of the trace to explain, ascending.
    bounds : float64, shape (R, D)
        How far rounding may carry a run from the exact trajectory there.

    Returns
    -------
    Diagnosis or None
        None where the run is too long to be made so often, or the right method explains these states.
    """
    steps = subject.trace.steps[rows]
    if not len(rows) or steps[-1] > MOST_STEPS:
        return None
    with np.errstate(all="ignore"):  # a wrong recurrence may well run away
        if _largest_ratio(Attempt.of(subject), rows, bounds) <= 1:
            return None
        found = [
            (variant, ratio)
            for variant in VARIANTS.values()
            for ratio in [_best_ratio(variant, subject, rows, bounds)]
            if ratio is not None and ratio <= 1
        ]
    if not found:
        return Diagnosis.nothing(
            "none of the known misimplementations follows the record; record successive steps, which say more",
            "",
        )
    others = "; ".join(variant.sentence for variant, _ in found[1:])
    first, ratio = found[0]
    return Diagnosis(
        names=tuple(variant.name for variant, _ in found),
        sentence=f"the candidate {first.sentence}"
        + (f" (indistinguishable here from: {others})" if others else ""),
        remedy=first.remedy,
        confidence=f"its exact trajectory stays within {ratio:.2g} of the envelope wherever the record was compared: "
        f"{len(rows)} state{'s' * (len(rows) != 1)}",
        largest_ratio=ratio,
    )


def states_of(attempt: Attempt) -> Iterator[State]:
    """Yield the states of an attempt from its start on, without the errors of a candidate's own rounding."""
    arithmetic = attempt.recurrence.arithmetic(attempt.declaration)
    objective = attempt.recurrence.objective(attempt.case, arithmetic)
    cycle, make = coefficient_cycle(attempt.case, arithmetic), step_of(attempt.case)
    step = attempt.recurrence.step
    state, before, k = _exactly(start_of(attempt.case, arithmetic)), None, 0
    while True:
        yield state
        coefficients = cycle[k % len(cycle)]
        if step is None:
            reached = make(state, partial(objective.gradient, step=k), coefficients)
        else:
            earlier = state if before is None else before
            gradient = partial(_gradient, objective, k)
            reached = step(Moment(k, state, *earlier, True, gradient, coefficients, objective))
        state, before, k = _exactly(reached), state, k + 1


def _gradient(objective: Any, k: int, position: Any, step: int | None = None) -> Any:
    return objective.gradient(position, k if step is None else step)


def _exactly(state: State) -> State:
    return State(*(_value(part) for part in state))


def _value(array: RoundedArray) -> RoundedArray:
    return replace(array, error=np.zeros_like(array.value.hi))


def _best_ratio(
    variant: Variant, subject: Subject, rows: np.ndarray[Any, np.dtype[np.int64]], bounds: Floats
) -> float | None:
    """Return the smallest of the attempts' largest distances in bounds; None where nothing applies."""
    if variant.name in CLOUDS:
        return None
    ratios = [
        _largest_ratio(attempt, rows, bounds)
        for attempt in variant.attempts(subject)
        if "everywhere" in attempt.scopes and not attempt.loose and attempt.same_rows
    ]
    return min(ratios, default=None)


def _largest_ratio(attempt: Attempt, rows: np.ndarray[Any, np.dtype[np.int64]], bounds: Floats) -> float:
    """Return the largest distance in bounds, or the first above 1."""
    largest, states = 0.0, states_of(attempt)
    wanted = {int(attempt.trace.steps[row]): i for i, row in enumerate(rows)}
    for k, state in enumerate(states):
        if k in wanted:
            i = wanted.pop(k)
            gap = np.abs(attempt.trace.positions[rows[i]] - state.position.value.hi[0])
            ratio = np.where(gap == 0, 0.0, gap / bounds[i])
            largest = max(largest, float(np.max(np.where(np.isnan(ratio), np.inf, ratio))))
        if largest > 1 or not wanted:
            return largest
    return largest
