"""Gradient descent's own norm."""

from __future__ import annotations

import numpy as np
import pytest

from reference.descent_norm import DescentNorm


@pytest.mark.parametrize("curvature", [0.3, 1.9, 2.0, 3.5])
@pytest.mark.parametrize("sigma", [0.0, 0.2])
def test_growth_is_the_worst_case_and_no_more(curvature: float, sigma: float) -> None:
    """|(I − A)e + n| / |e| over 0 ≤ A ≤ ā and |n| ≤ σ|e| is max(1, ā − 1) + σ, attained."""
    norm = DescentNorm(curvature)
    grid = np.linspace(0, curvature, 1001)
    worst = np.max(np.abs(1 - grid)) + sigma
    assert worst <= norm.growth(sigma) <= worst * (1 + 1e-9)
    assert norm.turning(10.0) == 1.0
    assert norm.of_defect(0.25, 99.0) == 0.25
