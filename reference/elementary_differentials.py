"""Sums of elementary differentials Σ_τ w(τ) F(τ)(β) of ∇L, for every model and for polynomial losses.

F(c[τ1 … τm]) is the m-th derivative of the gradient of colour c in the directions F(τ1), …, F(τm), so a tree's
value needs its subtrees' values first; each is computed once a position.  Trees that differ in their last
subtree alone share one derivative, taken in the direction of the weighted sum of those subtrees.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import add
from typing import Any

from reference.arithmetic import Arithmetic
from reference.case import Case, FlowCase, Polynomial
from reference.polynomial_derivatives import PolynomialDerivatives, PolynomialDerivativesAt
from reference.regression_derivatives import RegressionDerivatives, RegressionDerivativesAt
from reference.rooted_trees import Tree

__all__ = ["Derivatives", "WeightedDifferentials", "derivatives_of"]

Derivatives = RegressionDerivatives | PolynomialDerivatives
Stem = tuple[int, tuple[Tree, ...]]  # a tree without its last subtree


def derivatives_of(case: Case | FlowCase, arithmetic: Arithmetic) -> Derivatives:
    """Return the case's derivatives of ∇L over the given arithmetic."""
    if isinstance(case.problem, Polynomial):
        return PolynomialDerivatives(case, arithmetic)
    return RegressionDerivatives(case, arithmetic)


class WeightedDifferentials:
    """The map β ↦ Σ_τ w(τ) F(τ)(β); final.

    Parameters
    ----------
    derivatives : Derivatives
        Shared by all sums over one case and arithmetic.
    weights : mapping of Tree to numbers of that arithmetic, not empty
        Of ∇L, not of f = −∇L: F counts no signs.
    """

    def __init__(self, derivatives: Derivatives, weights: Mapping[Tree, Any]) -> None:
        self.derivatives = derivatives
        self.leaves: list[tuple[Tree, Any]] = []
        self.stems: dict[Stem, list[tuple[Tree, Any]]] = {}
        for tree, weight in weights.items():
            if tree.children:
                stem = (tree.colour, tree.children[:-1])
                self.stems.setdefault(stem, []).append((tree.children[-1], weight))
            else:
                self.leaves.append((tree, weight))

    def __call__(self, position: Any) -> Any:
        """Return the sum at a position, in the shape of β."""
        values = _Values(self.derivatives.at(position))
        terms = [weight * values.of(leaf) for leaf, weight in self.leaves]
        for (colour, children), lasts in self.stems.items():
            terms.append(values.derivative(colour, children, lasts))
        return reduce(add, terms)


class _Values:
    """The elementary differentials at one position, each computed when it is first wanted."""

    def __init__(self, at: RegressionDerivativesAt | PolynomialDerivativesAt) -> None:
        self._at = at
        self._vectors: dict[Tree, Any] = {}
        self._directions: dict[Tree, int] = {}

    def of(self, tree: Tree) -> Any:
        """Return F(τ)."""
        if tree not in self._vectors:
            directions = [self._direction(child) for child in tree.children]
            self._vectors[tree] = self._at.derivative(tree.colour, directions)
        return self._vectors[tree]

    def derivative(self, colour: int, children: Sequence[Tree], lasts: Sequence[tuple[Tree, Any]]) -> Any:
        """Return the derivative along the children and along the weighted sum of the last subtrees."""
        fixed = [self._direction(child) for child in children]
        if len(lasts) == 1:
            (last, weight) = lasts[0]
            return weight * self._at.derivative(colour, [*fixed, self._direction(last)])
        mixed = reduce(add, (weight * self.of(last) for last, weight in lasts))
        return self._at.derivative(colour, [*fixed, self._at.direction(mixed)])

    def _direction(self, tree: Tree) -> int:
        if tree not in self._directions:
            self._directions[tree] = self._at.direction(self.of(tree))
        return self._directions[tree]
