"""The readable kernel, judged step by step."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("torch")

from lightning_runs.candidates import eager
from lightning_runs.tasks import METHODS, PARAMETERS
from oracle.findings import Outcome


@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16"])
@pytest.mark.parametrize("model", sorted(PARAMETERS))
def test_every_method_agrees(trial: Any, tasks_of: Any, judged: Any, dtype: str, model: str) -> None:
    """Each of the four methods, from a moving start, in one batch: every step within rounding."""
    case = trial(dtype=dtype, model=model, methods=METHODS, runs=8, moving=True)
    findings = judged(case, eager.declare(dtype, "heavy_ball"), eager.together(tasks_of(case)))
    assert [finding.outcome for finding in findings] == [Outcome.AGREES] * 8, findings
