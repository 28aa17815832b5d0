"""A spec of the user's own: every step judged without a golden."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from oracle.candidate_file import CandidateError
from oracle.conformance.one_spec import judge_spec
from oracle.conformance.target import Target
from oracle.findings import Outcome
from oracle.spec import spec_from

SPEC: dict[str, Any] = {
    "schema": "momentum-oracle/spec/1",
    "problem": {"kind": "regression", "X": [["1", "0.5"], ["0", "1"]], "y": ["1", "-0.5"]},
    "model": "diagonal",
    "init": {"u": "0.25", "v": "0.5"},
    "method": {"name": "heavy_ball", "step_size": "0.125", "momentum": "0.5"},
    "inputs_as": "float32",
    "want": {"kind": "iterates", "steps": [0, 5]},
    "digits": 20,
}


def test_a_correct_run_agrees_at_every_step(kernel: Any) -> None:
    """All five steps are replayed though the spec wants two states."""
    declared, found, diagnosis = judge_spec(Target("mine", kernel()), spec_from(SPEC).canonical, "float32")
    assert (found.outcome, diagnosis, declared.dtype) == (Outcome.AGREES, None, "float32")
    assert "all 5 steps" in found.reason


def test_a_wrong_run_is_named(kernel: Any) -> None:
    """Twice the gradient."""
    wrong = Target("mine", kernel(scaled=lambda k: 2.0))
    _, found, diagnosis = judge_spec(wrong, spec_from(SPEC).canonical, "float32")
    assert (found.outcome, found.step) == (Outcome.DISAGREES, 1)
    assert diagnosis is not None
    assert "loss_doubled" in diagnosis.names


def test_a_wrong_start_is_said_to_be_one(kernel: Any) -> None:
    """Step 0 is handed over, not computed: there is nothing to diagnose."""

    def moved(problem: Any, method: Any, steps: Any) -> Any:
        arrays = kernel()(problem, method, steps)
        return {name: arrays[name] + np.float32(1) for name in ("u", "v")}

    _, found, diagnosis = judge_spec(Target("mine", moved), spec_from(SPEC).canonical, "float32")
    assert (found.check, found.outcome, diagnosis) == ("start", Outcome.DISAGREES, None)


def test_a_candidate_that_fails_is_misuse() -> None:
    """Its own error, and where."""

    def fails(problem: Any, method: Any, steps: Any) -> Any:
        raise ZeroDivisionError("no batch")

    with pytest.raises(
        CandidateError, match=r"`mine` failed on the spec: ZeroDivisionError: no batch, in fails"
    ):
        judge_spec(Target("mine", fails), spec_from(SPEC).canonical, "float32")
