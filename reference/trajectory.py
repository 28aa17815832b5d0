"""Run a discrete method from its start, in any arithmetic."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import partial

from reference.arithmetic import Arithmetic
from reference.case import Case
from reference.methods import METHODS, Step
from reference.models import MODELS
from reference.objective import Objective, objective_of
from reference.schedule import SCALES, ScheduledError, require_one_step_size, step_sizes_of
from reference.state import Coefficients, State

__all__ = ["coefficient_cycle", "coefficients_at", "coefficients_of", "start_of", "states", "step_of"]


def coefficients_of(case: Case, arithmetic: Arithmetic) -> Coefficients:
    """Return η and μ in the given arithmetic, where they are constant.

    Raises
    ------
    ScheduledError
        If the case has a schedule: η then belongs to a step, see `coefficients_at`.
    """
    require_one_step_size(case, "what asks for η and μ without a step")
    return coefficients_at(case, arithmetic, 0)


def coefficients_at(case: Case, arithmetic: Arithmetic, step: int) -> Coefficients:
    """Return η_k and μ of the step from k = `step` to k + 1, in the given arithmetic."""
    sizes = step_sizes_of(case.method)
    return _coefficients(sizes[step % len(sizes)], case, arithmetic)


def coefficient_cycle(case: Case, arithmetic: Arithmetic) -> tuple[Coefficients, ...]:
    """Return the coefficients of steps 0, 1, … until the step sizes come again; one where η is constant."""
    return tuple(_coefficients(size, case, arithmetic) for size in step_sizes_of(case.method))


def step_of(case: Case) -> Step:
    """Return the step of the case's method, by what its step sizes scale.

    Raises
    ------
    ScheduledError
        If the method is not defined that way; see `reference.schedule`.
    """
    method, scales = METHODS[case.method.name], case.method.scales
    if scales == "gradient":
        return method.step
    if scales == "update" and method.update_step is not None:
        return method.update_step
    raise ScheduledError(
        f"step sizes of `{case.method.name}` scale the `{scales}`; expected one of {', '.join(SCALES)}, and "
        "`gradient` for `nesterov`: choose that, or `nesterov_lookahead`"
    )


def start_of(case: Case, arithmetic: Arithmetic) -> State:
    """Return the method's state at step 0, from β0 and p0 joined over the parameters.

    Where step sizes scale the update, the momentum is q = −b and starts from zero: what a p0, which is a
    move, would be of it is left open.

    Raises
    ------
    ScheduledError
        If a p0 that is not zero is given there.
    """
    names = MODELS[case.model].names
    zeros = {name: (Fraction(0),) * len(case.init[name]) for name in names}
    momenta = {**zeros, **case.method.p0}
    if case.method.scales == "update" and any(any(momenta[name]) for name in names):
        raise ScheduledError(
            "`p0` is not zero where step sizes scale the `update`; expected zero: let them scale the `gradient`"
        )
    start = State(
        arithmetic.join([arithmetic.vector(case.init[name]) for name in names]),
        arithmetic.join([arithmetic.vector(momenta[name]) for name in names]),
    )
    return METHODS[case.method.name].init(start, coefficients_at(case, arithmetic, 0))


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

    Raises
    ------
    ScheduledError
        As from `step_of` and `start_of`.
    """
    objective = objective or objective_of(case, arithmetic)
    cycle, make_step = coefficient_cycle(case, arithmetic), step_of(case)
    state, step = start_of(case, arithmetic), 0
    while True:
        yield state
        state = make_step(state, partial(objective.gradient, step=step), cycle[step % len(cycle)])
        step += 1


def _coefficients(step_size: Fraction, case: Case, arithmetic: Arithmetic) -> Coefficients:
    return Coefficients(arithmetic.number(step_size), arithmetic.number(case.method.momentum))
