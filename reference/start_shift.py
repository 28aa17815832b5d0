"""Where the stationary flow must start to follow heavy ball from rest: the projection along the fast direction.

Heavy ball T(β, p) = (β + μp + ηf(β), μp + ηf(β)) has a slow manifold p = P(β) = β − Φ⁻¹(β), on which it moves
by Φ (`reference.heavy_ball_series`), and every other start approaches an orbit on it by a factor μ a step.  The
start of that orbit is S(β, p), fixed by

    S ∘ T = Φ ∘ S    and    S(β, P(β)) = β,

so that S(β0, 0) = lim Φ⁻ᵏ(β_k) = β0 − η μ/(1 − μ)² f(β0) + O(η²): the stationary flow starts further up.

As a formal series S is a B-series in two fields, f and the constant field p (of the size of η), whose nodes are
leaves of colour `MOMENTUM`.  T moves only leaves: a leaf of a tree of S ∘ T was there already, or replaced a
p-leaf of S, or came from the displacement μp + ηf of the point where its parent is evaluated.  A tree with j ≥ 1
p-leaves therefore has s(τ) μ^j = s(τ) + known terms; one without has its value from the second condition.

Source: derived here; that the large-k flow of paper 002, Eq. 17 and of paper 001, Eq. 5 misses heavy ball by
O(η) without this shift is shown in tests/reference/test_start_shift.py.
"""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import product
from math import prod

from reference.b_series import inverse
from reference.heavy_ball_series import stationary_map
from reference.rooted_trees import Tree, grow, prunings, trees_up_to

__all__ = ["MOMENTUM", "P_LEAF", "projection", "shift"]

MOMENTUM = -1
P_LEAF = Tree(MOMENTUM, ())

Coefficients = dict[Tree, Fraction]


def shift(momentum: Fraction, nodes: int, most_children: int | None = None) -> Coefficients:
    """Return s(τ) of S(β, 0) = β + Σ s(τ) η^|τ|/σ(τ) F(τ)(β), for trees of at most `nodes` nodes.

    Parameters
    ----------
    momentum : Fraction
        0 ≤ μ < 1; μ = 0 gives zeros.
    nodes : int
        Powers of η kept; none for 0.
    most_children : int, optional
        Children that a node may have.
    """
    known = projection(momentum, nodes, most_children)
    return {tree: known[tree] for tree in trees_up_to(nodes, most_children)}


def projection(momentum: Fraction, nodes: int, most_children: int | None = None) -> Coefficients:
    """Return s(τ) of S(β, p) for all trees in f and p of at most `nodes` nodes; p has the order of η."""
    plain = trees_up_to(nodes, most_children)
    stationary = stationary_map(momentum, plain)
    onto = {tree: -value for tree, value in inverse(stationary, plain).items()}  # P(β)
    known: Coefficients = {}
    trees = trees_up_to(nodes, most_children, leaf_colours=(MOMENTUM,))
    for tree in sorted(trees, key=lambda one: (one.nodes, -one.count(MOMENTUM))):
        momenta = tree.count(MOMENTUM)
        if momenta:
            excess = _step_first(tree, known, momentum) - _step_last(tree, known, stationary)
            known[tree] = excess / (1 - momentum**momenta)
        else:
            known[tree] = -_on_slow_manifold(tree, known, onto)
    return known


def _step_first(tree: Tree, known: Coefficients, momentum: Fraction) -> Fraction:
    """Return the coefficient of S ∘ T, less the term of s(τ) itself."""
    total = Fraction(0)
    if not tree.children:
        total += momentum if tree == P_LEAF else 1
    for (before, power), ways in _before(tree).items():
        if before is not None and before != tree:
            total += ways * momentum**power * known[before]
    return total


def _before(tree: Tree) -> Counter[tuple[Tree | None, int]]:
    """Return what S held before T moved the leaves, with the power of μ that T brings, and in how many ways.

    None is a leaf that T itself brings.
    """
    if tree == P_LEAF:
        return Counter({(P_LEAF, 1): 1, (None, 1): 1})
    if not tree.children:
        return Counter({(tree, 0): 1, (P_LEAF, 0): 1, (None, 0): 1})
    found: Counter[tuple[Tree | None, int]] = Counter()
    for choice in product(*(_before(child).items() for child in tree.children)):
        children = [child for (child, _), _ in choice if child is not None]
        power = sum(power for (_, power), _ in choice)
        found[grow(children, tree.colour), power] += prod(ways for _, ways in choice)
    return found


def _step_last(tree: Tree, known: Coefficients, stationary: Coefficients) -> Fraction:
    """Return the coefficient of Φ ∘ S, less the term s(τ); Φ has no trees with p-leaves."""
    total = Fraction(0)
    for ways, kept, removed in prunings(tree):
        if kept in stationary:
            total += ways * stationary[kept] * prod((known[branch] for branch in removed), start=Fraction(1))
    return total


def _on_slow_manifold(tree: Tree, known: Coefficients, onto: Coefficients) -> Fraction:
    """Return the coefficient of S(β, P(β)) − β, less the term s(τ): P-series stand where S has p-leaves."""
    total = known[P_LEAF] * onto[tree]
    for ways, kept, removed in prunings(tree, P_LEAF):
        if removed:
            total += ways * known[kept] * prod((onto[branch] for branch in removed), start=Fraction(1))
    return total
