"""S2-43: the verdict follows the drawn errors, and one that was altered decides nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from oracle.claims.claim import Setting
from oracle.claims.figure_results import figure
from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_002 import s2_43_flow_errors as claim
from oracle.claims.verdict import Verdict
from oracle.records.figure import write_figure
from oracle.sparse_regression import generate

MET = (True, "nothing, in this test")


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the enclosures and the runs made again, which other tests make."""
    monkeypatch.setattr(claim, "_recomputed", lambda *_: MET)
    monkeypatch.setattr(claim, "_run_again", lambda *_: MET)
    monkeypatch.setattr(claim, "_largest", lambda *_: 1.0)


@pytest.mark.usefixtures("unhurried")
def test_assumption_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Needs a small ρ; were RGF said to be the nearer, small ρ would speak against it as well."""
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


@pytest.mark.usefixtures("unhurried")
def test_assumption_is_no_wider_than_the_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """With ρ < 2 in the place of ρ < 1 there are seeds in which HBF is the farther."""
    monkeypatch.setattr(claim, "BELOW", 2.0)
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED


@pytest.mark.parametrize(("loss", "momentum"), [(claim.SUM, "0.7"), ("half_sum_square", "0.3")])
def test_plain_loops_find_an_alteration_out(loss: str, momentum: str) -> None:
    """The first seed's errors are those of the loops at every μ; off in the fifth digit at one, they are not."""
    drawn = figure(claim.FIGURE, Setting())
    assert claim._run_again(drawn, loss, Setting())[0]
    numbers = dict(drawn.numbers)
    name = f"largest error of HBF, μ = {momentum}, {loss}"
    numbers[name] = [numbers[name][0] * (1 + 1e-5), *numbers[name][1:]]
    assert not claim._run_again(replace(drawn, numbers=numbers), loss, Setting())[0]


def test_curvature_is_that_of_differences() -> None:
    """λ at θ* by central differences of the gradient of Σ r² along the eigenvector that power iteration finds."""
    problem = generate(*claim.SIZES, 0)
    X, truth = (np.array(part, dtype=float) for part in (problem.X, problem.truth))
    y = X @ truth
    at = np.sqrt(np.concatenate([np.maximum(truth, 0), np.maximum(-truth, 0)]))

    def gradient(w: np.ndarray) -> np.ndarray:
        u, v = np.split(w, 2)
        slope = 2 * X.T @ (X @ (u * u - v * v) - y)
        return np.concatenate([2 * slope * u, -2 * slope * v])

    along, stretch = np.ones(len(at)) / len(at) ** 0.5, 0.0
    for _ in range(300):
        turned = (gradient(at + 1e-5 * along) - gradient(at - 1e-5 * along)) / 2e-5
        stretch = float(np.linalg.norm(turned))
        along = turned / stretch
    assert claim.curvature(0) == pytest.approx(stretch, rel=1e-4)


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
