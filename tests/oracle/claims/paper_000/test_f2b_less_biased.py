"""F2b: the verdict follows the stored runs at both ends of φ."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from oracle.claims.claim import Setting
from oracle.claims.figure_results import figure
from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_000 import f2b_less_biased as claim
from oracle.claims.verdict import Verdict
from oracle.records.figure import Curve, write_figure


def test_the_benefit_disappears() -> None:
    """There is one at φ = 0.01, and none at φ = 1."""
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS


def test_a_benefit_that_stays_refutes(tmp_path: Path) -> None:
    """With momentum's D at φ = 1 made a tenth, where no run is made again, it stays ahead."""
    found = figure("000-fig-2b", Setting())
    curves = tuple(
        c
        if c.name in {"gradient descent", "SGD"}
        else Curve(c.name, c.x, tuple((*row[:-1], row[-1] / 10) for row in c.values))
        for c in found.curves
    )
    write_figure(replace(found, curves=curves), tmp_path)
    assert adjudicate_one(claim.CLAIM, Setting(figures=tmp_path)).ruling.verdict is Verdict.REFUTED


def test_altered_runs_are_found_out(tmp_path: Path) -> None:
    """Heavy ball made worse everywhere no longer meets the run made again."""
    found = figure("000-fig-2b", Setting())
    curves = tuple(
        Curve(c.name, c.x, tuple(tuple(2 * v for v in row) for row in c.values))
        if c.name == "heavy ball"
        else c
        for c in found.curves
    )
    write_figure(replace(found, curves=curves), tmp_path)
    assert adjudicate_one(claim.CLAIM, Setting(figures=tmp_path)).ruling.verdict is Verdict.NOT_DECIDABLE


def test_the_sign_of_the_advantage_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were a larger D better, there would be no benefit at φ = 0.01 and one at φ = 1."""
    plain = claim.advantage
    monkeypatch.setattr(claim, "advantage", lambda *given: [-value for value in plain(*given)])
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED
