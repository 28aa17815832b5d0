"""Many runs as one batch of arrays: what every kernel is handed.

A run is a start, a method with η and μ, and a data set; runs of one batch share model, dtype and
d, and nothing else.  For `nesterov_lookahead` the position held is y = β + μ p.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lightning_runs.tasks import LOSS_FACTORS, MEAN_FORM, PARAMETERS, Array
from oracle.records.candidate import CandidateProblem, CandidateTask

__all__ = ["Cycle", "Rows", "RunBatch", "batch_of", "split", "state_names"]


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of a regression and the factor in front of Σ r².

    Parameters
    ----------
    X : ndarray, shape (n, d)
        Row by row in memory, as y.
    y : ndarray, shape (n,)
    factor : float
        Rounded once more to the arrays' dtype where it multiplies.
    """

    X: Array
    y: Array
    factor: float


Cycle = tuple[Rows, ...]
"""The rows of steps 0, 1, 2, … of a run, used cyclically."""


@dataclass(frozen=True, eq=False)
class RunBatch:
    """Runs to be made together.

    Parameters
    ----------
    model : str
        A name in `tasks.PARAMETERS`.
    dtype : str
        Of the state: ``float64``, ``float32`` or ``bfloat16``; numpy holds the last in float32.
    cycles : tuple of Cycle
        The data sets, each with its schedule of batches.
    cycle_of : int64, shape (runs,)
        Which of them each run has.
    methods : tuple of str, length runs
    step_size, momentum : ndarray, shape (runs,)
        η and μ in the state's dtype.
    start : mapping of state name to ndarray, shape (runs, d)
        What is held at step 0: each parameter, and its momentum as ``p_<parameter>``.
    schedules : tuple of ndarray, length runs or 0
        η_k of each run, used cyclically, in the place of `step_size`; empty where no run has a schedule.
    """

    model: str
    dtype: str
    cycles: tuple[Cycle, ...]
    cycle_of: NDArray[np.int64]
    methods: tuple[str, ...]
    step_size: Array
    momentum: Array
    start: Mapping[str, Array]
    schedules: tuple[Array, ...] = ()

    def __len__(self) -> int:
        return len(self.methods)

    @property
    def parameters(self) -> tuple[str, ...]:
        """The model's parameter names, in order."""
        return PARAMETERS[self.model]

    @property
    def d(self) -> int:
        """The number of coordinates of each parameter."""
        return int(self.start[self.parameters[0]].shape[1])

    def chosen(self, runs: NDArray[np.int64]) -> RunBatch:
        """Return some of the runs, in the order asked for, with the data sets that they have."""
        used, cycle_of = np.unique(self.cycle_of[runs], return_inverse=True)
        return replace(
            self,
            cycles=tuple(self.cycles[int(i)] for i in used),
            cycle_of=cycle_of.astype(np.int64),
            methods=tuple(self.methods[int(run)] for run in runs),
            step_size=self.step_size[runs],
            momentum=self.momentum[runs],
            start={name: array[runs] for name, array in self.start.items()},
            schedules=tuple(self.schedules[int(run)] for run in runs) if self.schedules else (),
        )


def state_names(model: str) -> tuple[str, ...]:
    """Return the names of a state's arrays: the parameters, then their momenta."""
    names = PARAMETERS[model]
    return (*names, *(f"p_{name}" for name in names))


def batch_of(tasks: Sequence[CandidateTask]) -> RunBatch:
    """Return the tasks as one batch; they share model, dtype and d.

    Data sets that are equal, their batches included, are held once.

    Parameters
    ----------
    tasks : sequence of CandidateTask
        Checked by `tasks.check_task` and grouped by `tasks.groups_of`.
    """
    first = tasks[0].problem
    cycles: dict[Hashable, tuple[int, Cycle]] = {}
    cycle_of = []
    for task in tasks:
        key = _data_key(task)
        if key not in cycles:
            cycles[key] = len(cycles), _cycle(task.problem, task.method.batches)
        cycle_of.append(cycles[key][0])
    methods = [task.method for task in tasks]
    return RunBatch(
        model=first.model,
        dtype=first.dtype or first.X.dtype.name,
        cycles=tuple(cycle for _, cycle in cycles.values()),
        cycle_of=np.array(cycle_of, dtype=np.int64),
        methods=tuple(method.name for method in methods),
        step_size=np.array([method.step_size for method in methods], dtype=first.X.dtype),
        momentum=np.array(
            [0 if method.name == "gradient_descent" else method.momentum for method in methods],
            dtype=first.X.dtype,
        ),
        start=_start(tasks),
        schedules=_schedules(tasks),
    )


def split(batch: RunBatch, key: Callable[[RunBatch, int], Hashable]) -> list[NDArray[np.int64]]:
    """Return the positions of the runs that share a key, group by group in order of appearance."""
    groups: dict[Hashable, list[int]] = {}
    for run in range(len(batch)):
        groups.setdefault(key(batch, run), []).append(run)
    return [np.array(runs, dtype=np.int64) for runs in groups.values()]


def _start(tasks: Sequence[CandidateTask]) -> dict[str, Array]:
    """Return positions and momenta at step 0; β0 + μ p0, rounded, where y is what is held."""
    model = tasks[0].problem.model
    positions, momenta = {}, {}
    for name in PARAMETERS[model]:
        rows, p_rows = [], []
        for task in tasks:
            start, method = task.problem.init[name], task.method
            p0 = method.p0.get(name, np.zeros_like(start))
            ahead = method.name == "nesterov_lookahead" and bool(p0.any())
            rows.append(start + np.multiply(method.momentum, p0, dtype=start.dtype) if ahead else start)
            p_rows.append(p0)
        positions[name], momenta[f"p_{name}"] = np.stack(rows), np.stack(p_rows)
    return {**positions, **momenta}


def _schedules(tasks: Sequence[CandidateTask]) -> tuple[Array, ...]:
    """Return the step sizes of every run where any has a schedule; one is a schedule of one."""
    if not any(len(task.method.step_sizes) for task in tasks):
        return ()
    dtype = tasks[0].problem.X.dtype
    sizes = [
        task.method.step_sizes if len(task.method.step_sizes) else [task.method.step_size] for task in tasks
    ]
    return tuple(np.array(each, dtype=dtype) for each in sizes)


def _cycle(problem: CandidateProblem, batches: Sequence[Sequence[int]]) -> Cycle:
    """Return every row, or the rows of each batch with the mean form of the loss."""
    X, y = np.array(problem.X, order="C"), np.array(problem.y, order="C")  # a copy: strides may be negative
    if not batches:
        return (Rows(X, y, LOSS_FACTORS[problem.loss](len(y))),)
    factor = LOSS_FACTORS[MEAN_FORM.get(problem.loss, problem.loss)]
    rows = [np.array(batch, dtype=np.int64) for batch in batches]
    return tuple(Rows(X[i], y[i], factor(len(i))) for i in rows)


def _data_key(task: CandidateTask) -> Hashable:
    """Return what equal data sets have in common."""
    problem: Any = task.problem
    arrays = tuple((array.shape, np.ascontiguousarray(array).tobytes()) for array in (problem.X, problem.y))
    batches = tuple(tuple(int(i) for i in batch) for batch in task.method.batches)
    return arrays, problem.loss, batches
