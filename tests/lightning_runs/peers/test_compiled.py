"""`torch.compile` of the eager step."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("torch")

from lightning_runs.kernels.interface import KernelError
from lightning_runs.peers.torch_peers import compiled
from oracle.findings import Outcome


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("method", ["heavy_ball", "nesterov", "nesterov_lookahead"])
def test_every_method_agrees(trial: Any, findings_of: Any, method: str, dtype: str) -> None:
    """Compiled C++ keeps to the rounding bound: no reassociation, no reciprocal."""
    findings = findings_of(compiled, trial((method,), dtype, moving=True))
    assert [finding.outcome for finding in findings] == [Outcome.AGREES] * 3, findings


@pytest.mark.slow
def test_planted_fault_disagrees(trial: Any, findings_of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The compiled step of the look-ahead sequence is not heavy ball's."""
    from lightning_runs.kernels.update import stepped  # noqa: PLC0415 - what the fault is planted in

    fault = "lightning_runs.peers.torch_step.stepped"
    monkeypatch.setattr(fault, lambda _, *rest: stepped("nesterov_lookahead", *rest))
    findings = findings_of(compiled, trial(runs=2))
    assert [finding.outcome for finding in findings] == [Outcome.DISAGREES] * 2, findings


def test_missing_compiler_is_named(trial: Any, tasks_of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a C++ compiler the message says which were looked for."""
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(
        KernelError, match="needs a C\\+\\+ compiler on a CPU; found none called no-such-compiler"
    ):
        compiled.prepare(tasks_of(trial()))
