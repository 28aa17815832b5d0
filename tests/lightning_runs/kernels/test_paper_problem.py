"""Every kernel of the processor on the paper's own problem, alone and in batches, step by step."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("llvmlite")

from lightning_runs.kernels.registry import kernel_named
from lightning_runs.prepared_runs import PreparedRuns
from lightning_runs.task_spec import spec_of
from oracle.findings import Outcome
from oracle.records.candidate import CandidateTask
from oracle.step_check import StepCheck
from oracle.tensors import task_of
from oracle.verify import METHODS, paper_spec

KERNELS = ("autograd", "eager", "fused")


@cache
def paper_task(method: str, dtype: str) -> CandidateTask:
    """Return one run of the paper's problem."""
    return task_of(paper_spec(method, dtype).canonical, dtype, [0])


def tasks_of(method: str, dtype: str, runs: int, steps: int) -> list[CandidateTask]:
    """Return runs of the paper's problem, each from u = v = 9/256 times a factor of its own."""
    task = paper_task(method, dtype)
    factors = (1 + np.arange(runs) / 8192).astype(task.problem.X.dtype)
    init = task.problem.init
    return [
        CandidateTask(
            replace(task.problem, init={name: start * factor for name, start in init.items()}),
            task.method,
            range(steps + 1),
        )
        for factor in factors
    ]


def verdicts(kernel: str, tasks: list[CandidateTask], watched: int) -> set[Outcome]:
    """Run the tasks as one batch; return what the judge says of some of them, first and last included."""
    made = kernel_named(kernel)
    recorded = PreparedRuns(made, tasks)()
    chosen = {round(k * (len(tasks) - 1) / max(watched - 1, 1)) for k in range(watched)}
    dtype = tasks[0].problem.X.dtype.name
    return {
        StepCheck(spec_of(tasks[run]).canonical, made.declare(dtype, tasks[run].method.name))(
            tasks[run].steps, recorded[run]
        ).outcome
        for run in sorted(chosen)
    }


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kernel", KERNELS)
def test_kernel_agrees_on_the_papers_problem(kernel: str, method: str, dtype: str) -> None:
    """Sixteen runs, the first thirty steps; the first and the last run are judged at each."""
    assert verdicts(kernel, tasks_of(method, dtype, 16, 30), 2) == {Outcome.AGREES}


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("runs", "steps"), [(1, 1000), (16, 300), (256, 100), (4096, 20)])
@pytest.mark.parametrize("kernel", KERNELS)
def test_kernel_agrees_at_every_batch_size(
    kernel: str, method: str, dtype: str, runs: int, steps: int
) -> None:
    """From one run for a thousand steps to thousands for twenty; four runs of each are judged."""
    assert verdicts(kernel, tasks_of(method, dtype, runs, steps), 4) == {Outcome.AGREES}
