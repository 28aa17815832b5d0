"""torch.optim through the adapter that users copy: the whole suite, and optimisers that are not heavy ball."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("torch")

import torch

from lightning_runs.adapters.torch_optim import TorchOptim, foreach, fused, sgd
from oracle.conformance.runner import Selection, run_suite
from oracle.conformance.shipped import load_suite
from oracle.conformance.target import Target
from oracle.findings import Outcome
from oracle.report.conformance import Conformance

IMPLEMENTATIONS = {"for_loop": sgd, "foreach": foreach, "fused": fused}


def silent(name: str) -> Callable[[int, int], None]:
    """Take no notice of a stage."""
    return lambda done, total: None


def found(candidate: Any, selection: Selection) -> Conformance:
    """Run a candidate on a part of the suite."""
    return run_suite(Target("mine", candidate), load_suite(), selection, silent)


@pytest.mark.parametrize("name", IMPLEMENTATIONS)
def test_every_implementation_passes_the_whole_suite(name: str) -> None:
    """torch.optim.SGD, float64 and float32: every problem but Nesterov's own sequence, which torch does not hold."""
    run = found(IMPLEMENTATIONS[name], Selection())
    assert run.outcome is Outcome.AGREES, [(row.problem, row.dtype, row.reason) for row in run.failures]
    assert run.dtypes == ("float64", "float32")
    missing = {entry.reason for entry in run.not_asked if entry.dtype != "bfloat16"}
    assert missing == {
        "does not run nesterov",
        "does not say that it follows schedules that scale the gradient (attribute `schedules`)",
    }


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (
            {"dampening": 0.875},
            {"dampening", "gradient_averaged"},
        ),  # of the first gradient too, by torch's version
        ({"weight_decay": 0.25}, {"weight_decay"}),
        ({"maximize": True}, {"gradient_ascent"}),
    ],
    ids=["dampening by momentum", "weight decay", "ascent"],
)
def test_another_optimiser_is_named(options: dict[str, Any], names: set[str]) -> None:
    """What torch calls dampening (μ = 7/8 here), weight decay and maximize are told by their names."""
    mine = TorchOptim(lambda w, eta, mu, nesterov: torch.optim.SGD(w, eta, mu, nesterov=False, **options))
    run = found(mine, Selection(("float64",), ("biased",)))
    assert run.outcome is Outcome.DISAGREES
    diagnosis = run.rows[0].diagnosis
    assert diagnosis is not None
    assert names & set(diagnosis.names), diagnosis


def test_adam_is_no_heavy_ball() -> None:
    """Any optimiser fits into the adapter; what it computes is another matter."""
    mine = TorchOptim(lambda w, eta, mu, nesterov: torch.optim.Adam(w, eta))
    assert found(mine, Selection(("float32",), ("biased",))).outcome is Outcome.DISAGREES
