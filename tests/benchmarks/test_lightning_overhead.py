"""What Lightning costs around the bare loop, at a thousand steps a `training_step`.

Nothing here fails for being slow; the ratios of one run are in `extra_info` of the JSON that
``--benchmark-json`` writes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="the trainer needs the extra `lightning`")
pytest.importorskip("llvmlite", reason="the fused kernel needs the extra `lightning`")

from lightning_runs.candidates import lightning_trainer
from lightning_runs.kernels.fused import FusedKernel
from lightning_runs.prepared_runs import PreparedRuns
from oracle.bench.problem import PAPER
from oracle.records.candidate import CandidateTask

ROUNDS = 9
STEPS = {1: 1_000_000, 16: 100_000, 256: 8_000}
Timed = Callable[[Sequence[CandidateTask]], list[dict[str, Any]]]


def trained(tasks: Sequence[CandidateTask]) -> list[dict[str, Any]]:
    """Train by Lightning, a thousand steps a `training_step`."""
    return list(lightning_trainer.together(tasks))


def bare(tasks: Sequence[CandidateTask]) -> list[dict[str, Any]]:
    """Make the steps in one call of the kernel."""
    return PreparedRuns(FusedKernel(), tasks)()


def seconds_a_step(make: Timed, dtype: str, runs: int) -> float:
    """Return what one more step costs: starting and ending Lightning is left out."""
    few, many = STEPS[runs] // 10, STEPS[runs]
    seconds = []
    for steps in (few, many):
        tasks = PAPER.tasks(dtype, runs, (steps,))
        began = perf_counter()
        make(tasks)
        seconds.append(perf_counter() - began)
    return (seconds[1] - seconds[0]) / (many - few)


@pytest.mark.slow
@pytest.mark.benchmark(group="Lightning around the fused loop, n=40, d=100, 1000 steps a training_step")
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("runs", sorted(STEPS))
def test_lightning_around_the_loop(benchmark: Any, dtype: str, runs: int) -> None:
    """Record seconds a step with and without Lightning, and their ratio, medians of interleaved rounds."""
    tasks = PAPER.tasks(dtype, runs, (1000,))
    assert np.array_equal(trained(tasks)[-1]["u"], bare(tasks)[-1]["u"])
    pairs = [(seconds_a_step(trained, dtype, runs), seconds_a_step(bare, dtype, runs)) for _ in range(ROUNDS)]
    benchmark.pedantic(trained, args=(tasks,), rounds=1)
    benchmark.extra_info.update(
        microseconds_a_step=1e6 * median(lightning for lightning, _ in pairs),
        bare_microseconds_a_step=1e6 * median(alone for _, alone in pairs),
        overhead=median(lightning / alone for lightning, alone in pairs) - 1,
    )
