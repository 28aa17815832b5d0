"""`optax.sgd` inside a scan, judged step by step."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("jax")
pytest.importorskip("optax")

import optax

from lightning_runs.peers.jax_peers import optax_sgd
from lightning_runs.peers.peer import HELD_BY_BUFFERS
from lightning_runs.tasks import PARAMETERS
from oracle.findings import Outcome


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_every_method_agrees(trial: Any, findings_of: Any, dtype: str) -> None:
    """Buffer form; nesterov=True is the look-ahead sequence; from a moving start, η and μ by run."""
    findings = findings_of(optax_sgd, trial(sorted(HELD_BY_BUFFERS), dtype, runs=3, moving=True))
    assert [finding.outcome for finding in findings] == [Outcome.AGREES] * 3, findings


@pytest.mark.parametrize("model", sorted(PARAMETERS))
def test_every_model_agrees(trial: Any, findings_of: Any, model: str) -> None:
    """All four models, differentiated by `jax.grad`, runs of one rate in one batch."""
    findings = findings_of(optax_sgd, trial(model=model, rates=False))
    assert [finding.outcome for finding in findings] == [Outcome.AGREES] * 3, findings


def test_planted_fault_disagrees(trial: Any, findings_of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The look-ahead sequence of nesterov=True is not heavy ball."""
    plain = optax.sgd
    monkeypatch.setattr(optax, "sgd", lambda eta, momentum, nesterov: plain(eta, momentum, not nesterov))
    findings = findings_of(optax_sgd, trial())
    assert [finding.outcome for finding in findings] == [Outcome.DISAGREES] * 3, findings
