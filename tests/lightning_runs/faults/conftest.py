"""Small problems for the faults, as specs that the judge reads: decimals, so that a number rounded too far shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from oracle.findings import Finding
from oracle.records.candidate import Array, CandidateTask
from oracle.spec import Spec, spec_from
from oracle.step_check import StepCheck
from oracle.tensors import task_of

PARAMETERS = {"diagonal": ("u", "v"), "hadamard": ("u", "v"), "linear": ("beta",)}
BATCHES = ((0, 1), (2, 3, 4), (1, 4))


@dataclass(frozen=True)
class Trial:
    """What a fault is tried on.

    Parameters
    ----------
    shape : (n, d)
    moving : bool
        Whether there is an initial momentum.
    more : dict
        Added to the method.
    """

    method: str = "heavy_ball"
    dtype: str = "float64"
    model: str = "diagonal"
    shape: tuple[int, int] = (5, 7)
    loss: str = "half_mean_square"
    batches: tuple[tuple[int, ...], ...] = ()
    moving: bool = False
    steps: int = 12
    momentum: str = "0.9"
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def spec(self) -> Spec:
        """The problem as a spec."""
        source, (n, d) = np.random.default_rng(3), self.shape

        def numbers(*size: int, scale: int = 1) -> Any:
            values = source.integers(-999, 1000, size)
            return np.vectorize(lambda k: f"{k}/{1000 * scale}", otypes=[object])(values).tolist()

        problem = {"kind": "regression", "X": numbers(n, d), "y": numbers(n), "loss": self.loss}
        method: dict[str, Any] = {"name": self.method, "step_size": "0.05"}
        if self.method != "gradient_descent":
            method["momentum"] = self.momentum
            if self.moving:
                method["p0"] = {name: numbers(d, scale=8) for name in PARAMETERS[self.model]}
        if self.batches:
            method["batches"] = [list(batch) for batch in self.batches]
        return spec_from(
            {
                "schema": "momentum-oracle/spec/1",
                "problem": problem,
                "model": self.model,
                "init": {name: numbers(d) for name in PARAMETERS[self.model]},
                "method": {**method, **self.more},
                "inputs_as": self.dtype,
                "want": {"kind": "iterates", "steps": list(range(self.steps + 1))},
                "digits": 15,
            }
        )

    @property
    def task(self) -> CandidateTask:
        """The problem as a task, every step to be recorded."""
        return task_of(self.spec.canonical, self.dtype, range(self.steps + 1))

    def judged(self, candidate: Any, arrays: dict[str, Array]) -> Finding:
        """Judge a record by what the candidate declares."""
        check = StepCheck(self.spec.canonical, candidate.declare(self.dtype, self.method))
        with np.errstate(over="ignore"):
            return check(range(self.steps + 1), arrays)


@pytest.fixture
def trial() -> Callable[..., Trial]:
    """Return the class that says what a fault is tried on."""
    return Trial
