"""Whether Xθ = y has solutions, decided in exact rationals before anything is minimised.

Gaussian elimination on (X, y) either finds full row rank, or a combination of rows that vanishes;
if the same combination of y does not, the equations contradict each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from flint import fmpq, fmpq_mat, nmod_mat

from reference.case import Regression

__all__ = ["InfeasibleError", "KktError", "RankDeficientError", "require_full_rank"]

SHOWN = 6  # rows of a dependence that a message lists


class KktError(ValueError):
    """A minimiser was asked for that is not defined, or not unique in its dual."""


class InfeasibleError(KktError):
    """Xθ = y has no solution."""


class RankDeficientError(KktError):
    """The rows of X depend on each other."""


def require_full_rank(problem: Regression) -> None:
    """Require that the rows of X are linearly independent.

    Parameters
    ----------
    problem : Regression

    Raises
    ------
    InfeasibleError
        If rows contradict each other.
    RankDeficientError
        If a row is a combination of the others, consistently.
    """
    n, d = len(problem.X), len(problem.X[0])
    if n <= d and _rank_modulo(problem.X) == n:
        return
    rows = [[*map(_exact, row), *(fmpq(int(i == j)) for j in range(n))] for i, row in enumerate(problem.X)]
    reduced, _ = fmpq_mat(n, d + n, [entry for row in rows for entry in row]).rref()
    for i in range(n):
        if all(reduced[i, j] == 0 for j in range(d)):
            raise _dependence([_fraction(reduced[i, d + j]) for j in range(n)], problem.y)


def _dependence(weights: Sequence[Fraction], y: Sequence[Fraction]) -> KktError:
    """Return the error for a vanishing combination of rows."""
    named = [f"{weight} × row {i}" for i, weight in enumerate(weights) if weight]
    shown = " + ".join(named[:SHOWN]) + (f" + {len(named) - SHOWN} more" if len(named) > SHOWN else "")
    value = sum((weight * target for weight, target in zip(weights, y, strict=True)), start=Fraction(0))
    if value:
        return InfeasibleError(
            f"Xθ = y has no solution: the combination {shown} of the rows of `X` is zero, but of `y` it is {value}. "
            "Correct the data, or ask for the flow or the iterates, which need no interpolation"
        )
    return RankDeficientError(
        f"the rows of `X` are linearly dependent: {shown} is zero, so the dual variables are not unique. "
        "Leave out one of these rows; the minimiser stays the same"
    )


def _rank_modulo(rows: Sequence[Sequence[Fraction]]) -> int:
    """Return the rank of X modulo a large prime: a lower bound on its rank, and cheap."""
    prime = (1 << 61) - 1
    if any(entry.denominator % prime == 0 for row in rows for entry in row):
        return 0
    entries = [e.numerator * pow(e.denominator, -1, prime) % prime for row in rows for e in row]
    return int(nmod_mat(len(rows), len(rows[0]), entries, prime).rank())


def _exact(value: Fraction) -> fmpq:
    return fmpq(value.numerator, value.denominator)


def _fraction(value: fmpq) -> Fraction:
    return Fraction(int(value.p), int(value.q))
