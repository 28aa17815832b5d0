"""B-series: maps and vector fields that are formal power series in η with rooted trees as their index.

With σ(τ) the symmetry and F(τ) the elementary differential of a tree, F(c[τ1 … τm]) = f_c^(m)(F(τ1), …, F(τm)),
a coefficient a(τ) for every tree stands for

    the map    β ↦ β + Σ_τ a(τ) η^|τ| / σ(τ) · F(τ)(β),
    the field  β' = Σ_τ a(τ) η^(|τ| − 1) / σ(τ) · F(τ)(β).

Everything below is exact for any numbers with + and *: no coefficient is ever rounded.  A set of trees must hold
every tree that pruning one of its members leaves, and list smaller trees first; `trees_up_to` does both.

Source: Hairer, Lubich, Wanner, Geometric Numerical Integration (2006), chapters III.1 and IX.9, whose backward error
analysis paper 002 builds on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from reference.rooted_trees import Tree, branches, prunings

__all__ = ["Series", "compose", "exponential", "inverse", "lie_derivative", "logarithm"]

Series = Mapping[Tree, Any]  # the coefficients share one exact number type: Fraction or fmpq


def compose(outer: Series, inner: Series, trees: Sequence[Tree]) -> dict[Tree, Any]:
    """Return the map outer ∘ inner: Σ over prunings of outer(kept) Π inner(removed), and inner(τ) itself."""
    return {tree: inner[tree] + _pruned(outer, inner, tree, whole=True) for tree in trees}


def inverse(of: Series, trees: Sequence[Tree]) -> dict[Tree, Any]:
    """Return the map that undoes the given one: compose(inverse(a), a) is the identity."""
    undone: dict[Tree, Any] = {}
    for tree in trees:
        undone[tree] = -(of[tree] + _pruned(undone, of, tree, whole=False))
    return undone


def lie_derivative(of: Series, along: Series, trees: Sequence[Tree]) -> dict[Tree, Any]:
    """Return the derivative of one field's series along another: Σ over single cuts of of(kept) along(removed)."""
    return {tree: _derivative(of, along, tree, 0 * of[tree]) for tree in trees}


def exponential(field: Series, trees: Sequence[Tree]) -> dict[Tree, Any]:
    """Return the map that the field's flow makes in time η: Σ_m (derivative along the field)^(m−1) field / m!."""
    total, term, divisor = dict(field), field, 1
    for m in range(2, _height(trees) + 1):
        term, divisor = lie_derivative(term, field, trees), divisor * m
        total = {tree: total[tree] + term[tree] / divisor for tree in trees}
    return total


def logarithm(of: Series, trees: Sequence[Tree]) -> dict[Tree, Any]:
    """Return the field whose flow makes the given map in time η: the modified equation of the map.

    In the exponential of a tree the field's own coefficient stands alone and all others belong to smaller trees,
    so the trees are solved for one after the other.
    """
    field: dict[Tree, Any] = {}
    powers: list[dict[Tree, Any]] = [field]
    for tree in trees:
        rest: Any = 0
        divisor = 1
        for m in range(2, tree.nodes + 1):
            divisor *= m
            if len(powers) < m:
                powers.append({})
            powers[m - 1][tree] = _derivative(powers[m - 2], field, tree, 0 * of[tree])
            rest = rest + powers[m - 1][tree] / divisor
        field[tree] = of[tree] - rest
    return field


def _pruned(outer: Series, inner: Series, tree: Tree, *, whole: bool) -> Any:
    """Return the sum over prunings of outer(kept) Π inner(removed), with or without the uncut tree."""
    total: Any = 0
    for ways, kept, removed in prunings(tree):
        if removed or whole:
            total = total + ways * _product(outer[kept], (inner[branch] for branch in removed))
    return total


def _derivative(of: Series, along: Series, tree: Tree, total: Any) -> Any:
    """Return one coefficient of the Lie derivative, added to `total`, a zero that will bear exact division."""
    for ways, kept, removed in branches(tree):
        if kept in of:
            total = total + ways * of[kept] * along[removed[0]]
    return total


def _product(first: Any, others: Iterable[Any]) -> Any:
    """Return the product of the numbers."""
    for other in others:
        first = first * other
    return first


def _height(trees: Sequence[Tree]) -> int:
    """Return the most nodes of any tree."""
    return max((tree.nodes for tree in trees), default=0)
