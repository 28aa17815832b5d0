"""P14: a coordinate whose gradient vanishes identically keeps its scale; the verdict follows from that."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from oracle.claims.instances import Instance
from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_000 import p14_strictly_smaller as module
from oracle.claims.verdict import Verdict
from reference.case import Regression


def test_strictness_needs_gradients_that_do_not_vanish() -> None:
    """ξ̄_j = ξ_j on a zero column and by symmetry, and only there."""
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.NEEDS_ASSUMPTION


def test_strictness_holds_were_no_gradient_the_zero_polynomial(monkeypatch: pytest.MonkeyPatch) -> None:
    """The refutation rests on the polynomial alone."""
    monkeypatch.setattr(module, "slope_polynomial", lambda problem, j: 1)
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.HOLDS


def test_strictness_is_refuted_were_a_scale_kept_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """The assumption is not granted for free."""

    def kept(instance: Instance, of: str, digits: int) -> tuple[Fraction, ...]:
        return (Fraction(1), Fraction(0))

    monkeypatch.setattr(module, "scale_lost", kept)
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.REFUTED


def test_another_resting_coordinate_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside the verdict, only the coordinate named may rest."""
    monkeypatch.setattr(module, "scale_lost", lambda *_: (Fraction(1), Fraction(0), Fraction(0)))
    assert module._beside(module.ZERO_COLUMN, 1, 10).holds is False
    monkeypatch.setattr(module, "scale_lost", lambda *_: (Fraction(1), Fraction(0), Fraction(1, 2)))
    assert module._beside(module.ZERO_COLUMN, 1, 10).holds is True


def test_mirrored_coordinate_keeps_its_scale_in_a_run_of_floats() -> None:
    """Heavy ball in numpy: u₂v₂ does not move, the other products fall."""
    problem = module.MIRRORED.case.problem
    assert isinstance(problem, Regression)
    X, y = np.array(problem.X, dtype=float), np.array(problem.y, dtype=float)
    u, v = np.full(3, 0.5), np.full(3, 0.5)
    p, q = np.zeros(3), np.zeros(3)
    for _ in range(2000):
        g = X.T @ (X @ (u * u - v * v) - y) / 2
        p, q = 0.5 * p - 0.1 * 2 * u * g, 0.5 * q + 0.1 * 2 * v * g
        u, v = u + p, v + q
    products = u * v
    assert products[1] == pytest.approx(0.25, abs=1e-15)
    assert max(products[0], products[2]) < 0.24
