"""The eager step in a CUDA graph."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("torch")

import torch

from lightning_runs.kernels.interface import KernelError
from lightning_runs.peers.torch_peers import cuda_graph
from oracle.findings import Outcome


@pytest.mark.gpu
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_every_method_agrees(trial: Any, findings_of: Any, dtype: str) -> None:
    """Replayed graphs of one and of many steps: every step within rounding."""
    methods = ("heavy_ball", "nesterov", "nesterov_lookahead")
    findings = findings_of(cuda_graph, trial(methods, dtype, steps=120, moving=True))
    assert [finding.outcome for finding in findings] == [Outcome.AGREES] * 3, findings


def test_missing_device_is_named(trial: Any, tasks_of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a CUDA device the message says so, and what to race in its place."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(KernelError, match=r"`cuda_graph` needs a CUDA device .* race `torch_compile`"):
        cuda_graph.prepare(tasks_of(trial()))
