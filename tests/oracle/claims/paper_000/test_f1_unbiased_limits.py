"""F1: the verdict follows the stored runs, and stored runs that no run has are found out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from oracle.claims.claim import Setting
from oracle.claims.evidence import Role
from oracle.claims.figure_results import figure
from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_000 import f1_unbiased_limits as claim
from oracle.claims.verdict import Verdict
from oracle.records.figure import Curve, Figure, write_figure


def _halved(found: Figure, names: tuple[str, ...]) -> Figure:
    """Return the figure with some curves at half their height."""
    curves = tuple(
        Curve(c.name, c.x, tuple(tuple(v / 2 for v in row) for row in c.values)) if c.name in names else c
        for c in found.curves
    )
    return replace(found, curves=curves)


def test_the_limits_refute_and_the_stopped_runs_agree() -> None:
    """Momentum is ahead while gradient descent has not settled, and behind at the limits."""
    entry = adjudicate_one(claim.CLAIM)
    assert entry.ruling.verdict is Verdict.NEEDS_ASSUMPTION
    assert entry.ruling.correction is not None


def test_altered_runs_are_found_out(tmp_path: Path) -> None:
    """Limits of momentum that were made smaller no longer meet the run made again: nothing is decided by them."""
    for identifier in claim.SCALES.values():
        found = figure(identifier, Setting())
        write_figure(_halved(found, ("at the end, heavy ball", "at the end, Nesterov")), tmp_path)
    entry = adjudicate_one(claim.CLAIM, Setting(figures=tmp_path))
    assert entry.ruling.verdict is Verdict.NOT_DECIDABLE
    assert all(check.holds is None for check in entry.findings.checks if check.role is Role.AS_PRINTED)


def test_the_sign_of_the_advantage_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were a larger D better, the assumption would not help and the correction would fail."""
    plain = claim.advantage
    monkeypatch.setattr(claim, "advantage", lambda *given: [-value for value in plain(*given)])
    entry = adjudicate_one(claim.CLAIM)
    assert entry.ruling.verdict is Verdict.REFUTED
    assert entry.ruling.correction is None
