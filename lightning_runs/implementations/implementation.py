"""What the implementations have in common, which is no arithmetic: a task taken apart, a record put together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from itertools import islice

import numpy as np

from lightning_runs.tasks import DTYPES, METHODS, PARAMETERS, TaskError, check_task
from oracle.records.candidate import Array, CandidateMethod, CandidateProblem, CandidateTask, Declaration

__all__ = [
    "Implementation",
    "Samples",
    "States",
    "in_own_dtype",
    "initial_momenta",
    "samples_of",
    "step_sizes_of",
]

States = Iterator[Mapping[str, Array]]
"""What is recorded after 0, 1, 2, … steps, without end."""


@dataclass(frozen=True, eq=False)
class Samples:
    """The rows of one step: ∇_θ L = (power / count) · Xᵀ(Xθ − y).

    Parameters
    ----------
    X : ndarray, shape (m, d)
    y : ndarray, shape (m,)
    power : int
        1 where the loss holds ½r², 2 where it holds r².
    count : int
        m where the loss is a mean, else 1.
    """

    X: Array
    y: Array
    power: int
    count: int


def samples_of(task: CandidateTask) -> tuple[Samples, ...]:
    """Return the rows of steps 0, 1, 2, …, to be used cyclically; the loss of a batch is a mean."""
    problem = task.problem
    power = 1 if problem.loss.startswith("half") else 2
    if not task.method.batches:
        return (Samples(problem.X, problem.y, power, len(problem.y) if "mean" in problem.loss else 1),)
    chosen = [list(batch) for batch in task.method.batches]
    return tuple(Samples(problem.X[rows], problem.y[rows], power, len(rows)) for rows in chosen)


def step_sizes_of(task: CandidateTask) -> Array:
    """Return η of steps 0, 1, 2, …, to be used cyclically, shape (L,)."""
    method, dtype = task.method, task.problem.X.dtype
    return np.array(method.step_sizes if len(method.step_sizes) else [method.step_size], dtype=dtype)


def initial_momenta(task: CandidateTask) -> dict[str, Array]:
    """Return p0 of every parameter, zero where none is given; gradient descent has none."""
    given = {} if task.method.name == "gradient_descent" else task.method.p0
    return {name: given.get(name, np.zeros_like(start)) for name, start in task.problem.init.items()}


@dataclass(frozen=True)
class Implementation:
    """A candidate that makes one run after the other.

    Parameters
    ----------
    module : str
        In this package; its function ``states`` takes a task to its `States`, and is imported by the first run.
    declarations : mapping of dtype to Declaration
        What it runs in, and how.
    needs : str
        The package that it needs beside numpy; empty for none.
    methods, models : frozenset of str
    """

    module: str
    declarations: Mapping[str, Declaration]
    needs: str = ""
    methods: frozenset[str] = frozenset(METHODS)
    models: frozenset[str] = frozenset(PARAMETERS)

    @property
    def name(self) -> str:
        """What it is called."""
        return self.module

    @property
    def schedules(self) -> frozenset[str]:
        """What the step sizes of a schedule scale: a buffer of gradients leaves them the update."""
        forms = {declaration.form for declaration in self.declarations.values()}
        return frozenset({"update" if form == "buffer" else "gradient" for form in forms})

    @property
    def dtypes(self) -> frozenset[str]:
        """What it runs in."""
        return frozenset(self.declarations)

    def missing(self) -> str:
        """Return what this machine lacks to run it, with the remedy."""
        if not self.needs or find_spec(self.needs) is not None:
            return ""
        return f"it needs `{self.needs}`, which is not installed; run `pip install {self.needs}`"

    def declare(self, dtype: str, method: str) -> Declaration:
        """Return how it computes.

        Raises
        ------
        TaskError
            If it does not run in this dtype, or not this method.
        """
        for field, value, choices in (("dtype", dtype, self.dtypes), ("method", method, self.methods)):
            if value not in choices:
                raise TaskError(f"`{field}` is {value!r}; `{self.name}` runs {', '.join(sorted(choices))}")
        return self.declarations[dtype]

    def __call__(
        self, problem: CandidateProblem, method: CandidateMethod, steps: Sequence[int]
    ) -> dict[str, Array]:
        """Run one task.

        Raises
        ------
        TaskError
            If the task cannot be run.
        """
        task = CandidateTask(problem, method, steps)
        check_task(task, self.methods, self.dtypes, self.schedules)
        states: States = import_module(f"lightning_runs.implementations.{self.module}").states(task)
        with np.errstate(all="ignore"):  # a run may diverge, and is recorded as it is
            made = list(islice(states, max(steps) + 1))
        kept = [made[int(step)] for step in steps]
        return {name: np.stack([state[name] for state in kept]) for name in made[0]}

    def together(self, tasks: Sequence[CandidateTask]) -> list[dict[str, Array]]:
        """Run the tasks one after the other."""
        return [self(task.problem, task.method, task.steps) for task in tasks]


def in_own_dtype(form: str, *dtypes: str) -> dict[str, Declaration]:
    """Return the declarations of code that does everything in the dtype asked for, float64 and float32 by default."""
    return {dtype: Declaration(form, dtype, dtype) for dtype in dtypes or DTYPES}
