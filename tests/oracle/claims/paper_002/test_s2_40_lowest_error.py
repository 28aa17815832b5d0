"""S2-40: the verdict follows the α that is said to be lowest; the flows agree with Table 1 written out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from oracle.claims.claim import Setting
from oracle.claims.evidence import Role
from oracle.claims.figure_results import figure
from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_002 import s2_40_lowest_error as claim
from oracle.claims.paper_002.shared_scalar_model import PAPERS_START, STEP_SIZE, euler_positions, flow_named
from oracle.claims.verdict import Verdict
from oracle.records.figure import write_figure


@pytest.mark.slow
def test_verdict_follows_the_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """α = 3 is lowest; had the paper said α = 2, it would be refuted."""
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS
    monkeypatch.setattr(claim, "claimed_lowest", lambda: 2)
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED


def test_check_follows_the_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same on one check, by Euler's steps from the paper's start."""
    asked = (Role.AS_PRINTED, PAPERS_START, claim.EULER, STEP_SIZE, claim.BITS)
    assert claim._lowest(*asked).holds
    monkeypatch.setattr(claim, "claimed_lowest", lambda: 2)
    assert claim._lowest(*asked).holds is False


def test_altered_figure_is_found_out(tmp_path: Path) -> None:
    """One error of α = 3 from the paper's start, raised by a thousandth."""
    drawn = figure("002-fig-2b", Setting())
    curves = []
    for curve in drawn.curves:
        rows = [list(row) for row in curve.values]
        if curve.name == "Euler η/10, HBF α = 3":
            rows[0][5] *= 1.001
        curves.append(replace(curve, values=tuple(map(tuple, rows))))
    write_figure(replace(drawn, curves=tuple(curves)), tmp_path)
    assert claim._trained(Setting(), claim.BITS).holds
    assert claim._trained(Setting(figures=tmp_path), claim.BITS).holds is False


def test_euler_steps_are_those_of_table_1() -> None:
    """α = 2 by differences of the gradient, in floats."""
    at, eta, mu = np.array([float(value) for value in PAPERS_START]), float(STEP_SIZE), 0.7

    def gradient(w: np.ndarray) -> np.ndarray:
        return np.array((w[0] * w[1] - 0.6) * w[::-1])

    for _ in range(20):
        slope = gradient(at)
        bent = (gradient(at + 1e-6 * slope) - gradient(at - 1e-6 * slope)) / 2e-6
        at = at - eta / 10 * (slope / (1 - mu) + eta / 2 * (1 + mu) / (1 - mu) ** 3 * bent)
    enclosed = euler_positions(PAPERS_START, flow_named(2, STEP_SIZE), 2, claim.BITS)[2]
    assert at == pytest.approx([float(entry) for entry in enclosed.entries], rel=1e-7)
