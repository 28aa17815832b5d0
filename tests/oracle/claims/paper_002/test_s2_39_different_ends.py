"""S2-39: the verdict follows the distance of the limits, and an altered figure is found out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from oracle.claims.claim import Setting
from oracle.claims.figure_results import figure
from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_002 import s2_39_different_ends as claim
from oracle.claims.paper_002.shared_scalar_model import MOMENTUM, PAPERS_START, STEP_SIZE
from oracle.claims.verdict import Verdict
from oracle.records.figure import write_figure


@pytest.mark.slow
def test_limits_are_apart() -> None:
    """As printed."""
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS


def test_limits_that_agree_refute(monkeypatch: pytest.MonkeyPatch) -> None:
    """A distance below what the limits are known to."""
    monkeypatch.setattr(claim, "distance", lambda *_: 1e-19)
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED


def test_altered_figure_is_found_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An end of the paper's start, off in the eighth digit."""
    monkeypatch.setattr(claim, "distance", lambda *_: 1.0)
    drawn = figure("002-fig-2a", Setting())
    moved = [value * (1 + 1e-7) for value in drawn.numbers["end of HB a2"]]
    write_figure(replace(drawn, numbers={**drawn.numbers, "end of HB a2": moved}), tmp_path)
    assert claim.compute(Setting()).checks[-1].holds
    assert not claim.compute(Setting(figures=tmp_path)).checks[-1].holds


def test_plain_runs_end_as_far_apart() -> None:
    """Position form in floats against the certified distance."""
    ends = []
    for momentum in (0.0, float(MOMENTUM)):
        before = now = np.array([float(value) for value in PAPERS_START])
        for _ in range(6000):
            gradient = (now[0] * now[1] - 0.6) * now[::-1]
            before, now = now, now - float(STEP_SIZE) * gradient + momentum * (now - before)
        ends.append(now)
    assert np.linalg.norm(ends[0] - ends[1]) == pytest.approx(
        claim.distance(PAPERS_START, STEP_SIZE, STEP_SIZE, 10), rel=1e-9
    )
