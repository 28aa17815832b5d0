"""The derivatives of a polynomial loss's ∇L in given directions.

Every partial derivative ∂_i ∂_j … L is again a polynomial, and all of them that are not zero are listed once:

    (Dᵐ∇L[t1 … tm])_i = Σ_{j1 … jm} ∂_i ∂_j1 … ∂_jm L(b) · t1_j1 ⋯ tm_jm.

At one position the derivatives share what they have in common: every power and partial derivative is computed once.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import reduce
from operator import add, mul
from typing import Any

from reference.arithmetic import Arithmetic
from reference.case import Case, FlowCase, Polynomial

__all__ = ["PolynomialDerivatives", "PolynomialDerivativesAt"]

Indices = tuple[int, ...]
Monomials = dict[tuple[int, ...], Fraction]  # coefficients by powers


class PolynomialDerivatives:
    """The derivatives of ∇L; every constant is built here, at the precision in force. Final.

    Parameters
    ----------
    case : Case or FlowCase
        Its problem is a `Polynomial`.
    arithmetic : Arithmetic

    Attributes
    ----------
    colours : int
        1: a polynomial has no batches.
    highest : int
        The last derivative of ∇L that is not zero.
    """

    colours = 1

    def __init__(self, case: Case | FlowCase, arithmetic: Arithmetic) -> None:
        problem = case.problem
        assert isinstance(problem, Polynomial)
        self.arithmetic = arithmetic
        self.size = len(case.init["b"])
        degrees = [sum(term.powers) for term in problem.terms if term.coefficient]
        self.highest = max(1, *degrees, 1) - 1
        self.zero = arithmetic.number(Fraction(0))
        partials: dict[Indices, Monomials] = {(): _loss(problem)}
        self.directions: dict[int, list[list[Indices]]] = {
            m: [_nonzero(partials, i, m, self.size) for i in range(self.size)]
            for m in range(self.highest + 1)
        }
        self.partials = {
            indices: [(powers, arithmetic.number(value)) for powers, value in monomials.items()]
            for indices, monomials in partials.items()
        }

    def at(self, position: Any) -> PolynomialDerivativesAt:
        """Return the derivatives at one position."""
        return PolynomialDerivativesAt(self, position)


class PolynomialDerivativesAt:
    """The derivatives of ∇L at one position, in directions that are named by the index `direction` gave them."""

    def __init__(self, of: PolynomialDerivatives, position: Any) -> None:
        self.of = of
        self.entries = [self._entries(position)]
        self._values: dict[Indices, Any] = {}
        self._powers: dict[tuple[int, int], Any] = {}

    def direction(self, vector: Any) -> int:
        """Return an index for a vector to differentiate along."""
        self.entries.append(self._entries(vector))
        return len(self.entries) - 1

    def derivative(self, colour: int, directions: Sequence[int]) -> Any:
        """Return Dᵐ∇L[t1 … tm], shape of b; ∇L itself for no directions."""
        return self.of.arithmetic.stack([self._coordinate(i, directions) for i in range(self.of.size)])

    def _coordinate(self, i: int, directions: Sequence[int]) -> Any:
        """Return the sum over the partial derivatives that are not zero."""
        terms = []
        for indices in self.of.directions[len(directions)][i]:
            moves = (self.entries[t][j] for t, j in zip(directions, indices, strict=True))
            terms.append(reduce(mul, moves, self._value(tuple(sorted((i, *indices))))))
        return reduce(add, terms) if terms else self.of.zero

    def _value(self, indices: Indices) -> Any:
        """Return a partial derivative at the position."""
        if indices not in self._values:
            monomials = (self._monomial(powers, c) for powers, c in self.of.partials[indices])
            self._values[indices] = reduce(add, monomials)
        return self._values[indices]

    def _monomial(self, powers: Indices, coefficient: Any) -> Any:
        factors = [self._power(i, power) for i, power in enumerate(powers) if power]
        return reduce(mul, factors, coefficient)

    def _power(self, i: int, power: int) -> Any:
        """Return b_i to a positive power."""
        if power == 1:
            return self.entries[0][i]
        if (i, power) not in self._powers:
            self._powers[i, power] = self._power(i, power // 2) * self._power(i, power - power // 2)
        return self._powers[i, power]

    def _entries(self, vector: Any) -> list[Any]:
        return [self.of.arithmetic.entry(vector, i) for i in range(self.of.size)]


def _loss(problem: Polynomial) -> Monomials:
    """Return the loss, equal monomials added."""
    loss: Monomials = {}
    for term in problem.terms:
        loss[term.powers] = loss.get(term.powers, Fraction(0)) + term.coefficient
    return loss


def _nonzero(partials: dict[Indices, Monomials], i: int, m: int, size: int) -> list[Indices]:
    """Return the j1 … jm for which ∂_i ∂_j1 … ∂_jm L is not zero, adding the derivatives met to `partials`."""
    found: list[Indices] = [()] if _partial(partials, (i,)) else []
    for _ in range(m):
        longer = [(*indices, j) for indices in found for j in range(size)]
        found = [indices for indices in longer if _partial(partials, tuple(sorted((i, *indices))))]
    return found


def _partial(partials: dict[Indices, Monomials], indices: Indices) -> Monomials:
    """Return the partial derivative of L by the sorted indices."""
    if indices not in partials:
        partials[indices] = _differentiated(_partial(partials, indices[:-1]), indices[-1])
    return partials[indices]


def _differentiated(monomials: Monomials, i: int) -> Monomials:
    """Return the derivative in coordinate i."""
    return {
        (*powers[:i], powers[i] - 1, *powers[i + 1 :]): powers[i] * coefficient
        for powers, coefficient in monomials.items()
        if powers[i] and coefficient
    }
