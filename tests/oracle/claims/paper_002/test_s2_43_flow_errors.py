"""S2-43: the verdict follows the drawn errors, and one that was altered decides nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from oracle.claims.claim import Setting
from oracle.claims.figure_results import figure
from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_002 import s2_43_flow_errors as claim
from oracle.claims.verdict import Verdict
from oracle.records.figure import write_figure

MET = (True, "nothing, in this test")


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the enclosures, which the slow test makes."""
    monkeypatch.setattr(claim, "_recomputed", lambda *_: MET)
    monkeypatch.setattr(claim, "_largest", lambda *_: 1.0)


@pytest.mark.usefixtures("unhurried")
def test_assumption_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Needs the mean loss; were RGF said to be the nearer, the mean would speak against it as well."""
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.NEEDS_ASSUMPTION
    monkeypatch.setattr(claim, "nearer", lambda flow, rescaled: (rescaled, flow))
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.NOT_DECIDABLE


@pytest.mark.usefixtures("unhurried")
def test_altered_figure_changes_the_verdict(tmp_path: Path) -> None:
    """With the errors of HBF under the mean put above those of RGF the assumption no longer saves it."""
    drawn = figure(claim.FIGURE, Setting())
    numbers = dict(drawn.numbers)
    name = f"largest error of HBF, μ = 0.5, {claim.MEAN}"
    numbers[name] = [1e3 * value for value in numbers[name]]
    write_figure(replace(drawn, numbers=numbers), tmp_path)
    ruling = adjudicate_one(claim.CLAIM, Setting(figures=tmp_path)).ruling
    assert ruling.verdict is Verdict.REFUTED


@pytest.mark.slow
def test_enclosures_find_an_alteration_out(tmp_path: Path) -> None:
    """The stored error of the enclosed seed, off in the fifth digit: no count is confirmed any more."""
    drawn = figure(claim.FIGURE, Setting())
    numbers = dict(drawn.numbers)
    name = f"largest error of HBF, μ = {claim.RECOMPUTED}, {claim.SUM}"
    numbers[name] = [numbers[name][0] * (1 + 1e-5), *numbers[name][1:]]
    write_figure(replace(drawn, numbers=numbers), tmp_path)
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.NEEDS_ASSUMPTION
    assert adjudicate_one(claim.CLAIM, Setting(figures=tmp_path)).ruling.verdict is Verdict.NOT_DECIDABLE
