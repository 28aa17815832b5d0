"""A norm in which a linear map contracts: found in numbers, proved in balls.

For a matrix M of spectral radius below 1 and a factor σ between that radius and 1, put B = M/σ and

    P = Σ_k (Bᵀ)^k B^k,    N(z) = √(zᵀPz),

so that BᵀPB = P − I.  What is computed is a symmetric P that solves this but for a remainder R:

    MᵀPM = σ²(P − I) + R.

If some power of B is proved to have norm below 1, then P = Σ_k (Bᵀ)^k (I − R/σ²) B^k is the only
solution, and |R| ≤ σ²/2 gives P ≥ I/2 and MᵀPM ≤ σ²P, that is N(Mz) ≤ σ N(z).

Source: Boyd et al. 1994 (quadratic Lyapunov functions); the sum by doubling goes back to R. A. Smith, 1968.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, log2
from typing import Any

from flint import arb, arb_mat

__all__ = [
    "ContractingNorm",
    "certainly_at_most",
    "certainly_less",
    "contracting_norm",
    "identity",
    "spectral_bound",
    "upper",
]

DOUBLINGS = 44  # M^(2^44): a radius up to 1 − 1e-12 is told from 1
LARGEST_RADIUS = 1 - 1e-9
SMALLEST_FACTOR = 0.25
NEGLIGIBLE = 2.0**-40
SQUARINGS = 3


@dataclass(frozen=True)
class ContractingNorm:
    """N(z) = √(zᵀPz) with N(Mz) ≤ factor · N(z) and least · |z|₂ ≤ N(z) ≤ largest · |z|₂.

    Parameters
    ----------
    form : arb_mat, shape (m, m)
        P, exact and symmetric.
    factor : float
        σ < 1.
    least, largest : arb
    """

    form: Any
    factor: float
    least: Any
    largest: Any

    def of(self, column: Any) -> Any:
        """Return an upper bound on N of a column of balls, shape (m, 1)."""
        return upper((column.transpose() * self.form * column)[0, 0]).sqrt()


def contracting_norm(matrix: Any) -> ContractingNorm | None:
    """Return a norm in which a matrix contracts, or None if none is found.

    Parameters
    ----------
    matrix : arb_mat, shape (m, m)
        Balls; the norm contracts every matrix within.

    Returns
    -------
    ContractingNorm or None
        None says that no proof was found, not that there is none.
    """
    radius = _spectral_radius(matrix.mid())
    if not radius < LARGEST_RADIUS:
        return None
    factor = max(radius**0.5, SMALLEST_FACTOR)
    form = _stein_sum(matrix * (1 / arb(factor)))
    return None if form is None else _proved(matrix, form, factor)


def spectral_bound(matrix: Any) -> Any:
    """Return an upper bound on |A|₂, from |A|₂^(2q) ≤ |(AᵀA)^q|_F with q = 2^SQUARINGS."""
    small = matrix.nrows() <= matrix.ncols()
    gram = matrix * matrix.transpose() if small else matrix.transpose() * matrix
    for _ in range(SQUARINGS):
        gram = gram * gram
    return upper(upper(_frobenius(gram)).root(2 ** (SQUARINGS + 1)))


def identity(size: int) -> Any:
    """Return the identity matrix."""
    return arb_mat(size, size, [arb(int(i == j)) for i in range(size) for j in range(size)])


def upper(value: Any) -> Any:
    """Return the exact ball of a number's upper bound."""
    return arb(value.abs_upper())


def certainly_less(left: Any, right: Any) -> bool:
    """Return True only if every point of the left ball is less than every point of the right one."""
    return bool(left < right)


def certainly_at_most(left: Any, right: Any) -> bool:
    """Return True only if no point of the left ball exceeds any point of the right one."""
    return bool(left <= right)


def _proved(matrix: Any, form: Any, factor: float) -> ContractingNorm | None:
    """Return the norm if the remainder of Stein's equation is proved small."""
    square = arb(factor) ** 2
    remainder = matrix.transpose() * form * matrix - (form - identity(form.nrows())) * square
    if not certainly_less(_frobenius(remainder), square / 2):
        return None
    return ContractingNorm(form, factor, arb(1) / arb(2).sqrt(), spectral_bound(form).sqrt())


def _stein_sum(matrix: Any) -> Any:
    """Return midpoints of Σ (Bᵀ)^k B^k by doubling, or None if no power of B is proved to be small."""
    form, power = identity(matrix.nrows()), matrix
    for _ in range(DOUBLINGS):
        middle = power.mid()
        form = (form + middle.transpose() * form * middle).mid()
        form = ((form + form.transpose()) * (arb(1) / 2)).mid()
        power = power * power
        size, total = float(_frobenius(power).abs_upper()), float(_frobenius(form).abs_upper())
        if not (isfinite(size) and isfinite(total)):
            return None
        if size * size * total < NEGLIGIBLE:
            return form
    return None


def _spectral_radius(matrix: Any) -> float:
    """Return an estimate of the spectral radius, |M^(2^j)|^(1/2^j) for a large j."""
    logarithm = 0.0
    for j in range(DOUBLINGS):
        size = float(_frobenius(matrix).mid())
        if not isfinite(size):
            return float("inf")
        if size == 0:
            return 0.0
        logarithm += log2(size) / 2**j
        scaled = (matrix * (1 / arb(size))).mid()
        matrix = (scaled * scaled).mid()
    return float(2.0**logarithm)


def _frobenius(matrix: Any) -> Any:
    """Return |A|_F, an upper bound where the entries are balls."""
    return sum((upper(entry) ** 2 for entry in matrix.entries()), start=arb(0)).sqrt()
