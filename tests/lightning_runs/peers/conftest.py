"""A peer before the judge: small problems as specs, run as one batch, each step replayed exactly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from oracle.findings import Finding
from oracle.records.candidate import CandidateTask
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
    """What a peer is tried on; every run has its own start, and where `rates` says so its own η and μ."""

    methods: Sequence[str] = ("heavy_ball",)
    dtype: str = "float64"
    model: str = "diagonal"
    runs: int = 3
    steps: int = 12
    rates: bool = True
    moving: bool = False
    batches: Sequence[Sequence[int]] = ()


def dyadic(source: np.random.Generator, *size: int) -> Any:
    """Return multiples of 1/64 in [−1/2, 1/2] as text: exact in both dtypes."""
    texts = [str(Fraction(int(k), 64)) for k in source.integers(-32, 33, int(np.prod(size)))]
    return np.array(texts, dtype=object).reshape(size).tolist()


def specs_of(trial: Trial) -> list[Spec]:
    """Return one spec a run."""
    source = np.random.default_rng(0)
    n, d = (1, 1) if trial.model == "scalar_product" else (5, 7)
    X, y = dyadic(source, n, d), dyadic(source, n)
    problem = {"kind": "regression", "X": X, "y": y}
    if trial.model == "scalar_product":
        problem = {"kind": "scalar_product", "x": X[0][0], "y": y[0]}
    return [
        spec_from(
            {
                "schema": "momentum-oracle/spec/1",
                "problem": problem,
                "model": trial.model,
                "init": {name: dyadic(source, d) for name in PARAMETERS[trial.model]},
                "method": method_of(trial, run, source, d),
                "inputs_as": trial.dtype,
                "want": {"kind": "iterates", "steps": list(range(trial.steps + 1))},
                "digits": 15,
            }
        )
        for run in range(trial.runs)
    ]


def method_of(trial: Trial, run: int, source: np.random.Generator, d: int) -> dict[str, Any]:
    """Return the method of one run."""
    name, own = trial.methods[run % len(trial.methods)], run if trial.rates else 0
    method: dict[str, Any] = {"name": name, "step_size": str(Fraction(1 + own % 5, 16))}
    if name != "gradient_descent":
        method["momentum"] = str(Fraction(14 - own % 7, 16))
        if trial.moving:
            method["p0"] = {parameter: dyadic(source, d) for parameter in PARAMETERS[trial.model]}
    if trial.batches:
        method["batches"] = [list(batch) for batch in trial.batches]
    return method


@pytest.fixture
def trial() -> type[Trial]:
    """Return the class that says what a peer is tried on."""
    return Trial


@pytest.fixture
def tasks_of() -> Callable[[Trial], list[CandidateTask]]:
    """Return the function that makes a trial's tasks."""
    return lambda trial: [
        task_of(spec.canonical, trial.dtype, range(trial.steps + 1)) for spec in specs_of(trial)
    ]


@pytest.fixture
def findings_of(tasks_of: Any) -> Callable[[Any, Trial], list[Finding]]:
    """Return the judge of a peer: one finding a run, from every state that a prepared call records."""

    def judge(peer: Any, trial: Trial) -> list[Finding]:
        recorded = peer.prepare(tasks_of(trial))()
        return [
            StepCheck(spec.canonical, peer.declare(trial.dtype, method))(range(trial.steps + 1), arrays)
            for spec, arrays in zip(specs_of(trial), recorded, strict=True)
            for method in [spec.canonical["method"]["name"]]
        ]

    return judge
