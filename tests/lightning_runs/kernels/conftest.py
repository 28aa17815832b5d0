"""A kernel before the judge: random problems as specs, run as one batch, each step replayed exactly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from oracle.findings import Finding
from oracle.records.candidate import Array, CandidateTask, Declaration
from oracle.spec import Spec, spec_from
from oracle.step_check import StepCheck
from oracle.tensors import task_of

PARAMETERS = {
    "diagonal": ("u", "v"),
    "hadamard": ("u", "v"),
    "linear": ("beta",),
    "scalar_product": ("a1", "a2"),
}


@dataclass(frozen=True)
class Trial:
    """What a kernel is tried on: sizes, names, and how many runs with their own start, η and μ."""

    shape: tuple[int, int] = (5, 7)
    model: str = "diagonal"
    methods: Sequence[str] = ("heavy_ball",)
    dtype: str = "float64"
    loss: str = "half_mean_square"
    runs: int = 3
    steps: int = 12
    batches: Sequence[Sequence[int]] = ()
    seed: int = 0
    moving: bool = False
    more: dict[str, Any] = field(default_factory=dict)


def dyadic(source: np.random.Generator, *size: int) -> Any:
    """Return multiples of 1/64 in [-1/2, 1/2], exact in every dtype, as text."""
    return np.vectorize(lambda k: str(Fraction(int(k), 64)), otypes=[object])(
        source.integers(-32, 33, size)
    ).tolist()


def specs_of(trial: Trial) -> list[Spec]:
    """Return one spec a run: the same data, each its own start, η, μ and method."""
    data, (n, d) = np.random.default_rng(trial.seed), trial.shape
    n, d = (1, 1) if trial.model == "scalar_product" else (n, d)
    X, y, specs = dyadic(data, n, d), dyadic(data, n), []
    for run in range(trial.runs):
        name = trial.methods[run % len(trial.methods)]
        init = {parameter: dyadic(data, d) for parameter in PARAMETERS[trial.model]}
        method: dict[str, Any] = {"name": name, "step_size": str(Fraction(1 + run % 5, 16))}
        if name != "gradient_descent":
            method["momentum"] = str(Fraction(14 - run % 7, 16))
        if trial.moving and name != "gradient_descent":
            method["p0"] = {parameter: dyadic(data, d) for parameter in PARAMETERS[trial.model]}
        if trial.batches:
            method["batches"] = [list(batch) for batch in trial.batches]
        problem = {"kind": "regression", "X": X, "y": y, "loss": trial.loss}
        if trial.model == "scalar_product":
            problem = {"kind": "scalar_product", "x": X[0][0], "y": y[0]}
        want = {"kind": "iterates", "steps": list(range(trial.steps + 1))}
        specs.append(
            spec_from(
                {
                    "schema": "momentum-oracle/spec/1",
                    "problem": problem,
                    "model": trial.model,
                    "init": init,
                    "method": method,
                    "inputs_as": "exact" if trial.dtype == "bfloat16" else trial.dtype,
                    "want": want,
                    "digits": 15,
                }
            )
        )
    return specs


@pytest.fixture
def trial() -> type[Trial]:
    """Return the class that says what a kernel is tried on."""
    return Trial


@pytest.fixture
def tasks_of() -> Callable[[Trial], list[CandidateTask]]:
    """Return the function that makes a trial's tasks."""
    return lambda trial: [
        task_of(spec.canonical, trial.dtype, range(trial.steps + 1)) for spec in specs_of(trial)
    ]


@pytest.fixture
def judged() -> Callable[[Trial, Declaration, Sequence[dict[str, Array]]], list[Finding]]:
    """Return the judge of what the runs of a trial recorded at every step: one finding a run."""

    def judge(trial: Trial, declaration: Declaration, recorded: Sequence[dict[str, Array]]) -> list[Finding]:
        return [
            StepCheck(spec.canonical, declaration)(range(trial.steps + 1), arrays)
            for spec, arrays in zip(specs_of(trial), recorded, strict=True)
        ]

    return judge
