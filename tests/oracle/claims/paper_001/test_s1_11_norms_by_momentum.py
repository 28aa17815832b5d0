"""S1-11: the verdict follows the norms, an altered figure is found out, and a plain run has the certified norms."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from oracle.claims.claim import Setting
from oracle.claims.evidence import Role
from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_001 import s1_11_norms_by_momentum as claim
from oracle.claims.paper_001.shared_product_runs import PAPERS_START, RUNS, end_of, the_figure
from oracle.claims.verdict import Verdict
from oracle.records.figure import write_figure


@pytest.mark.slow
def test_norms_fall(monkeypatch: pytest.MonkeyPatch) -> None:
    """As printed, and from another start; with the norm turned round the same numbers refute it."""
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS
    monkeypatch.setattr(claim, "norm_squared", lambda end: 100 - end[0] ** 2 - end[1] ** 2)
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED


@pytest.mark.slow
def test_altered_figure_is_found_out(tmp_path: Path) -> None:
    """One norm of the paper's start, off in the sixth digit."""
    drawn = the_figure(Setting())
    norms = list(drawn.numbers["norm β = 0.8"])
    norms[0] *= 1 + 1e-6
    write_figure(replace(drawn, numbers={**drawn.numbers, "norm β = 0.8": norms}), tmp_path)
    findings = claim.compute(Setting(figures=tmp_path))
    (trained,) = (check for check in findings.checks if "certified norms" in check.found)
    assert trained.role is Role.BESIDE
    assert trained.holds is False


def test_plain_run_has_the_certified_norm() -> None:
    """Heavy ball in position form, in floats, against the certified limit with β = 0.5."""
    step_size, momentum = (float(value) for value in RUNS[1])
    before = now = np.array([float(value) for value in PAPERS_START])
    for _ in range(5000):
        gradient = (now[0] * now[1] - 0.6) * now[::-1]
        before, now = now, now - step_size * gradient + momentum * (now - before)
    assert float(now @ now) == pytest.approx(
        float(claim.norm_squared(end_of(RUNS[1], PAPERS_START, Setting()))), rel=1e-12
    )


def test_shrink_is_that_of_the_squares() -> None:
    """ln D(0)/D(∞) of a point with half the difference of squares is ln 2."""
    half = (PAPERS_START[1] ** 2 - PAPERS_START[0] ** 2) / 2
    first = Fraction(1)
    root = Fraction(float(half + first**2) ** 0.5)
    assert claim.shrink((first, root)) == pytest.approx(np.log(2))
