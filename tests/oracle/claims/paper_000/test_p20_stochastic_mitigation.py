"""P20: the scale that SGD ends with falls, and explains where it ends."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from oracle.claims.evidence import Role
from oracle.claims.instances import DIAGONAL_UNBIASED
from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_000 import p20_stochastic_mitigation as module
from oracle.claims.verdict import Verdict
from reference.case import Regression


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Take one small problem, with fewer digits."""
    if "slow" in request.keywords:
        return
    monkeypatch.setattr(module, "SCHEDULES", module.SCHEDULES[:1])
    monkeypatch.setattr(module, "DIGITS", 10)


@pytest.mark.slow
def test_mitigation_by_noise_holds_on_every_schedule() -> None:
    """All three problems."""
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.HOLDS


def test_mitigation_by_noise_is_refuted_with_the_ratio_turned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Δ_0/Δ_∞ in the place of Δ_∞/Δ_0 is neither smaller than one nor explains the limit."""
    right = module.scale_ratio
    monkeypatch.setattr(module, "scale_ratio", lambda end, start: right(start, end))
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.REFUTED


def test_a_scale_above_that_of_gradient_descent_decides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The paper compares with the start's scale alone."""
    right = module.ratios_of
    instance, batches = module.SCHEDULES[0]
    found, sums = right(module.run(instance, batches, module.ETA), 10)
    monkeypatch.setattr(module, "ratios_of", lambda case, digits: (tuple(r / 2 for r in found), sums))
    printed, beside = module._scales(instance, batches, module.End(found, 0.0, 0.0, 0.0), 10)
    assert (printed.role, printed.holds) == (Role.AS_PRINTED, True)
    assert (beside.role, beside.holds) == (Role.BESIDE, False)


def test_scale_is_that_of_a_run_of_floats() -> None:
    """u⊙v of SGD over two samples, by numpy."""
    problem = DIAGONAL_UNBIASED.case.problem
    assert isinstance(problem, Regression)
    X, y = np.array(problem.X, dtype=float), np.array(problem.y, dtype=float)
    u, v = np.full(3, 0.375), np.full(3, 0.375)
    for k in range(8000):
        x = X[k % 2]
        g = x * (x @ (u * u - v * v) - y[k % 2])
        u, v = u - 0.1 * u * g, v + 0.1 * v * g
    case = module.run(DIAGONAL_UNBIASED, ((0,), (1,)), Fraction(1, 20))
    ratios, _ = module.ratios_of(case, 12)
    assert [float(r) for r in ratios] == pytest.approx(list(u * v / 0.375**2), abs=1e-11)
