"""optax through the adapter that users copy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("jax")
pytest.importorskip("optax")

import optax

from lightning_runs.adapters.optax_transform import OptaxTransform, sgd
from oracle.conformance.runner import Selection, run_suite
from oracle.conformance.shipped import load_suite
from oracle.conformance.target import Target
from oracle.findings import Outcome
from oracle.report.conformance import Conformance


def silent(name: str) -> Callable[[int, int], None]:
    """Take no notice of a stage."""
    return lambda done, total: None


def found(candidate: Any, selection: Selection) -> Conformance:
    """Run a candidate on a part of the suite."""
    return run_suite(Target("mine", candidate), load_suite(), selection, silent)


@pytest.mark.parametrize("selection", [
    Selection(quick=True),
    pytest.param(Selection(), marks=pytest.mark.slow),
], ids=["quick", "whole"])  # fmt: skip
def test_sgd_passes_the_suite(selection: Selection) -> None:
    """optax.sgd, float64 and float32, batches and initial momentum included; each problem is compiled."""
    run = found(sgd, selection)
    assert run.outcome is Outcome.AGREES, [(row.problem, row.dtype, row.reason) for row in run.failures]
    assert run.dtypes == ("float64", "float32")


def test_exponential_averages_are_named() -> None:
    """`optax.ema` in the place of `optax.trace` multiplies every gradient by 1 − μ."""
    averaging = OptaxTransform(
        lambda eta, mu, nesterov: optax.chain(optax.ema(mu, debias=False), optax.scale_by_learning_rate(eta))
    )
    run = found(averaging, Selection(("float64",), ("biased",)))
    assert run.outcome is Outcome.DISAGREES
    diagnosis = run.rows[0].diagnosis
    assert diagnosis is not None
    assert "gradient_averaged" in diagnosis.names
