"""The update loop on trial: the Lightning trainer against torch.optim.SGD and a plain numpy loop.

Nothing here fails for being slow.  The ratios of one run, medians of interleaved rounds, are in
`extra_info` of the JSON that ``--benchmark-json`` writes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from oracle.records.candidate import Array, CandidateTask
from oracle.spec import spec_from
from oracle.tensors import task_of

pytest.importorskip("torch", reason="the candidates need the extra `lightning`")

STEPS = 1000
RUNS = 16


@pytest.fixture(scope="module")
def paper_task() -> CandidateTask:
    """Return heavy ball on the paper's problem in float64, recording the first and the last state."""
    spec = spec_from(
        {
            "schema": "momentum-oracle/spec/1",
            "problem": {"kind": "sparse_regression", "n": 40, "d": 100, "nonzeros": 5, "seed": 0},
            "model": "diagonal",
            "init": {"u": "9/256", "v": "9/256"},
            "method": {"name": "heavy_ball", "step_size": "0.03", "momentum": "0.9"},
            "inputs_as": "float64",
            "want": {"kind": "iterates", "steps": [0, STEPS]},
            "digits": 15,
        }
    )
    return task_of(spec.canonical, "float64", [0, STEPS])


def lightning_run(task: CandidateTask) -> Mapping[str, Array]:
    """Train one run."""
    from lightning_runs.candidates import lightning_trainer  # noqa: PLC0415  # needs torch

    return lightning_trainer(task.problem, task.method, task.steps)


def lightning_batch(task: CandidateTask) -> list[Mapping[str, Array]]:
    """Train sixteen runs as one batch."""
    from lightning_runs.candidates import lightning_trainer  # noqa: PLC0415  # needs torch

    return list(lightning_trainer.together([task] * RUNS))


def sgd_run(task: CandidateTask) -> Mapping[str, Array]:
    """Run torch.optim.SGD with autograd."""
    from lightning_runs.candidates import torch_sgd  # noqa: PLC0415  # needs torch

    return torch_sgd(task.problem, task.method, task.steps)


def numpy_run(task: CandidateTask) -> Mapping[str, Array]:
    """Run a plain numpy loop with the gradient written out."""
    X, y, n = task.problem.X, task.problem.y, len(task.problem.y)
    u, v = task.problem.init["u"], task.problem.init["v"]
    eta, mu, p, q = task.method.step_size, task.method.momentum, np.zeros_like(u), np.zeros_like(v)
    for _ in range(STEPS):
        g = X.T @ (X @ (u * u - v * v) - y) / n
        p, q = mu * p - eta * (2 * u * g), mu * q + eta * (2 * v * g)
        u, v = u + p, v + q
    return {"u": u, "v": v}


@pytest.mark.benchmark(group="heavy ball, 1000 steps, n=40, d=100, float64")
@pytest.mark.parametrize("run", [lightning_run, lightning_batch, sgd_run, numpy_run])
def test_thousand_updates(benchmark: Any, paper_task: CandidateTask, run: Callable[..., Any]) -> None:
    """Time a thousand updates of each."""
    benchmark.pedantic(run, args=(paper_task,), rounds=3, warmup_rounds=1)


@pytest.mark.slow
@pytest.mark.benchmark(group="heavy ball, 1000 steps, ratios")
def test_updates_against_their_peers(
    benchmark: Any, paper_task: CandidateTask, interleaved: Callable[..., dict[str, float]]
) -> None:
    """Record run-steps a second and the ratio to torch.optim.SGD, of one run and of sixteen."""
    runs = {"lightning": lightning_run, "lightning_16": lightning_batch, "sgd": sgd_run, "numpy": numpy_run}
    medians = interleaved(7, **{name: lambda run=run: run(paper_task) for name, run in runs.items()})
    result = benchmark.pedantic(lightning_run, args=(paper_task,), rounds=1)
    counts = {name: RUNS if name == "lightning_16" else 1 for name in runs}
    rates = {name: counts[name] * STEPS / medians[name] for name in runs}
    benchmark.extra_info.update(
        **{f"{name}_run_steps_per_second": rate for name, rate in rates.items()},
        **{f"{name}_ratio_to_sgd": rate / rates["sgd"] for name, rate in rates.items()},
    )
    assert np.allclose(result["u"][-1], numpy_run(paper_task)["u"], rtol=1e-9, atol=1e-12)
