"""Tasks that cannot be run are refused with the field, the value and the choices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lightning_runs.tasks import SCALES, TaskError, check_task, groups_of
from oracle.records.candidate import CandidateTask

TaskMaker = Callable[..., CandidateTask]
SIX = np.zeros(6)

BAD_PROBLEMS: list[tuple[dict[str, Any], str]] = [
    ({"loss": "hinge"}, "`loss` is 'hinge'; choose one of `half_mean_square`"),
    ({"model": "deep"}, "`model` is 'deep'; choose one of `diagonal`"),
    ({"model": "scalar_product"}, r"needs X of shape \(n, 1\); got shape \(4, 6\)"),
    ({"X": np.zeros((4, 6), np.float16)}, "`X.dtype` is 'float16'; choose one of `float64`, `float32`"),
    ({"X": [[1.0]]}, "`X.dtype` is 'list'"),
    ({"X": np.zeros(6)}, r"`X` must have shape \(n, d\) .* got shape \(6,\)"),
    ({"X": np.zeros((0, 6))}, r"`X` must have shape \(n, d\) .* got shape \(0, 6\)"),
    ({"y": np.zeros(3)}, r"`y` must be .* shape \(4,\).* got float64 of shape \(3,\)"),
    ({"y": np.zeros(4, np.float32)}, r"`y` must be .* dtype float64 .* got float32"),
    ({"init": {"u": SIX}}, r"`init` of `diagonal` must hold `u`, `v`; got \['u'\]"),
    ({"init": {"u": SIX, "v": np.zeros(5)}}, r"`init\['v'\]` must be .* shape \(6,\).* \(5,\)"),
]

BAD_METHODS: list[tuple[dict[str, Any], str]] = [
    ({"name": "adam"}, "`method` is 'adam'; choose one of `gradient_descent`"),
    ({"step_size": np.float64(0)}, "`step_size` must be above 0"),
    ({"step_size": np.float64("nan")}, "`step_size` = .*nan.* is not a finite float64"),
    ({"step_size": "fast"}, "`step_size` must be a number; got 'fast'"),
    ({"momentum": np.float64(1)}, "`momentum` must be at least 0 and below 1"),
    ({"momentum": np.float64(-0.5)}, "`momentum` must be at least 0 and below 1"),
    ({"p0": {"w": SIX}}, "`p0` is 'w'; choose one of `u`, `v`"),
    ({"p0": {"u": np.zeros(2)}}, r"`p0\['u'\]` must be .* shape \(6,\)"),
    ({"batches": [[0], []]}, r"`batches\[1\]` must hold .* from 0 to 3; got \[\]"),
    ({"batches": [[4]]}, r"`batches\[0\]` must hold .* got \[4\]"),
    ({"batches": [[-1]]}, r"`batches\[0\]` must hold .* got \[-1\]"),
    ({"scales": "momentum"}, "`scales` is 'momentum'; choose one of `gradient`, `update`"),
]

BAD_SCHEDULES: list[tuple[dict[str, Any], str]] = [
    ({"step_sizes": np.array([0.1, 0.0])}, r"`step_sizes\[1\]` must be above 0"),
    ({"step_sizes": np.array([np.inf])}, r"`step_sizes\[0\]` = .* is not a finite float64 number"),
    (
        {"step_sizes": np.array([0.1]), "scales": "update", "p0": {"u": SIX + 1}},
        "`p0` must be zero where step sizes scale the `update`",
    ),
]


@pytest.mark.parametrize(("change", "words"), BAD_PROBLEMS)
def test_bad_problem_is_refused(make_task: TaskMaker, change: dict[str, Any], words: str) -> None:
    """Names, dtypes and shapes that do not fit are named."""
    task = make_task()
    with pytest.raises(TaskError, match=words):
        check_task(replace(task, problem=replace(task.problem, **change)))


def test_bytes_in_another_order_are_refused(make_task: TaskMaker) -> None:
    """Big-endian numbers would be read backwards by machine code."""
    task = make_task()
    with pytest.raises(TaskError, match=r"`X.dtype` is '>f8'|`X` must be float64"):
        check_task(replace(task, problem=replace(task.problem, X=task.problem.X.astype(">f8"))))


@pytest.mark.parametrize(("change", "words"), BAD_METHODS)
def test_bad_method_is_refused(make_task: TaskMaker, change: dict[str, Any], words: str) -> None:
    """Names, coefficients, momenta and batches that do not fit are named."""
    task = make_task()
    with pytest.raises(TaskError, match=words):
        check_task(replace(task, method=replace(task.method, **change)))


@pytest.mark.parametrize("steps", [[], [-1], [1.5], [True]])
def test_bad_steps_are_refused(make_task: TaskMaker, steps: list[Any]) -> None:
    """Steps are integers of at least 0, and there is at least one."""
    with pytest.raises(TaskError, match="`steps` must be one or more integers"):
        check_task(replace(make_task(), steps=steps))


def test_coefficient_of_another_dtype_is_refused(make_task: TaskMaker) -> None:
    """A float64 η that float32 cannot hold is not rounded in silence."""
    task = make_task(dtype="float32")
    with pytest.raises(TaskError, match=r"`step_size` = .* is not a finite float32 number; round it first"):
        check_task(replace(task, method=replace(task.method, step_size=0.03)))


@pytest.mark.parametrize(("change", "words"), BAD_SCHEDULES)
def test_bad_schedule_is_refused(make_task: TaskMaker, change: dict[str, Any], words: str) -> None:
    """Step sizes are positive numbers of the dtype, and a buffer of gradients starts empty."""
    task = make_task()
    with pytest.raises(TaskError, match=words):
        check_task(replace(task, method=replace(task.method, **change)), schedules=SCALES)


@pytest.mark.parametrize(
    ("schedules", "words"),
    [((), "this runs one constant step size"), (("update",), "this runs schedules that scale the `update`")],
)
def test_schedule_that_is_not_run_is_refused(
    make_task: TaskMaker, schedules: tuple[str, ...], words: str
) -> None:
    """A caller that names no schedules, or others, never takes the constant η in silence."""
    task = make_task()
    scheduled = replace(task, method=replace(task.method, step_sizes=np.array([0.1, 0.2])))
    with pytest.raises(TaskError, match=f"a schedule of 2 that scales the `gradient`; {words}"):
        check_task(scheduled, schedules=schedules)


def test_gradient_descent_goes_with_either_schedule(make_task: TaskMaker) -> None:
    """It has no memory that could tell them apart."""
    task = make_task("gradient_descent")
    scheduled = replace(task, method=replace(task.method, step_sizes=np.array([0.1, 0.2])))
    check_task(scheduled, schedules=("update",))


def test_runs_share_a_batch_when_model_and_size_are_the_same(make_task: TaskMaker) -> None:
    """Data, loss, batches, η, μ, method, start and steps may differ in one group; model and d may not."""
    tasks = [
        make_task(),
        make_task(loss="sum_square"),
        make_task("nesterov", eta=0.01, mu=0.5, seed=3, steps=[5]),
        make_task(model="hadamard"),
        make_task(batches=((0, 1),)),
        make_task(shape=(4, 5)),
    ]
    assert groups_of(tasks) == [[0, 1, 2, 4], [3], [5]]
