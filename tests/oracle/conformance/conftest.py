"""Stand-ins for kernels, planted faults and correct implementations, in numpy alone: no entry point is needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from oracle.conformance.crew import Crew, crew_of
from oracle.records.candidate import Array, CandidateMethod, CandidateProblem, CandidateTask, Declaration
from oracle.records.planted import PlantedFault

FACTORS = {"half_mean_square": 1, "mean_square": 2, "half_sum_square": 1, "sum_square": 2}


@dataclass(frozen=True)
class NumpyKernel:
    """Heavy ball, gradient descent and both forms of Nesterov's method, velocity form; parts can be replaced.

    Parameters
    ----------
    scaled : callable
        Of the step k: what the gradient is multiplied by.
    forgets : bool
        Whether the initial momentum is left out.
    product : callable
        A matrix by a vector.
    """

    scaled: Callable[[int], float] = lambda k: 1.0
    forgets: bool = False
    product: Callable[[Array, Array], Array] = np.matmul
    dtypes: frozenset[str] = field(default=frozenset({"float64", "float32"}))

    def declare(self, dtype: str, method: str) -> Declaration:
        """Say how it computes."""
        return Declaration(dtype=dtype)

    def __call__(
        self, problem: CandidateProblem, method: CandidateMethod, steps: Sequence[int]
    ) -> Mapping[str, Array]:
        """Run a task."""
        number, names = problem.X.dtype.type, list(problem.init)
        w = [problem.init[name] for name in names]
        p = [
            np.zeros_like(part) if self.forgets or name not in method.p0 else method.p0[name]
            for name, part in zip(names, w, strict=True)
        ]
        if method.name == "nesterov_lookahead":
            w = [a + method.momentum * b for a, b in zip(w, p, strict=True)]
        rows = []
        for k in range(max(steps) + 1):
            rows.append((w, p))
            ahead = method.momentum if method.name == "nesterov" else number(0)
            g = self.gradient(problem, method, [a + ahead * b for a, b in zip(w, p, strict=True)], k)
            down = [method.step_size * (number(self.scaled(k)) * part) for part in g]
            p = [method.momentum * b - c for b, c in zip(p, down, strict=True)]
            if method.name == "nesterov_lookahead":
                w = [a + method.momentum * b - c for a, b, c in zip(w, p, down, strict=True)]
            else:
                w = [a + b for a, b in zip(w, p, strict=True)]
        shown = [rows[step] for step in steps]
        arrays = {name: np.stack([row[0][i] for row in shown]) for i, name in enumerate(names)}
        return arrays | {f"p_{name}": np.stack([row[1][i] for row in shown]) for i, name in enumerate(names)}

    def gradient(
        self, problem: CandidateProblem, method: CandidateMethod, w: list[Array], k: int
    ) -> list[Array]:
        """Return ∇L of the batch of step k."""
        batch = method.batches[k % len(method.batches)] if method.batches else None
        chosen = list(range(len(problem.y)) if batch is None else batch)
        X, y, number = problem.X[chosen], problem.y[chosen], problem.X.dtype.type
        count = len(chosen) if batch is not None or "mean" in problem.loss else 1
        r = self.product(X, _theta(problem.model, w)) - y
        s = self.product(X.T.copy(), r) * number(FACTORS[problem.loss]) / number(count)
        if problem.model == "diagonal":
            return [number(2) * w[0] * s, -(number(2) * w[1] * s)]
        return [s] if problem.model == "linear" else [w[1] * s, w[0] * s]


def _theta(model: str, w: list[Array]) -> Array:
    """Return u² − v², β, or a product."""
    if model == "linear":
        return w[0]
    product: Array = w[0] * w[0] - w[1] * w[1] if model == "diagonal" else w[0] * w[1]
    return product


def backwards(matrix: Array, vector: Array) -> Array:
    """Return a product summed from the last term to the first."""
    total: Array = np.add.accumulate((matrix * vector)[:, ::-1], axis=1)[:, -1]
    return total


def has_momentum(task: CandidateTask) -> bool:
    """Whether an initial momentum is given."""
    return any(np.any(part) for part in task.method.p0.values())


def planted(name: str, candidate: Any, *explained_by: str, applies: Any = None) -> PlantedFault:
    """Return a fault in the one kernel there is."""
    return PlantedFault(
        name, "plain", candidate, frozenset(explained_by), name, applies or (lambda task: True)
    )


CONTROL = planted("no_fault", NumpyKernel())
DOUBLED = planted("doubled", NumpyKernel(scaled=lambda k: 2.0), "loss_doubled")
FORGETFUL = planted("forgetful", NumpyKernel(forgets=True), "initial_momentum_ignored", applies=has_momentum)


@pytest.fixture
def kernel() -> type[NumpyKernel]:
    """Return the maker of kernels."""
    return NumpyKernel


@pytest.fixture
def plant_as() -> Callable[..., PlantedFault]:
    """Return the maker of planted faults: name, candidate, names that explain it."""
    return planted


@pytest.fixture
def crew() -> Callable[..., Crew]:
    """Return the maker of a crew: two faults in a numpy kernel, and more of them or of correct implementations."""

    def make(*faults: PlantedFault, **correct: Any) -> Crew:
        return crew_of(
            {"backwards": NumpyKernel(product=backwards), **correct}, [CONTROL, DOUBLED, FORGETFUL, *faults]
        )

    return make


@pytest.fixture
def in_reverse() -> Callable[[Array, Array], Array]:
    """Return the product that is summed backwards."""
    return backwards
