"""P12: what lies in the row space of X moves no minimiser, and what does not, does."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_000 import p12_initial_gradient as module
from oracle.claims.paper_000.shared_limits import (
    BIASED,
    UNBIASED,
    kernel,
    problem_of,
    slope_at_start,
    start_of,
)
from oracle.claims.verdict import Verdict


@pytest.fixture
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        module, "_large_step", lambda digits: module._moved(BIASED[1], Fraction(1), digits, 64)
    )
    monkeypatch.setattr(module, "BIASED", (BIASED[1], BIASED[1]))
    monkeypatch.setattr(module, "UNBIASED", (UNBIASED[1], UNBIASED[1]))


@pytest.mark.slow
def test_initial_gradient_is_refuted_and_what_replaces_it_verified() -> None:
    """The whole claim, limits included."""
    ruling = adjudicate_one(module.CLAIM).ruling
    assert ruling.verdict is Verdict.REFUTED
    assert ruling.correction is module.CLAIM.correction


@pytest.mark.usefixtures("_small")
def test_initial_gradient_would_matter_off_the_row_space(monkeypatch: pytest.MonkeyPatch) -> None:
    """With another vector in its place the minimisers move, to first order: nothing is refuted."""
    monkeypatch.setattr(module, "gradient_part", lambda name: (Fraction(1), Fraction(1)))
    monkeypatch.setattr(
        module, "_two_starts", lambda name, flow, digits: module._moved(name, Fraction(1), digits, 64)
    )
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.HOLDS


@pytest.mark.parametrize("name", [*BIASED, *UNBIASED])
def test_initial_gradient_is_orthogonal_to_the_kernel(name: str) -> None:
    """By exact products, and by numpy's least squares: some ν has Xᵀν = ∂_θL(θ(0))."""
    slope = slope_at_start(name)
    assert all(sum(k * g for k, g in zip(vector, slope, strict=True)) == 0 for vector in kernel(name))
    X = np.array(problem_of(name).X, dtype=float)
    found = np.linalg.lstsq(X.T, np.array(slope, dtype=float), rcond=None)[0]
    assert np.allclose(X.T @ found, np.array(slope, dtype=float), rtol=0, atol=1e-14)


def test_initial_gradient_is_the_derivative_of_the_loss() -> None:
    """By a central difference of L(θ) = |Xθ − y|²/2n, exact for a quadratic."""
    name = BIASED[0]
    problem, (u, v) = problem_of(name), start_of(name)

    def loss(theta: list[Fraction]) -> Fraction:
        rows = zip(problem.X, problem.y, strict=True)
        return sum(
            ((sum(x * t for x, t in zip(row, theta, strict=True)) - y) ** 2 for row, y in rows),
            start=Fraction(0),
        ) / (2 * len(problem.y))

    theta = [a * a - b * b for a, b in zip(u, v, strict=True)]
    for j, slope in enumerate(slope_at_start(name)):
        ahead, back = ([t + s * (i == j) for i, t in enumerate(theta)] for s in (1, -1))
        assert (loss(ahead) - loss(back)) / 2 == slope
