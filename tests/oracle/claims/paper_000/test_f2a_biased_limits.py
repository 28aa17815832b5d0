"""F2a: the verdict follows the stored runs, start by start."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from oracle.claims.claim import Setting
from oracle.claims.figure_results import figure
from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_000 import f2a_biased_limits as claim
from oracle.claims.verdict import Verdict
from oracle.records.figure import Curve, write_figure


def test_small_starts_refute_and_large_ones_agree() -> None:
    """Momentum is ahead from ‖ξ‖₁ = 0.04 on, SGD everywhere."""
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.NEEDS_ASSUMPTION


def test_without_the_small_starts_it_would_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The printed statement is about the starts of the figure, whichever they are."""
    found = figure("000-fig-2a", Setting())
    kept = [i for i, x in enumerate(found.curve("SGD").x) if x > 0.03]
    curves = tuple(
        Curve(c.name, tuple(c.x[i] for i in kept), tuple(tuple(row[i] for i in kept) for row in c.values))
        for c in found.curves
    )
    write_figure(replace(found, curves=curves), tmp_path)
    monkeypatch.setattr(claim, "AGAIN", claim.AGAIN[1:])
    assert adjudicate_one(claim.CLAIM, Setting(figures=tmp_path)).ruling.verdict is Verdict.HOLDS


def test_altered_runs_are_found_out(tmp_path: Path) -> None:
    """Gradient descent made worse no longer meets the run made again."""
    found = figure("000-fig-2a", Setting())
    curves = tuple(
        Curve(c.name, c.x, tuple(tuple(3 * v for v in row) for row in c.values))
        if c.name == "gradient descent"
        else c
        for c in found.curves
    )
    write_figure(replace(found, curves=curves), tmp_path)
    assert adjudicate_one(claim.CLAIM, Setting(figures=tmp_path)).ruling.verdict is Verdict.NOT_DECIDABLE


def test_the_sign_of_the_advantage_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were a larger D better, the assumption would not help."""
    plain = claim.advantage
    monkeypatch.setattr(claim, "advantage", lambda *given: [-value for value in plain(*given)])
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED
