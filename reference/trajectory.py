"""Run a discrete method from its start, in any arithmetic."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import partial

from reference.arithmetic import Arithmetic
from reference.case import Case
from reference.methods import METHODS
from reference.models import MODELS
from reference.objective import Objective, objective_of
from reference.state import Coefficients, State

__all__ = ["coefficients_of", "start_of", "states"]


def coefficients_of(case: Case, arithmetic: Arithmetic) -> Coefficients:
    """Return η and μ in the given arithmetic."""
    method = case.method
    return Coefficients(arithmetic.number(method.step_size), arithmetic.number(method.momentum))


def start_of(case: Case, arithmetic: Arithmetic) -> State:
    """Return the method's state at step 0, from β0 and p0 joined over the parameters."""
    names = MODELS[case.model].names
    zeros = {name: (Fraction(0),) * len(case.init[name]) for name in names}
    momenta = {**zeros, **case.method.p0}
    start = State(
        arithmetic.join([arithmetic.vector(case.init[name]) for name in names]),
        arithmetic.join([arithmetic.vector(momenta[name]) for name in names]),
    )
    return METHODS[case.method.name].init(start, coefficients_of(case, arithmetic))


def states(case: Case, arithmetic: Arithmetic, objective: Objective | None = None) -> Iterator[State]:
    """Yield the states at steps 0, 1, 2, … without end.

    Parameters
    ----------
    case : Case
    arithmetic : Arithmetic
        Every operation of the recurrence is done in it.
    objective : Objective, optional
        The case's objective over the same arithmetic, where the caller has it already.

    Yields
    ------
    State
        Position and momentum, vectors over the joined parameters.
    """
    objective = objective or objective_of(case, arithmetic)
    coefficients = coefficients_of(case, arithmetic)
    method = METHODS[case.method.name]
    state, step = start_of(case, arithmetic), 0
    while True:
        yield state
        state = method.step(state, partial(objective.gradient, step=step), coefficients)
        step += 1
