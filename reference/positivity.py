"""Proof that a rational polynomial is positive on an interval, by Bernstein coefficients.

On [0, h] a polynomial is a convex combination of its Bernstein coefficients; if all are positive
so is the polynomial.  Halving the interval sharpens them, so every polynomial that is positive on
the closed interval is proved so after finitely many halvings.  The arithmetic is exact.

Source: Cargo and Shisha 1966.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import comb
from typing import Any

from flint import fmpq

__all__ = ["positive_on"]

DEEPEST = 12


def positive_on(coefficients: Sequence[Any], length: Any) -> bool:
    """Return True only if Σ c_i a^i > 0 is proved for every a in [0, length].

    Parameters
    ----------
    coefficients : sequence of fmpq, lowest power first
    length : fmpq
        The right end, at least 0.

    Returns
    -------
    bool
        False means "not proved within `DEEPEST` halvings", not "negative somewhere".
    """
    return _positive(_bernstein(coefficients, length), DEEPEST)


def _bernstein(coefficients: Sequence[Any], length: Any) -> list[Any]:
    """Return b_j = Σ_{i ≤ j} C(j, i)/C(n, i) c_i length^i."""
    degree = len(coefficients) - 1
    scaled = [c * length**i / comb(degree, i) for i, c in enumerate(coefficients)]
    return [sum((comb(j, i) * scaled[i] for i in range(j + 1)), start=fmpq(0)) for j in range(degree + 1)]


def _positive(bernstein: list[Any], halvings: int) -> bool:
    """Decide on one interval, halving it while the coefficients are of mixed sign."""
    if all(b > 0 for b in bernstein):
        return True
    if halvings == 0 or bernstein[0] <= 0 or bernstein[-1] <= 0:
        return False
    left, right = _halve(bernstein)
    return _positive(left, halvings - 1) and _positive(right, halvings - 1)


def _halve(bernstein: list[Any]) -> tuple[list[Any], list[Any]]:
    """Return the coefficients on the two halves (de Casteljau)."""
    left, right, row = [], [], list(bernstein)
    while row:
        left.append(row[0])
        right.append(row[-1])
        row = [(a + b) / 2 for a, b in pairwise(row)]
    return left, right[::-1]
