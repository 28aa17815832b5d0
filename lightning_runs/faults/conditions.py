"""When a fault changes anything at all: what a task must have for that."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from lightning_runs.faults.fault import When
from lightning_runs.implementations.formats import bits_of, rounded
from lightning_runs.tasks import PARAMETERS
from oracle.records.candidate import Array, CandidateTask, Declaration

__all__ = [
    "all_of",
    "always",
    "has_batches",
    "has_initial_momentum",
    "has_momentum",
    "has_several",
    "is_changed",
    "is_narrower",
    "of_method",
    "two_parameters",
]


def always(_task: CandidateTask, _declaration: Declaration) -> bool:
    """Return True, whatever is asked."""
    return True


def has_momentum(task: CandidateTask, _declaration: Declaration) -> bool:
    """Return whether the method has a momentum, and μ is not 0."""
    return task.method.name != "gradient_descent" and float(task.method.momentum) != 0


def has_initial_momentum(task: CandidateTask, _declaration: Declaration) -> bool:
    """Return whether a p0 that is not 0 is given to a method with momentum."""
    return task.method.name != "gradient_descent" and any(np.any(p) for p in task.method.p0.values())


def two_parameters(task: CandidateTask, _declaration: Declaration) -> bool:
    """Return whether the model has two parameters."""
    return len(PARAMETERS[task.problem.model]) == 2


def has_batches(task: CandidateTask, _declaration: Declaration) -> bool:
    """Return whether there are two batches at least, not all the same."""
    return len({tuple(batch) for batch in task.method.batches}) > 1


def has_several(what: str) -> When:
    """Return whether there are several ``samples`` or ``coordinates``."""
    axis = {"samples": 0, "coordinates": 1}[what]
    return lambda task, _: task.problem.X.shape[axis] > 1


def of_method(*names: str) -> When:
    """Return whether the method is one of these."""
    return lambda task, _: task.method.name in names


def is_narrower(name: str, *, than: str) -> When:
    """Return whether a format has fewer bits than the declared ``dtype``, or than what is ``kept_in``."""
    return lambda _, declaration: bits_of(name) < bits_of(getattr(declaration, than))


def is_changed(name: str, *fields: str) -> When:
    """Return whether rounding to a format changes the fields: ``X``, ``y``, ``step_size``, ``momentum``."""

    def changed(task: CandidateTask, declaration: Declaration) -> bool:
        if bits_of(name) >= bits_of(declaration.dtype):
            return False
        if "momentum" in fields and not has_momentum(task, declaration):
            return False
        return any(np.any(rounded(value, name) != value) for value in _values(task, fields))

    return changed


def all_of(*conditions: When) -> When:
    """Return whether all conditions hold."""
    return lambda task, declaration: all(condition(task, declaration) for condition in conditions)


def _values(task: CandidateTask, fields: Iterable[str]) -> Iterable[Array]:
    for field in fields:
        if field == "step_size" and len(task.method.step_sizes):
            yield np.asarray(task.method.step_sizes)
        else:
            yield np.asarray(getattr(task.problem if field in ("X", "y") else task.method, field))
