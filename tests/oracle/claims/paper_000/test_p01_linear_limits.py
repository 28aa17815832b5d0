"""P1: the verdict follows from the numbers, and the nearest interpolating point is what linear algebra says."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from oracle.claims.instances import LINEAR
from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_000 import p01_linear_limits as module
from oracle.claims.verdict import Verdict
from reference.case import Regression
from reference.norm_limits import least_l2


def test_linear_limits_hold_and_are_refuted_with_the_start_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limits are β(0) + X⁺(y − Xβ(0)), and not X⁺y."""
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.HOLDS
    monkeypatch.setattr(module, "nearest_interpolating", lambda problem, start: least_l2(problem))
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.REFUTED


def test_nearest_interpolating_point_is_the_pseudo_inverse() -> None:
    """Against numpy's singular values."""
    problem, start = LINEAR.case.problem, LINEAR.case.init["beta"]
    assert isinstance(problem, Regression)
    X, y, b = (np.array(part, dtype=float) for part in (problem.X, problem.y, start))
    expected = b + np.linalg.pinv(X) @ (y - X @ b)
    found = module.nearest_interpolating(problem, start)
    assert np.allclose([float(value) for value in found], expected, rtol=0, atol=1e-14)
    assert all(isinstance(value, Fraction) for value in found)
