"""The wrong method, the wrong η or μ, the wrong loss: what is asked of the kernel is not what was asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from lightning_runs.faults.conditions import (
    all_of,
    always,
    has_initial_momentum,
    has_momentum,
    has_several,
)
from lightning_runs.faults.fault import Fault, asking
from lightning_runs.implementations.formats import rounded
from oracle.records.candidate import CandidateTask, Declaration

__all__ = ["COEFFICIENTS", "with_method", "with_problem", "with_step_size"]


def with_method(task: CandidateTask, **changes: Any) -> CandidateTask:
    """Return the task with fields of its method replaced."""
    return replace(task, method=replace(task.method, **changes))


def with_problem(task: CandidateTask, **changes: Any) -> CandidateTask:
    """Return the task with fields of its problem replaced."""
    return replace(task, problem=replace(task.problem, **changes))


def with_step_size(task: CandidateTask, factor: Fraction) -> CandidateTask:
    """Return the task with η, or every η_k of its schedule, times a factor and rounded once."""
    return _with_step_sizes(task, lambda eta: eta * factor)


def _with_step_sizes(task: CandidateTask, change: Callable[[Fraction], Fraction]) -> CandidateTask:
    def changed(value: Any) -> Any:
        return _number(task, change(Fraction(float(value))))

    sizes = [changed(value) for value in task.method.step_sizes]
    eta = changed(task.method.step_size)
    return with_method(task, step_size=eta, step_sizes=np.array(sizes) if sizes else ())


def _number(task: CandidateTask, value: Fraction) -> Any:
    """Return a rational as a number of the task's format."""
    return task.problem.X.dtype.type(
        rounded(np.float64(float(value)), task.problem.dtype or task.problem.X.dtype.name)
    )


def _mu(task: CandidateTask) -> Fraction:
    return Fraction(float(task.method.momentum))


def _runs(name: str) -> Fault:
    def ask(task: CandidateTask) -> CandidateTask:
        return with_method(
            task,
            name=name,
            momentum=task.method.momentum if name != "gradient_descent" else task.method.step_size * 0,
        )

    def when(task: CandidateTask, declaration: Declaration) -> bool:
        return task.method.name != name and has_momentum(task, declaration)

    explained_by = {f"runs_{name}"} | ({"momentum_reset"} if name == "gradient_descent" else set())
    return Fault(f"runs_{name}", f"Run {name.replace('_', ' ')}.", when, frozenset(explained_by), ask)


@asking(has_momentum)
def momentum_complement(task: CandidateTask) -> CandidateTask:
    """Take 1 − μ for μ."""
    return with_method(task, momentum=_number(task, 1 - _mu(task)))


@asking(has_momentum)
def momentum_squared(task: CandidateTask) -> CandidateTask:
    """Multiply by μ twice."""
    return with_method(task, momentum=_number(task, _mu(task) ** 2))


@asking(has_momentum)
def momentum_differs(task: CandidateTask) -> CandidateTask:
    """Take 15/16 of μ."""
    return with_method(task, momentum=_number(task, _mu(task) * Fraction(15, 16)))


@asking(always)
def step_size_differs(task: CandidateTask) -> CandidateTask:
    """Take 15/16 of η."""
    return with_step_size(task, Fraction(15, 16))


@asking(lambda task, _: float(task.method.step_size) != 1)
def step_size_squared(task: CandidateTask) -> CandidateTask:
    """Multiply by η twice."""
    return _with_step_sizes(task, lambda eta: eta * eta)


@asking(has_momentum)
def step_size_over_complement(task: CandidateTask) -> CandidateTask:
    """Divide η by 1 − μ."""
    return with_step_size(task, 1 / (1 - _mu(task)))


@asking(has_momentum)
def gradient_averaged(task: CandidateTask) -> CandidateTask:
    """Multiply every gradient by 1 − μ, as an exponential average does."""
    return with_step_size(task, 1 - _mu(task))


@asking(always)
def loss_doubled(task: CandidateTask) -> CandidateTask:
    """Work with twice the loss."""
    return with_step_size(task, Fraction(2))


@asking(always, "loss_halved", "missing_factor_two")
def loss_halved(task: CandidateTask) -> CandidateTask:
    """Work with half the loss."""
    return with_step_size(task, Fraction(1, 2))


@asking(lambda task, _: task.problem.model == "diagonal", "loss_halved", "missing_factor_two")
def missing_factor_two(task: CandidateTask) -> CandidateTask:
    """Leave out the 2 of the derivative of u² and v²."""
    return with_step_size(task, Fraction(1, 2))


def _is_averaged(task: CandidateTask, _declaration: Declaration) -> bool:
    """Whether the loss is a mean over several samples, as many in every batch."""
    sizes = {len(batch) for batch in task.method.batches} or {len(task.problem.y)}
    return len(sizes) == 1 and sizes != {1} and (bool(task.method.batches) or "mean" in task.problem.loss)


@asking(_is_averaged)
def loss_summed(task: CandidateTask) -> CandidateTask:
    """Sum over the samples where the loss is a mean."""
    if not task.method.batches:
        return with_problem(task, loss=task.problem.loss.replace("mean", "sum"))
    return with_step_size(task, Fraction(len(task.method.batches[0])))


@asking(has_several("samples"))
def loss_averaged_twice(task: CandidateTask) -> CandidateTask:
    """Divide by the number of samples once too often."""
    return with_step_size(task, Fraction(1, len(task.problem.y)))


@asking(lambda task, _: bool(np.any(task.problem.y)))
def target_sign(task: CandidateTask) -> CandidateTask:
    """Take y with the other sign."""
    return with_problem(task, y=-task.problem.y)


@asking(has_initial_momentum)
def initial_momentum_ignored(task: CandidateTask) -> CandidateTask:
    """Start at rest, whatever p0 is given."""
    return with_method(task, p0={})


@asking(has_initial_momentum)
def initial_momentum_negated(task: CandidateTask) -> CandidateTask:
    """Start with −p0."""
    return with_method(task, p0={name: -p for name, p in task.method.p0.items()})


@asking(all_of(has_several("samples"), lambda task, _: _row_tells(task)))
def row_skipped(task: CandidateTask) -> CandidateTask:
    """Leave the last sample out of the sums."""
    X, y = task.problem.X.copy(), task.problem.y.copy()
    X[-1], y[-1] = 0, 0
    return with_problem(task, X=X, y=y)


def _row_tells(task: CandidateTask) -> bool:
    used = {i for batch in task.method.batches for i in batch} or {len(task.problem.y) - 1}
    return len(task.problem.y) - 1 in used and bool(np.any(task.problem.X[-1]))


COEFFICIENTS = (
    *(_runs(name) for name in ("gradient_descent", "heavy_ball", "nesterov", "nesterov_lookahead")),
    momentum_complement,
    momentum_squared,
    momentum_differs,
    step_size_differs,
    step_size_squared,
    step_size_over_complement,
    gradient_averaged,
    loss_doubled,
    loss_halved,
    missing_factor_two,
    loss_summed,
    loss_averaged_twice,
    target_sign,
    initial_momentum_ignored,
    initial_momentum_negated,
    row_skipped,
)
