"""The kernel that differentiates for itself, judged step by step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

from lightning_runs.kernels.autograd import AutogradKernel
from lightning_runs.kernels.fused import FusedKernel
from lightning_runs.prepared_runs import PreparedRuns
from lightning_runs.run_batch import batch_of
from lightning_runs.tasks import METHODS, PARAMETERS
from oracle.findings import Outcome


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("model", sorted(PARAMETERS))
def test_every_method_agrees(trial: Any, tasks_of: Any, judged: Any, dtype: str, model: str) -> None:
    """All four methods from a moving start, mixed in one batch: every step within rounding."""
    case = trial(dtype=dtype, model=model, methods=METHODS, runs=8, moving=True)
    kernel = AutogradKernel()
    recorded = PreparedRuns(kernel, tasks_of(case))()
    findings = judged(case, kernel.declare(dtype, "heavy_ball"), recorded)
    assert [finding.outcome for finding in findings] == [Outcome.AGREES] * 8


def test_gradients_written_out_are_those_of_autograd(trial: Any, tasks_of: Any) -> None:
    """After one step from the same start the fused kernel and autograd differ by roundings alone."""
    batch = batch_of(tasks_of(trial(methods=METHODS, runs=12, moving=True, batches=[(0, 1), (4,)])))
    one, other = (kernel.prepare(batch).advance(1, [1]) for kernel in (AutogradKernel(), FusedKernel()))
    assert all(np.max(np.abs(one[name] - other[name])) < 2.0**-48 for name in one)
