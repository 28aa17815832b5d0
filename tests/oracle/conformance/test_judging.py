"""A record is judged by the whole judge where there is a golden, and step by step where there is none."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

from oracle.conformance.judging import Judgement, Question, golden_for, judged
from oracle.conformance.movement import record
from oracle.conformance.panel import panel_spec
from oracle.conformance.power import task_for
from oracle.findings import Finding, Outcome
from oracle.records.candidate import Declaration

SPEC = panel_spec(4, 0, "float64")


def answer(kernel: Any, golden: Any) -> Judgement:
    """Judge a kernel's run on a panel problem."""
    task = task_for(SPEC, "float64")
    return judged(Question(SPEC, golden), record(kernel, task), Declaration(), task.steps)


def test_both_ways_give_one_verdict(kernel: Any) -> None:
    """Right and wrong, with the golden and without."""
    golden = golden_for(SPEC)
    for scaled, outcome in ((1.0, Outcome.AGREES), (1 + 2.0**-30, Outcome.DISAGREES)):
        wrong = kernel(scaled=lambda k, s=scaled: s)
        assert answer(wrong, golden).outcome is answer(wrong, None).outcome is outcome


def test_without_flint_there_is_no_golden(monkeypatch: pytest.MonkeyPatch) -> None:
    """And no error either: the steps remain."""
    for name in [name for name in sys.modules if name.split(".")[0] == "flint" or name == "oracle.goldens"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "flint", None)
    monkeypatch.setitem(sys.modules, "oracle.goldens", None)
    assert golden_for(SPEC) is None


def test_run_beyond_every_bound_has_no_golden() -> None:
    """The reference refuses a divergent run; its steps can be judged all the same."""
    wild = {**SPEC, "method": {**SPEC["method"], "step_size": "100000"}}
    assert golden_for({**wild, "want": {"kind": "iterates", "steps": list(range(60))}}) is None


def test_first_divergent_step_is_the_first_of_all_findings() -> None:
    """With the size that a finding of that step has; findings that agree say nothing."""
    findings = (
        Finding("data", Outcome.DISAGREES, "not finite", 9),
        Finding("start", Outcome.AGREES, "met", 0, excess=0.1),
        Finding("data", Outcome.DISAGREES, "constant", 3),
        Finding("local replay", Outcome.DISAGREES, "missed", 3, excess=7.0),
    )
    first = Judgement(Outcome.DISAGREES, findings).first
    assert first is not None
    assert (first.step, first.excess) == (3, 7.0)
    assert Judgement(Outcome.AGREES, findings[1:2]).first is None


def test_judgement_carries_the_diagnosis(kernel: Any) -> None:
    """Its names, and its sentence for a person."""
    found = answer(kernel(scaled=lambda k: 2.0), golden_for(SPEC))
    assert "loss_doubled" in found.names
    assert found.sentence
    assert np.isfinite(found.findings[0].excess or np.nan)
