"""torch.optim.SGD in its three implementations, judged step by step."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("torch")

import torch

from lightning_runs.peers.peer import HELD_BY_BUFFERS
from lightning_runs.peers.torch_peers import sgd_for_loop, sgd_foreach, sgd_fused
from oracle.findings import Outcome

PEERS = [sgd_for_loop, sgd_foreach, sgd_fused]
METHODS = sorted(HELD_BY_BUFFERS)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_every_method_agrees(trial: Any, findings_of: Any, peer: Any, dtype: str) -> None:
    """Three methods, from a moving start, η and μ by run: every step within rounding."""
    findings = findings_of(peer, trial(METHODS, dtype, runs=6, moving=True))
    assert [finding.outcome for finding in findings] == [Outcome.AGREES] * 6, findings


@pytest.mark.parametrize("model", ["hadamard", "linear", "scalar_product"])
def test_every_model_agrees(trial: Any, findings_of: Any, model: str) -> None:
    """The other three models; the predictor is differentiated by autograd."""
    findings = findings_of(sgd_for_loop, trial(model=model))
    assert [finding.outcome for finding in findings] == [Outcome.AGREES] * 3, findings


def test_runs_of_one_rate_agree_as_one_parameter(trial: Any, findings_of: Any) -> None:
    """Each row of the parameter of shape (runs, d) has the gradient of its own loss, over batches too."""
    findings = findings_of(sgd_for_loop, trial(rates=False, runs=5, batches=((0, 1), (2, 3, 4))))
    assert [finding.outcome for finding in findings] == [Outcome.AGREES] * 5, findings


@pytest.mark.parametrize("fault", [{"dampening": 0.1}, {"maximize": True}, {"nesterov": True}])
@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_planted_fault_disagrees(
    trial: Any, findings_of: Any, monkeypatch: pytest.MonkeyPatch, peer: Any, fault: dict[str, Any]
) -> None:
    """SGD with one argument changed is another method."""
    plain = torch.optim.SGD
    monkeypatch.setattr(torch.optim, "SGD", lambda given, **options: plain(given, **{**options, **fault}))
    findings = findings_of(peer, trial())
    assert [finding.outcome for finding in findings] == [Outcome.DISAGREES] * 3, findings
