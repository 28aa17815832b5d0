"""S2-44 and S2-45: verdicts follow who is nearer, and ends that were altered decide nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from oracle.claims.claim import Setting
from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_002 import s2_44_small_starts as small
from oracle.claims.paper_002 import s2_45_large_starts as large
from oracle.claims.paper_002 import shared_scale_runs
from oracle.claims.paper_002.shared_scale_runs import drawn, ends
from oracle.claims.verdict import Verdict
from oracle.records.figure import Figure, write_figure
from oracle.sparse_regression import generate

BOTH = pytest.mark.parametrize("claim", [small, large])


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the enclosures and the runs made again, which other tests make."""
    for claim in (small, large):
        for name in ("recomputed", "run_again"):
            monkeypatch.setattr(claim, name, lambda *_: (True, "nothing, in this test"))


@BOTH
@pytest.mark.usefixtures("unhurried")
def test_verdict_follows_who_is_nearer(claim: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """They hold; turned round they are refuted."""
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS
    as_printed: Callable[..., tuple[list[float], list[float]]] = claim.nearer
    monkeypatch.setattr(claim, "nearer", lambda *pair: as_printed(*pair)[::-1])
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED


@BOTH
@pytest.mark.usefixtures("unhurried")
def test_altered_ends_change_the_verdict(claim: ModuleType, tmp_path: Path) -> None:
    """Gradient descent's ends, made the nearer on every other seed alone, leave the sign tests undecided."""
    write_figure(_with_descent(drawn(Setting()), lambda row, other: other * (0.5 + row % 2)), tmp_path)
    assert adjudicate_one(claim.CLAIM, Setting(figures=tmp_path)).ruling.verdict is Verdict.NOT_DECIDABLE


@BOTH
@pytest.mark.slow
def test_enclosures_find_an_alteration_out(claim: ModuleType, tmp_path: Path) -> None:
    """The ends of the enclosed seed, off in the fourth digit: no count is confirmed any more."""
    found = drawn(Setting())
    curves = tuple(
        replace(curve, values=(tuple(1.0002 * value for value in curve.values[0]), *curve.values[1:]))
        for curve in found.curves
    )
    write_figure(replace(found, curves=curves), tmp_path)
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS
    assert adjudicate_one(claim.CLAIM, Setting(figures=tmp_path)).ruling.verdict is Verdict.NOT_DECIDABLE


@pytest.mark.parametrize("scale", large.LARGE_SCALES)
def test_run_again_finds_an_alteration_out(scale: float) -> None:
    """The stored ends of the first seed are those of the loop at every μ; off in the fourth digit they are not."""
    found = drawn(Setting())
    curves = tuple(
        replace(curve, values=(tuple(1.0002 * value for value in curve.values[0]), *curve.values[1:]))
        for curve in found.curves
    )
    for momentum in ("0", *shared_scale_runs.MOMENTA):
        asked = scale, (momentum,), large.LARGE_SCALES, Setting()
        assert shared_scale_runs.run_again(found, *asked)[0]
        assert not shared_scale_runs.run_again(replace(found, curves=curves), *asked)[0]


def test_stored_end_is_that_of_a_plain_run() -> None:
    """Heavy ball in position form, in floats, s = 1 and μ = 0.9, on the first seed."""
    n, d, nonzeros = shared_scale_runs.SIZES
    problem = generate(n, d, nonzeros, 0)
    X, y, truth = (np.array(each, dtype=float) for each in (problem.X, problem.y, problem.truth))
    before = now = np.repeat([[0.9], [1 / 0.9]], d, axis=1)
    for _ in range(1500):
        gradient = X.T @ (X @ (now[0] ** 2 - now[1] ** 2) - y) / n
        step = 0.01 * 2 * gradient * now * [[1], [-1]]
        before, now = now, now - step + 0.9 * (now - before)
    distance = np.linalg.norm(now[0] ** 2 - now[1] ** 2 - truth)
    assert distance == pytest.approx(ends(drawn(Setting()), "0.9", 1.0)[0], rel=1e-6)


def _with_descent(found: Figure, end: Callable[[int, float], float]) -> Figure:
    """Return the figure with other ends of gradient descent, made from those of μ = 0.5."""
    other = found.curve("HB, μ = 0.5")
    rows = tuple(tuple(end(seed, value) for value in row) for seed, row in enumerate(other.values))
    curves = tuple(replace(curve, values=rows) if curve.name == "GD" else curve for curve in found.curves)
    return replace(found, curves=curves)
