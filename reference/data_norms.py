"""Upper bounds on |X diag(w)|₂², cheap enough to be asked at every step."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import sqrt

from flint import arb

from reference.balls import BallArithmetic, ball_precision

__all__ = ["DataNorms"]

SLACK = 1 + 1e-12  # covers the float roundings of sums of at most a few thousand terms
BITS = 64
SQUARINGS = 4
LEADING = 6  # coordinates whose correlations are looked at one by one


class DataNorms:
    """Norms of a data matrix, computed once, and of its column-weighted forms.

    Parameters
    ----------
    rows : sequence of n rows of d rationals
    """

    def __init__(self, rows: Sequence[Sequence[Fraction]]) -> None:
        self.columns = [[float(x) for x in column] for column in zip(*rows, strict=True)]
        self.norm_squared = _spectral_norm_squared(rows)
        self._inner: dict[tuple[int, int], float] = {}

    def weighted_norm_squared(self, squares: Sequence[float]) -> float:
        """Return a bound on |X diag(√squares)|₂².

        The columns are split into the few with the largest weights and the rest; the squared
        norms of the two parts add.  The rest is bounded by |X|₂² times its largest weight; the
        leading columns by Gershgorin's circles on their weighted Gram matrix.

        Parameters
        ----------
        squares : sequence of d floats, at least 0
        """
        largest = sorted(range(len(squares)), key=squares.__getitem__, reverse=True)[: LEADING + 1]
        whole = self.norm_squared * squares[largest[0]]
        if len(squares) <= LEADING:
            return min(whole, self._circles(squares, largest))
        *leading, first_of_rest = largest
        split = self._circles(squares, leading) + self.norm_squared * squares[first_of_rest]
        return min(whole, split) * SLACK

    def _circles(self, squares: Sequence[float], chosen: Sequence[int]) -> float:
        """Return max_i Σ_j w_i |x_i·x_j| w_j over the chosen columns."""
        weights = [(j, sqrt(squares[j])) for j in chosen]
        known = self._correlation
        return max([w * sum([v * known(i, j) for j, v in weights]) for i, w in weights]) * SLACK

    def _correlation(self, i: int, j: int) -> float:
        """Return a bound on |x_i·x_j|, remembered."""
        key = (i, j) if i <= j else (j, i)
        if key not in self._inner:
            products = [a * b for a, b in zip(self.columns[i], self.columns[j], strict=True)]
            # conversions, products and sums of n terms: (n + 3) roundings of the absolute sum
            rounding = (len(products) + 3) * 2.0**-52 * sum(map(abs, products))
            self._inner[key] = abs(sum(products)) + rounding
        return self._inner[key]


def _spectral_norm_squared(rows: Sequence[Sequence[Fraction]]) -> float:
    """Return a bound on |X|₂² = |G|₂, G = XXᵀ or XᵀX, from |G|₂ ≤ |G^(2^m)|_F^(1/2^m) in balls."""
    if not any(map(any, rows)):
        return 0.0  # the root of a ball around zero is no number
    with ball_precision(BITS):
        matrix = BallArithmetic().matrix(rows)
        wide = len(rows) <= len(rows[0])
        gram = matrix.X * matrix.transpose if wide else matrix.transpose * matrix.X
        for _ in range(SQUARINGS):
            gram = gram * gram
        frobenius = sum((entry * entry for entry in gram.entries()), start=arb(0)).sqrt()
        return float(frobenius.root(2**SQUARINGS).abs_upper()) * SLACK
