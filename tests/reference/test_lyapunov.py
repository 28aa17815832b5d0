"""Norms in which matrices contract: what is claimed of them holds, and nothing is claimed without proof."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from flint import arb, arb_mat

from reference import lyapunov
from reference.balls import ball_precision
from reference.lyapunov import contracting_norm, identity, spectral_bound

SHEAR = ((0.5, 10.0), (0.0, 0.5))  # contracts only in the long run
TURN = ((0.54, -0.72), (0.72, 0.54))  # 0.9 times a rotation
STIFF = ((0.999, 1.0, 0.0), (0.0, 0.99, 5.0), (0.0, 0.0, 0.1))


@pytest.fixture(autouse=True)
def _precise() -> Iterator[None]:
    with ball_precision(128):
        yield


@pytest.mark.parametrize("rows", [SHEAR, TURN, STIFF], ids=["shear", "turn", "stiff"])
def test_norm_contracts_by_its_factor(rows: tuple[tuple[float, ...], ...]) -> None:
    """N(Mz) ≤ factor · N(z) with factor < 1, for vectors at random."""
    matrix = arb_mat([list(row) for row in rows])
    norm = contracting_norm(matrix)
    assert norm is not None
    assert norm.factor < 1
    for column in _columns(len(rows)):
        assert float(norm.of(matrix * column)) <= norm.factor * float(norm.of(column)) * (1 + 1e-12)


@pytest.mark.parametrize("rows", [SHEAR, TURN, STIFF], ids=["shear", "turn", "stiff"])
def test_norm_lies_between_its_multiples_of_the_euclidean(rows: tuple[tuple[float, ...], ...]) -> None:
    """least·|z| ≤ N(z) ≤ largest·|z|, for vectors at random."""
    norm = contracting_norm(arb_mat([list(row) for row in rows]))
    assert norm is not None
    for column in _columns(len(rows)):
        length = float((column.transpose() * column)[0, 0].sqrt())
        assert (
            float(norm.least) * length <= float(norm.of(column)) <= float(norm.largest) * length * (1 + 1e-9)
        )


@pytest.mark.parametrize(
    "rows",
    [((1.0, 0.0), (0.0, 0.5)), ((0.0, -1.0), (1.0, 0.0)), ((2.0, 0.0), (0.0, 0.1))],
    ids=["standstill", "rotation", "growth"],
)
def test_no_norm_where_nothing_contracts(rows: tuple[tuple[float, ...], ...]) -> None:
    """A spectral radius of 1 or more has no norm."""
    assert contracting_norm(arb_mat([list(row) for row in rows])) is None


def test_norm_that_does_not_solve_the_equation_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong P, here the identity for a shear, is not believed."""
    monkeypatch.setattr(lyapunov, "_stein_sum", lambda matrix: identity(matrix.nrows()))
    assert contracting_norm(arb_mat([list(row) for row in SHEAR])) is None


def test_norm_of_wide_balls_is_refused() -> None:
    """Balls that hold a matrix which does not contract have no norm."""
    assert contracting_norm(arb_mat([[arb(0.5, 1.0), arb(0)], [arb(0), arb(0.5)]])) is None


def test_spectral_bound_is_close() -> None:
    """The bound of diag(3, 1, 2) without its last row is at least 3 and at most 3·3^(1/16)."""
    matrix = arb_mat([[3, 0, 0], [0, 1, 0]])
    assert 3 <= float(spectral_bound(matrix)) <= 3 * 3 ** (1 / 16)


def _columns(size: int) -> Iterator[arb_mat]:
    numbers = random.Random(7)
    for _ in range(20):
        yield arb_mat(size, 1, [arb(numbers.gauss(0, 1)) for _ in range(size)])
