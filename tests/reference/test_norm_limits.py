"""Both ends of the entropy, against a linear program and the pseudo-inverse; and residuals of any θ."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from math import log2

import numpy as np
import pytest

from oracle.sparse_regression import generate
from reference.case import Regression
from reference.feasibility import KktError
from reference.kkt import certified_minimiser
from reference.kkt_residual import KktResidual, distance_to_minimiser, kkt_residual
from reference.norm_limits import UnprovedVertexError, _vertex, least_l1, least_l2


def problem_of(n: int, d: int, seed: int) -> Regression:
    """Return a generated regression."""
    made = generate(n, d, min(2, d), seed, Fraction(1))
    return Regression(made.X, made.y, "half_mean_square")


def minimiser(problem: Regression, xi: Fraction, digits: int = 20) -> list[Fraction]:
    """Return the entropy's minimiser for equal ξ."""
    d = len(problem.X[0])
    row = certified_minimiser(problem, [xi] * d, [Fraction(0)] * d, digits).arrays["theta"].rows[0]
    return [Fraction(integer) / Fraction(10) ** row.places for integer in row.integers]


def apart(left: list[Fraction], right: tuple[Fraction, ...]) -> float:
    """Return the largest difference."""
    return max(abs(float(a - b)) for a, b in zip(left, right, strict=True))


@pytest.mark.parametrize("seed", range(6))
def test_least_l1_agrees_with_a_linear_program(seed: int) -> None:
    """`scipy.optimize.linprog` on θ = p − q, p, q ≥ 0, as the peer."""
    optimize = pytest.importorskip("scipy.optimize")
    problem = problem_of(3, 7, seed)
    X, y = np.array(problem.X, dtype=float), np.array(problem.y, dtype=float)
    peer = optimize.linprog(np.ones(14), A_eq=np.hstack([X, -X]), b_eq=y, bounds=(0, None))
    found = least_l1(problem)
    assert float(sum(map(abs, found.theta))) == pytest.approx(peer.fun, rel=1e-9)
    assert found.unique
    np.testing.assert_allclose(np.array(found.theta, dtype=float), peer.x[:7] - peer.x[7:], atol=1e-8)


@pytest.mark.parametrize("seed", range(3))
def test_least_l2_agrees_with_the_pseudo_inverse(seed: int) -> None:
    """numpy's pinv, and with weights the scaled problem's."""
    problem = problem_of(3, 7, seed)
    X, y = np.array(problem.X, dtype=float), np.array(problem.y, dtype=float)
    np.testing.assert_allclose(np.array(least_l2(problem), dtype=float), np.linalg.pinv(X) @ y, atol=1e-12)
    w = np.arange(1, 8)
    expected = w**0.5 * (np.linalg.pinv(X * w**0.5) @ y)
    found = least_l2(problem, [Fraction(int(x)) for x in w])
    np.testing.assert_allclose(np.array(found, dtype=float), expected, atol=1e-12)


def test_minimisers_tend_to_the_l2_limit_like_xi_to_the_minus_two() -> None:
    """√(4ξ² + θ²) differs from 2ξ by O(1/ξ²) relatively."""
    problem = problem_of(3, 7, 0)
    gaps = [apart(minimiser(problem, Fraction(xi)), least_l2(problem)) for xi in (64, 128, 256)]
    assert [log2(a / b) for a, b in pairwise(gaps)] == pytest.approx([2, 2], abs=0.01)


def test_minimisers_tend_to_the_l1_limit_like_a_power_of_xi() -> None:
    """Off the support θ_j ≈ ± ξ^(1−|x_jᵀν|), ν the certificate: the slowest column decides."""
    problem = replace(
        problem_of(3, 7, 1), y=(Fraction(1), Fraction(2), Fraction(-1))
    )  # no vertex with a zero
    limit = least_l1(problem)
    correlations = [
        abs(sum((x * v for x, v in zip(column, limit.dual, strict=True)), start=Fraction(0)))
        for column in zip(*problem.X, strict=True)
    ]
    slowest = 1 - float(max(c for c, t in zip(correlations, limit.theta, strict=True) if not t))
    gaps = [apart(minimiser(problem, Fraction(1, 2**k)), limit.theta) for k in (60, 80, 100)]
    powers = [log2(a / b) / 20 for a, b in pairwise(gaps)]
    assert powers == pytest.approx([slowest, slowest], rel=0.05)


def test_a_tie_is_not_called_unique() -> None:
    """x = (1, 1): every split of y is as short."""
    problem = Regression(((Fraction(1), Fraction(1)),), (Fraction(1),), "half_mean_square")
    assert not least_l1(problem).unique


def test_a_false_vertex_is_not_proved() -> None:
    """Planted fault: slopes that point to the wrong columns prove nothing."""
    problem = problem_of(3, 7, 2)
    right = [Fraction(bool(t)) * (1 if t > 0 else -1) for t in least_l1(problem).theta]
    wrong = [Fraction(1) - abs(slope) for slope in right]
    assert _vertex(problem, wrong) is None
    assert issubclass(UnprovedVertexError, KktError)


def residual_at(theta: list[Fraction], problem: Regression) -> KktResidual:
    """Return the residual for ξ = 1/10 and no linear term."""
    d = len(theta)
    return kkt_residual(problem, [Fraction(1, 10)] * d, [Fraction(0)] * d, theta)


def test_residual_vanishes_at_the_minimiser_alone() -> None:
    """To the digits of the minimiser; along the kernel only stationarity grows, across it feasibility too."""
    problem = problem_of(3, 7, 0)
    theta = minimiser(problem, Fraction(1, 10), 40)
    at_rest = residual_at(theta, problem)
    assert float(at_rest.stationarity.abs_upper()) < 1e-37
    assert float(at_rest.primal.abs_upper()) < 1e-37
    kernel = [a - b for a, b in zip(least_l1(problem).theta, least_l2(problem), strict=True)]
    along = residual_at([t + k for t, k in zip(theta, kernel, strict=True)], problem)
    assert float(along.primal.abs_upper()) < 1e-37
    assert float(along.stationarity.abs_lower()) > 1e-3
    across = residual_at([t + x for t, x in zip(theta, problem.X[0], strict=True)], problem)
    assert float(across.primal.abs_lower()) > 1e-2


def test_residual_agrees_with_numpy() -> None:
    """Least squares and norms in float64 as the second method."""
    problem = problem_of(3, 7, 4)
    theta = [Fraction(k, 4) for k in range(-3, 4)]
    found = residual_at(theta, problem)
    X, y, t = np.array(problem.X, float), np.array(problem.y, float), np.array(theta, float)
    slope = np.arcsinh(t / 0.2) / 4
    dual, *_ = np.linalg.lstsq(X.T, slope, rcond=None)
    assert float(found.stationarity) == pytest.approx(np.linalg.norm(slope - X.T @ dual), rel=1e-9)
    assert float(found.primal) == pytest.approx(np.linalg.norm(X @ t - y), rel=1e-9)
    assert [float(nu) for nu in found.dual] == pytest.approx(dual.tolist(), rel=1e-9)


def test_distance_to_the_minimiser_is_that_of_the_points() -> None:
    """A float θ is the exact number that it is."""
    problem = problem_of(3, 7, 0)
    theta = minimiser(problem, Fraction(1, 10), 40)
    moved = [theta[0] + Fraction(0.5), *theta[1:]]
    d = len(theta)
    found = distance_to_minimiser(problem, [Fraction(1, 10)] * d, [Fraction(0)] * d, moved)
    assert float(found) == pytest.approx(0.5, rel=1e-12)


def test_a_theta_of_the_wrong_length_is_refused() -> None:
    """With what was expected."""
    with pytest.raises(KktError, match="`theta` has 2 entries; expected 7"):
        kkt_residual(problem_of(3, 7, 0), [Fraction(1)] * 7, [Fraction(0)] * 7, [Fraction(1)] * 2)
