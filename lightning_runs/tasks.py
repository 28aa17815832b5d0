"""Tasks as they are asked for: checked before anything runs, and grouped into batches of runs."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from oracle.records.candidate import Array, CandidateMethod, CandidateProblem, CandidateTask

__all__ = [
    "DTYPES",
    "LOSS_FACTORS",
    "MEAN_FORM",
    "METHODS",
    "PARAMETERS",
    "SCALES",
    "Array",
    "TaskError",
    "check_task",
    "groups_of",
]

DTYPES = ("float64", "float32")
# in front of Σ r², by number of samples
LOSS_FACTORS: dict[str, Callable[[int], float]] = {
    "half_mean_square": lambda samples: 1 / (2 * samples),
    "mean_square": lambda samples: 1 / samples,
    "half_sum_square": lambda samples: 1 / 2,
    "sum_square": lambda samples: 1.0,
}
MEAN_FORM = {"half_sum_square": "half_mean_square", "sum_square": "mean_square"}  # of a batch
METHODS = ("gradient_descent", "heavy_ball", "nesterov", "nesterov_lookahead")
PARAMETERS = {
    "diagonal": ("u", "v"),
    "hadamard": ("u", "v"),
    "linear": ("beta",),
    "scalar_product": ("a1", "a2"),
}
SCALES = ("gradient", "update")  # what the step sizes of a schedule scale


class TaskError(ValueError):
    """A task that no run can be made of; the message names the field, the value and the choices."""


def check_task(
    task: CandidateTask,
    methods: Collection[str] = METHODS,
    dtypes: Collection[str] = DTYPES,
    schedules: Collection[str] = (),
) -> None:
    """Refuse a task that cannot be run.

    Parameters
    ----------
    task : CandidateTask
    methods, dtypes : collection of str
        The names that the caller can run.
    schedules : collection of str
        What the caller lets the step sizes of a schedule scale, of `SCALES`; empty for no schedules.

    Raises
    ------
    TaskError
        If a name is unknown, a shape or dtype does not fit, a coefficient is out of range or not
        a number of the problem's dtype, a batch is empty or names no sample, a step is negative, or
        a schedule of step sizes is not run.
    """
    _check_problem(task.problem, dtypes)
    _check_method(task.method, task.problem, methods)
    _check_schedule(task.method, task.problem, schedules)
    if not len(task.steps) or any(not _is_index(step) for step in task.steps):
        raise TaskError(f"`steps` must be one or more integers, each at least 0; got {task.steps!r}")


def groups_of(tasks: Sequence[CandidateTask]) -> list[list[int]]:
    """Return the positions of the tasks that can run as one batch, group by group.

    Runs share a batch when they share dtype, model and d; data, loss, batches, η, μ, method, start and
    steps may differ.
    """
    groups: dict[tuple[str, str, int], list[int]] = {}
    for position, task in enumerate(tasks):
        problem = task.problem
        shared = problem.dtype or problem.X.dtype.name, problem.model, problem.X.shape[1]
        groups.setdefault(shared, []).append(position)
    return list(groups.values())


def _check_problem(problem: CandidateProblem, dtypes: Collection[str]) -> None:
    """Refuse unknown names, a dtype that is not run, and shapes that do not fit together."""
    _check_choice("loss", problem.loss, LOSS_FACTORS)
    _check_choice("model", problem.model, PARAMETERS)
    X, y = problem.X, problem.y
    _check_choice("X.dtype", problem.dtype or _dtype_name(X), dtypes)
    container = "float32" if problem.dtype == "bfloat16" else problem.dtype
    if container and _dtype_name(X) != container:
        raise TaskError(f"`X` must be {container} to hold {problem.dtype} numbers; got {_dtype_name(X)}")
    if X.ndim != 2 or 0 in X.shape:
        raise TaskError(f"`X` must have shape (n, d) with n, d at least 1; got shape {X.shape}")
    _check_array("y", y, X.dtype, (X.shape[0],))
    if problem.model == "scalar_product" and X.shape[1] != 1:
        raise TaskError(f"the model `scalar_product` needs X of shape (n, 1); got shape {X.shape}")
    names = PARAMETERS[problem.model]
    if set(problem.init) != set(names):
        raise TaskError(f"`init` of `{problem.model}` must hold {_listed(names)}; got {sorted(problem.init)}")
    _check_arrays("init", problem.init, problem)


def _check_method(method: CandidateMethod, problem: CandidateProblem, methods: Collection[str]) -> None:
    """Refuse unknown methods, coefficients that are out of range, and batches of no samples."""
    _check_choice("method", method.name, methods)
    _check_coefficient("step_size", method.step_size, problem.X.dtype)
    _check_coefficient("momentum", method.momentum, problem.X.dtype)
    if not method.step_size > 0:
        raise TaskError(f"`step_size` must be above 0; got {method.step_size!r}")
    if not 0 <= method.momentum < 1:
        raise TaskError(f"`momentum` must be at least 0 and below 1; got {method.momentum!r}")
    for name in method.p0:
        _check_choice("p0", name, PARAMETERS[problem.model])
    _check_arrays("p0", method.p0, problem)
    for position, batch in enumerate(method.batches):
        _check_batch(position, batch, problem.X.shape[0])


def _check_schedule(method: CandidateMethod, problem: CandidateProblem, schedules: Collection[str]) -> None:
    """Refuse step sizes that change where they cannot, and what they cannot scale."""
    _check_choice("scales", method.scales, SCALES)
    if not len(method.step_sizes):
        return
    if not schedules or (method.scales not in schedules and method.name != "gradient_descent"):
        offered = f"schedules that scale the {_listed(schedules)}" if schedules else "one constant step size"
        raise TaskError(
            f"`step_sizes` is a schedule of {len(method.step_sizes)} that scales the `{method.scales}`; this runs "
            f"{offered}: choose a candidate that runs such schedules, or leave `schedule` out of the spec"
        )
    for k, step_size in enumerate(method.step_sizes):
        _check_coefficient(f"step_sizes[{k}]", step_size, problem.X.dtype)
        if not step_size > 0:
            raise TaskError(f"`step_sizes[{k}]` must be above 0; got {step_size!r}")
    if method.scales == "update" and any(np.any(p0) for p0 in method.p0.values()):
        raise TaskError("`p0` must be zero where step sizes scale the `update`: it is a move, not a gradient")


def _check_choice(field: str, value: Any, choices: Collection[str]) -> None:
    if value not in choices:
        raise TaskError(f"`{field}` is {value!r}; choose one of {_listed(choices)}")


def _check_arrays(field: str, arrays: Mapping[str, Array], problem: CandidateProblem) -> None:
    for name, array in arrays.items():
        _check_array(f"{field}[{name!r}]", array, problem.X.dtype, (problem.X.shape[1],))


def _check_array(field: str, array: Any, dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
    got = _dtype_name(array), np.shape(array)
    if got != (dtype.name, shape):
        raise TaskError(
            f"`{field}` must be an array of dtype {dtype.name} and shape {shape}, to fit X; "
            f"got {got[0]} of shape {got[1]}"
        )


def _check_coefficient(field: str, value: Any, dtype: np.dtype[Any]) -> None:
    """Refuse what is no number of the dtype: rounding it here would hide it from the judge."""
    try:
        exact = float(value)
    except (TypeError, ValueError) as error:
        raise TaskError(f"`{field}` must be a number; got {value!r}") from error
    if not math.isfinite(exact) or float(dtype.type(exact)) != exact:
        raise TaskError(
            f"`{field}` = {value!r} is not a finite {dtype.name} number; round it first: "
            f"np.{dtype.name}({exact!r})"
        )


def _check_batch(position: int, batch: Sequence[int], samples: int) -> None:
    if not len(batch) or any(not _is_index(i) or i >= samples for i in batch):
        raise TaskError(
            f"`batches[{position}]` must hold one or more sample indices from 0 to {samples - 1}; "
            f"got {list(batch)!r}"
        )


def _is_index(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool) and bool(value >= 0)


def _dtype_name(array: Any) -> str:
    if not isinstance(array, np.ndarray):
        return type(array).__name__
    return array.dtype.name if array.dtype.isnative else str(array.dtype.str)  # bytes in another order


def _listed(names: Collection[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
