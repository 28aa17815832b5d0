"""`jax.lax.scan` and what it is cut into, judged step by step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("jax")
pytest.importorskip("optax")

import jax

from lightning_runs.kernels.interface import KernelError
from lightning_runs.peers.jax_peers import jax_scan
from lightning_runs.peers.jax_scan import stretches
from lightning_runs.tasks import METHODS, PARAMETERS
from oracle.findings import Outcome


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_every_method_agrees(trial: Any, findings_of: Any, dtype: str) -> None:
    """Four methods, from a moving start, η and μ by run: every step within rounding."""
    findings = findings_of(jax_scan, trial(METHODS, dtype, runs=8, moving=True))
    assert [finding.outcome for finding in findings] == [Outcome.AGREES] * 8, findings


@pytest.mark.parametrize("model", sorted(PARAMETERS))
def test_every_model_agrees(trial: Any, findings_of: Any, model: str) -> None:
    """All four models."""
    findings = findings_of(jax_scan, trial(model=model))
    assert [finding.outcome for finding in findings] == [Outcome.AGREES] * 3, findings


def test_planted_fault_disagrees(trial: Any, findings_of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The step of the look-ahead sequence is not heavy ball's."""
    module = "lightning_runs.peers.jax_scan"
    from lightning_runs.kernels.update import stepped  # noqa: PLC0415 - what the fault is planted in

    monkeypatch.setattr(f"{module}.stepped", lambda _, *rest: stepped("nesterov_lookahead", *rest))
    findings = findings_of(jax_scan, trial())
    assert [finding.outcome for finding in findings] == [Outcome.DISAGREES] * 3, findings


def test_recording_does_not_change_the_bits(trial: Any, tasks_of: Any) -> None:
    """The last state alone, and the last of all: two ways to cut the scan, one arithmetic."""
    from dataclasses import replace  # noqa: PLC0415 - one test's need

    (task,) = tasks_of(trial(runs=1))
    every, last = (jax_scan.prepare([replace(task, steps=steps)])()[0] for steps in (range(13), (12,)))
    assert np.array_equal(every["u"][12], last["u"][0])


def test_sixty_four_bits_are_not_left_on(trial: Any, tasks_of: Any) -> None:
    """A float64 run leaves JAX's own setting as it was."""
    before = jax.numpy.ones(1).dtype
    assert jax_scan.together(tasks_of(trial()))[0]["u"].dtype == np.float64
    assert jax.numpy.ones(1).dtype == before


@pytest.mark.parametrize(
    ("wanted", "cut"),
    [([], []), ([5], [(5, 1)]), ([1, 2, 3], [(1, 3)]), ([2, 4, 5, 9], [(2, 2), (1, 1), (4, 1)])],
)
def test_stretches_of_equal_gaps_become_one_scan(wanted: list[int], cut: list[tuple[int, int]]) -> None:
    """(gap, count): the wanted steps are the partial sums."""
    assert stretches(wanted) == cut


def test_mini_batches_are_refused(trial: Any, tasks_of: Any) -> None:
    """The message says what is taken and who takes batches."""
    with pytest.raises(KernelError, match="`jax_scan` takes all samples at every step; got a cycle of 2"):
        jax_scan.together(tasks_of(trial(batches=((0, 1), (2, 3)))))
