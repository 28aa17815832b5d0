"""F3: the verdict follows the stored ends of the training, value by value."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from oracle.claims.claim import Setting
from oracle.claims.figure_results import figure
from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_000 import f3_vanishing_difference as claim
from oracle.claims.verdict import Verdict
from oracle.records.figure import Curve, write_figure


def _written(folder: Path, point: int, name: str, factor: float) -> None:
    """Write both figures with one point of one curve multiplied."""
    for identifier, _ in claim.FIGURES.values():
        found = figure(identifier, Setting())
        curves = tuple(
            Curve(
                c.name,
                c.x,
                tuple(
                    tuple(v * factor if i == point % len(row) else v for i, v in enumerate(row))
                    for row in c.values
                ),
            )
            if c.name == name
            else c
            for c in found.curves
        )
        write_figure(replace(found, curves=curves), folder)


def test_the_difference_falls() -> None:
    """With every smaller η and every smaller μ."""
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS


def test_a_difference_that_grows_refutes(tmp_path: Path) -> None:
    """With the ends at μ = 0.1 made three times as far, where no run is made again, the difference grows again."""
    _written(tmp_path, -1, "heavy ball, μ = 0.1", 3.0)
    assert adjudicate_one(claim.CLAIM, Setting(figures=tmp_path)).ruling.verdict is Verdict.REFUTED


def test_altered_runs_are_found_out(tmp_path: Path) -> None:
    """A thousandth of change at the step to which runs are made again is seen."""
    found = figure("000-fig-3b", Setting())
    at = found.curve("Nesterov, μ = 0.3").x.index(claim.AGAIN_STEPS)
    _written(tmp_path, at, "Nesterov, μ = 0.3", 1.001)
    assert adjudicate_one(claim.CLAIM, Setting(figures=tmp_path)).ruling.verdict is Verdict.NOT_DECIDABLE


def test_the_direction_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were the gap measured the other way round, it would grow."""
    plain = claim.gap
    monkeypatch.setattr(claim, "gap", lambda *given: [1 / value for value in plain(*given)])
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED
