"""The two ends of the hyperbolic entropy, exactly: least ℓ2 norm for ξ → ∞, least ℓ1 norm for ξ → 0.

ξ → ∞ with ξ = c·w: Q_ξ(θ) → Σ θ²/(16 c w), so the minimiser tends to θ = W Xᵀ(X W Xᵀ)⁻¹ y (for w = 1 the
pseudo-inverse).  ξ → 0, all alike: Q_ξ ~ ¼ log(1/ξ) Σ|θ|, and the minimiser tends to the least ℓ1 norm where that is
unique.  There the answer is a vertex: n columns B with θ_B = X_B⁻¹ y, and it is proved by a dual ν with

    X_Bᵀν = sign,   |Xᵀν| ≤ 1,   sign(θ_B) = that sign wherever θ_B ≠ 0,

all in rationals.  The entropy's own dual at a small ξ says which columns to try.

Source: paper 000, Sec. 3 (which prints Q_ξ → ‖θ‖₁; what tends to it is 4Q_ξ/log(1/ξ)).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from flint import fmpq, fmpq_mat

from reference.case import Regression
from reference.feasibility import KktError, require_full_rank
from reference.kkt import certified_minimiser

__all__ = ["LeastL1", "UnprovedVertexError", "least_l1", "least_l2"]

SCALES = tuple(Fraction(1, 10**k) for k in (8, 16, 32, 64))  # ξ tried, until a vertex is proved


class UnprovedVertexError(KktError):
    """No vertex could be proved optimal: the least ℓ1 norm may not be unique."""


@dataclass(frozen=True)
class LeastL1:
    """A proved solution of min Σ|θ_j| subject to Xθ = y.

    Parameters
    ----------
    theta : tuple of d Fractions
    dual : tuple of n Fractions
        ν of the proof.
    unique : bool
        Whether the proof shows that no other θ is as short: |Xᵀν| < 1 off the vertex's columns.
    """

    theta: tuple[Fraction, ...]
    dual: tuple[Fraction, ...]
    unique: bool


def least_l2(problem: Regression, weights: Sequence[Fraction] | None = None) -> tuple[Fraction, ...]:
    """Return argmin Σ θ_j²/w_j subject to Xθ = y, exactly.

    Parameters
    ----------
    problem : Regression
        Rows of X linearly independent.
    weights : sequence of d positive rationals, optional
        w; ones unless given.

    Raises
    ------
    KktError
        If the rows of X depend on each other.
    """
    require_full_rank(problem)
    n, d = len(problem.X), len(problem.X[0])
    w = [_exact(weight) for weight in weights or (Fraction(1),) * d]
    X = fmpq_mat(n, d, [_exact(x) for row in problem.X for x in row])
    scaled = fmpq_mat(n, d, [X[i, j] * w[j] for i in range(n) for j in range(d)])
    y = fmpq_mat(n, 1, [_exact(t) for t in problem.y])
    theta = scaled.transpose() * (scaled * X.transpose()).solve(y)
    return tuple(_fraction(theta[j, 0]) for j in range(d))


def least_l1(problem: Regression) -> LeastL1:
    """Return the interpolating θ of least ℓ1 norm, with its proof.

    Raises
    ------
    UnprovedVertexError
        If no vertex suggested by the entropy's minimisers is optimal: the solution may be a whole face.
    KktError
        If the rows of X depend on each other.
    """
    require_full_rank(problem)
    d = len(problem.X[0])
    for scale in SCALES:
        found = certified_minimiser(problem, [scale] * d, [Fraction(0)] * d, 20, cross_check=False)
        dual = found.arrays["dual"].rows[0].integers
        slopes = [
            sum(x * nu for x, nu in zip(column, dual, strict=True)) for column in zip(*problem.X, strict=True)
        ]
        proved = _vertex(problem, slopes)
        if proved is not None:
            return proved
    raise UnprovedVertexError(
        "no vertex could be proved to have the least ℓ1 norm: the shortest θ may not be unique, or two vertices be nearly "
        "as short. Ask for the minimiser at a small ξ instead, which is always unique"
    )


def _vertex(problem: Regression, slopes: Sequence[Fraction]) -> LeastL1 | None:
    """Return the vertex on the columns with the largest |slope|, if it is optimal."""
    n, d = len(problem.X), len(problem.X[0])
    columns = _basis(problem, sorted(range(d), key=lambda j: abs(slopes[j]), reverse=True))
    square = fmpq_mat(n, n, [_exact(problem.X[i][j]) for i in range(n) for j in columns])
    values = square.solve(fmpq_mat(n, 1, [_exact(t) for t in problem.y]))
    signs = [1 if slopes[j] > 0 else -1 for j in columns]
    dual = square.transpose().solve(fmpq_mat(n, 1, [fmpq(sign) for sign in signs]))
    nu = [_fraction(dual[i, 0]) for i in range(n)]
    correlation = [
        sum((x * v for x, v in zip(column, nu, strict=True)), start=Fraction(0))
        for column in zip(*problem.X, strict=True)
    ]
    if any(values[k, 0] * signs[k] < 0 for k in range(n)) or any(abs(c) > 1 for c in correlation):
        return None
    theta = [Fraction(0)] * d
    for k, j in enumerate(columns):
        theta[j] = _fraction(values[k, 0])
    unique = all(abs(c) < 1 for j, c in enumerate(correlation) if j not in columns)
    return LeastL1(tuple(theta), tuple(nu), unique)


def _basis(problem: Regression, order: Sequence[int]) -> list[int]:
    """Return the first n linearly independent columns in an order."""
    n = len(problem.X)
    entries = [_exact(problem.X[i][j]) for i in range(n) for j in order]
    reduced, _ = fmpq_mat(n, len(order), entries).rref()
    pivots = [next(j for j in range(len(order)) if reduced[i, j] != 0) for i in range(n)]
    return [order[pivot] for pivot in pivots]


def _exact(value: Fraction) -> fmpq:
    return fmpq(value.numerator, value.denominator)


def _fraction(value: fmpq) -> Fraction:
    return Fraction(int(value.p), int(value.q))
