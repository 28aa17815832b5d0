"""Bounds on weighted data norms, against singular values from numpy."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from reference.data_norms import DataNorms


def random_rows(n: int, d: int, seed: int) -> tuple[np.ndarray, list[list[Fraction]]]:
    """Return a dyadic matrix as floats and as rationals."""
    X = np.round(np.random.default_rng(seed).standard_normal((n, d)) * 64) / 64
    return X, [[Fraction(float(x)) for x in row] for row in X]


@pytest.mark.parametrize(("n", "d"), [(1, 1), (3, 2), (5, 9), (40, 100), (30, 8)])
def test_norm_squared_bounds_the_largest_singular_value_closely(n: int, d: int) -> None:
    """|X|₂² lies below the bound and within 26 % of it: 40^(1/16) = 1.26."""
    X, rows = random_rows(n, d, seed=n + d)
    largest = np.linalg.norm(X, 2) ** 2
    assert largest <= DataNorms(rows).norm_squared <= 1.26 * largest * (1 + 1e-9)


@pytest.mark.parametrize("seed", range(12))
def test_weighted_norm_squared_bounds_the_singular_value(seed: int) -> None:
    """|X diag(w)|₂² lies below the bound for weights of every shape, and the bound is useful."""
    X, rows = random_rows(20, 30, seed)
    weights = np.abs(np.random.default_rng(seed).standard_normal(30)) ** (1 + seed)
    largest = np.linalg.norm(X * weights, 2) ** 2
    bound = DataNorms(rows).weighted_norm_squared(list(weights**2))
    assert largest <= bound <= 4 * largest


def test_weighted_norm_squared_of_one_heavy_column_is_that_column() -> None:
    """With all weight on one coordinate the norm is that column's: here |x_2|² to 1e-9."""
    X, rows = random_rows(20, 30, seed=3)
    weights = [0.0] * 30
    weights[2] = 4.0
    bound = DataNorms(rows).weighted_norm_squared(weights)
    assert bound == pytest.approx(4.0 * float(X[:, 2] @ X[:, 2]), rel=1e-9)
