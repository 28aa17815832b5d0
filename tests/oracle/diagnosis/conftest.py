"""Momentum methods in plain numpy, written here once more, with one part of each exchangeable for a fault."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from oracle.case import case_of
from oracle.records.candidate import Array, CandidateTask, Declaration
from oracle.spec import spec_from
from oracle.tensors import task_of
from oracle.trace import Trace, trace_of

State = tuple[Array, Array, Array, Array]
STEPS = 40


def spec_of(method: str, dtype: str, **more: Any) -> dict[str, Any]:
    """Return the canonical spec of a small regression with a biased start; `more` goes to the method."""
    coefficients = {"name": method, "step_size": "0.05", "momentum": "0.9", **more}
    if method == "gradient_descent":
        del coefficients["momentum"]
    fields = {
        "schema": "momentum-oracle/spec/1",
        "problem": {
            "kind": "sparse_regression",
            "n": 6,
            "d": 9,
            "nonzeros": 3,
            "seed": 5,
            "loss": "half_mean_square",
        },
        "model": "diagonal",
        "init": {"u": ["3/8"] * 9, "v": [f"{j + 3}/32" for j in range(9)]},
        "method": coefficients,
        "inputs_as": dtype,
        "want": {"kind": "iterates", "steps": list(range(STEPS + 1))},
        "digits": 30,
    }
    return spec_from(fields).canonical


@dataclass
class Run:
    """A method in one dtype; subclasses exchange one part.

    Parameters
    ----------
    task : CandidateTask
    kept : dict
        What a fault remembers.
    """

    task: CandidateTask
    kept: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.X, self.y = self.task.problem.X, self.task.problem.y
        self.method = self.task.method.name
        self.eta, self.mu = self.task.method.step_size, self.task.method.momentum

    def rows(self, k: int) -> list[int]:
        """Return the samples of step k."""
        batches = self.task.method.batches
        return list(batches[k % len(batches)]) if batches else list(range(len(self.y)))

    def product(self, left: Array, right: Array) -> Array:
        """Return a matrix product."""
        return left @ right

    def gradient(self, u: Array, v: Array, k: int) -> tuple[Array, Array]:
        """Return ∇_u L and ∇_v L."""
        rows = self.rows(k)
        X, y = self.X[rows], self.y[rows]
        r = self.product(X, u * u - v * v) - y
        g = self.product(X.T.copy(), r) / X.dtype.type(len(rows))
        return 2 * u * g, -2 * v * g

    def descents(self, state: State, k: int) -> tuple[Array, Array]:
        """Return η∇L where the method asks for it."""
        u, v, p, q = state
        if len(self.task.method.step_sizes):
            self.eta = self.task.method.step_sizes[k % len(self.task.method.step_sizes)]
        if self.method == "nesterov":
            u, v = u + self.mu * p, v + self.mu * q
        a, b = self.gradient(u, v, k)
        return self.eta * a, self.eta * b

    def update(self, state: State, k: int) -> State:
        """Return the state after step k."""
        u, v, p, q = state
        a, b = self.descents(state, k)
        p, q = self.mu * p - a, self.mu * q - b
        if self.method == "nesterov_lookahead":
            return u + self.mu * p - a, v + self.mu * q - b, p, q
        return u + p, v + q, p, q

    def start(self) -> State:
        """Return the state at step 0."""
        u, v = (self.task.problem.init[name].copy() for name in ("u", "v"))
        p0 = self.task.method.p0
        p, q = (p0[name].copy() if name in p0 else np.zeros_like(u) for name in ("u", "v"))
        return u, v, p, q

    def states(self) -> list[State]:
        """Return the states to record."""
        states = [self.start()]
        for k in range(STEPS):
            states.append(self.update(states[-1], k))
        return states


Traced = Callable[..., tuple[Any, Declaration, Trace]]


@pytest.fixture
def traced() -> Traced:
    """Run a class on a spec and return case, declaration and trace, ready for a diagnosis."""

    def run(kind: type[Run], method: str, dtype: str, momenta: bool = False, **more: Any) -> Any:
        declaration = more.pop("declaration", Declaration(dtype=dtype))
        canonical = spec_of(method, dtype, **more)
        states = kind(task_of(canonical, dtype, range(STEPS + 1))).states()
        names = ("u", "v", "p_u", "p_v") if momenta else ("u", "v")
        arrays = {name: np.stack([state[i] for state in states]) for i, name in enumerate(names)}
        case = case_of(canonical)
        return case, declaration, trace_of(case, arrays, range(len(states)))

    return run
