"""Sparse regressions from small symmetric starts, where gradient descent ends nearer to the truth than heavy ball."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from oracle.claims.paper_002.shared_diagonal_field import Network
from oracle.sparse_regression import generate
from reference.case import Regression

__all__ = ["CROSSING", "SCALE", "SMALL", "STEP", "SmallScale"]

SCALE = Fraction(1, 20)
STEP = Fraction(1, 10)


@dataclass(frozen=True)
class SmallScale:
    """A network with the sparse w* that made its targets.

    Parameters
    ----------
    network : Network
    truth : tuple of d Fractions
        w*.
    """

    network: Network
    truth: tuple[Fraction, ...]


def _sparse(n: int, d: int, seed: int) -> SmallScale:
    found = generate(n, d, 1, seed)
    problem = Regression(found.X, found.y, "half_mean_square")
    name = f"sparse regression n = {n}, d = {d}, one non-zero, seed {seed}, s = {SCALE}, μ = 1/2"
    return SmallScale(Network(name, problem, (SCALE,) * d, Fraction(1, 2)), found.truth)


SMALL = (_sparse(2, 4, 6), _sparse(2, 4, 7))
CROSSING = _sparse(1, 3, 20)  # a w± of heavy ball changes sign on the way
