"""Theorem 2.1 of paper 002 as it is printed, over any numbers, and the step maps of heavy ball to hold it against.

A field of the piecewise flow is −(G_k + Σ_σ η^(σ+1) γ_k^(σ)); each γ^(σ) is a sum of elementary differentials of ∇L
with σ + 2 nodes, held as tree → coefficient.  A list `fields` has G_k = γ_k^(−1) first, then γ_k^(0), γ_k^(1), …

Heavy ball from rest is β_{k+1} = Φ_k(β_k) with Φ_k = id − η∇L + μ(id − Φ_{k−1}⁻¹), because β_{k−1} = Φ_{k−1}⁻¹(β_k).
That is all the recursion has to reproduce: Φ_k must be what the field of step k does in time η.

Source: paper 002, Theorem 2.1, Eq. 13–16.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from math import factorial
from typing import Any

from flint import Ordering, fmpq_mpoly_ctx, fmpq_poly

from reference.b_series import exponential, inverse
from reference.rooted_trees import LEAF, Tree, branches, grow, trees_up_to

__all__ = [
    "FORK", "TALL", "TWO", "Fields", "all_step_identity", "as_map_series", "fields_of_steps", "first_fields",
    "in_stationary_ring", "next_fields", "nothing", "stationary_fields", "step_gap", "third_order",
]  # fmt: skip

Series = dict[Tree, Any]
Fields = list[Series]
TWO = grow([LEAF])
TALL, FORK = grow([TWO]), grow([LEAF, LEAF])


def sign(m: int) -> int:
    """Return the sign that Theorem 2.1 prints before L_j^(σ₁)…γ_j: (−1)^m."""
    return -1 if m % 2 else 1


def past_sign(m: int) -> int:
    """Return the sign that it prints before μ L_{j−1}^(σ₁)…γ_{j−1}: plus."""
    return 1


def chi(now: Fields, before: Fields, order: int, times_momentum: Callable[[Any], Any]) -> Series:
    """Return χ_j^(σ), σ = `order`, from the fields of the steps j and j − 1."""
    total: Series = dict.fromkeys(_trees_of(order + 2), 0)
    for m in range(2, order + 3):
        here, past = _summed(now, m, order), _summed(before, m, order)
        for tree in total:
            both = sign(m) * here[tree] + times_momentum(past_sign(m) * past[tree])
            total[tree] = total[tree] + both / factorial(m)
    return total


def next_fields(before: Fields, top: int, momentum: Any) -> Fields:
    """Return the fields of step k from those of step k − 1: γ_k^(σ) = μ γ_{k−1}^(σ) + χ_k^(σ), σ ≤ `top`."""
    now: Fields = [{LEAF: momentum * before[0][LEAF] + 1}]
    for order in range(top + 1):
        fresh = chi(now, before, order, lambda value: momentum * value)
        now.append({tree: momentum * before[order + 1][tree] + value for tree, value in fresh.items()})
    return now


def nothing(top: int, zero: Any = 0) -> Fields:
    """Return G₋₁ = γ₋₁ = 0."""
    return [dict.fromkeys(_trees_of(nodes), zero) for nodes in range(1, top + 3)]


def first_fields(top: int, momentum: Any) -> Fields:
    """Return the fields of step 0."""
    return next_fields(nothing(top, 0 * momentum), top, momentum)


def fields_of_steps(top: int, momentum: Any, before: Fields | None = None) -> Iterator[Fields]:
    """Yield the fields of the steps 0, 1, …; `before` stands for step −1, zero if left out."""
    fields = nothing(top, 0 * momentum) if before is None else before
    while True:
        fields = next_fields(fields, top, momentum)
        yield fields


def in_stationary_ring(value: fmpq_poly) -> fmpq_poly:
    """Return μ times a polynomial of r = 1/(1 − μ) without constant term: μ rⁿ = rⁿ − rⁿ⁻¹."""
    if value[0] != 0:
        raise ArithmeticError(f"{value} has a constant term, so μ times it is no polynomial of 1/(1 − μ)")
    return value - fmpq_poly([value[i] for i in range(1, value.degree() + 1)])


def stationary_fields(top: int) -> Fields:
    """Return the limit k → ∞ for all μ at once, in polynomials of r = 1/(1 − μ): γ^(σ) = r χ^(σ)."""
    r = fmpq_poly([0, 1])
    fields: Fields = [{LEAF: r}]
    for order in range(top + 1):
        fresh = chi(fields, fields, order, lambda value: in_stationary_ring(0 * r + value))
        fields.append({tree: r * value for tree, value in fresh.items()})
    return fields


def third_order(fields: Fields) -> tuple[Any, Any]:
    """Return the factors of ω₁ and ω₂ in γ^(1): F([[.]]) = ω₁ and F([..]) = ω₂ − ω₁, which has symmetry 2."""
    fork = fields[2][FORK] / 2
    return fields[2][TALL] - fork, fork


def as_map_series(fields: Fields) -> Series:
    """Return the field by trees of f = −∇L, as `reference.b_series` has it: a(τ) = −(−1)^|τ| γ(τ)."""
    return {tree: (-1) ** (tree.nodes + 1) * value for part in fields for tree, value in part.items()}


def step_gap(now: Fields, before: Fields | None, momentum: Any, nodes: int) -> Series:
    """Return the flow's map of step k less Φ_k, where step k − 1 was exact; trees of up to `nodes` nodes.

    Without `before`, step k is the first, and Φ_0 = id + ηf.
    """
    trees = trees_up_to(nodes)
    made = exponential(_padded(as_map_series(now), trees, momentum), trees)
    gap = {tree: made[tree] - (1 if tree == LEAF else 0) for tree in trees}
    if before is not None:
        undone = inverse(exponential(_padded(as_map_series(before), trees, momentum), trees), trees)
        gap = {tree: value + momentum * undone[tree] for tree, value in gap.items()}
    return gap


@lru_cache(maxsize=8)
def all_step_identity(top: int) -> tuple[int, int]:
    """Return how many coefficients of a step's map differ from heavy ball's: at the first step, and at any later one.

    The fields of step k − 1 are indeterminates, one a tree, and so is μ; so zero means: if the flow makes Φ_{k−1} in the
    interval before, it makes Φ_k in this one, for every k, μ and L, up to terms of η^(top + 3).
    """
    trees = trees_up_to(top + 2)
    names = ("mu", *(f"g{i}" for i in range(len(trees))))
    momentum, *symbols = fmpq_mpoly_ctx.get(names, Ordering.degrevlex).gens()
    of_tree = dict(zip(trees, symbols, strict=True))
    before = [{tree: of_tree[tree] for tree in _trees_of(nodes)} for nodes in range(1, top + 3)]
    later = step_gap(next_fields(before, top, momentum), before, momentum, top + 2)
    first = step_gap(first_fields(top, momentum), None, momentum, top + 2)
    return sum(value != 0 for value in first.values()), sum(value != 0 for value in later.values())


def _trees_of(nodes: int) -> tuple[Tree, ...]:
    return tuple(tree for tree in _all_trees(nodes) if tree.nodes == nodes)


@lru_cache(maxsize=16)
def _all_trees(nodes: int) -> tuple[Tree, ...]:
    return trees_up_to(nodes)


def _padded(series: Series, trees: Sequence[Tree], momentum: Any) -> Series:
    """Return the series with a zero wherever it has no coefficient."""
    zero = 0 * momentum
    return {tree: zero + series.get(tree, 0) for tree in trees}


def _summed(fields: Fields, m: int, order: int) -> Series:
    """Return Σ over S_{m,σ} of L^(σ₁) … L^(σ_{m−1}) γ^(σ_m − 1)."""
    total: Series = dict.fromkeys(_trees_of(order + 2), 0)
    for sizes in _compositions(order - m + 2, m):
        term = fields[sizes[-1]]
        for size in reversed(sizes[:-1]):
            term = _differentiated(term, fields[size])
        total = {tree: value + term[tree] for tree, value in total.items()}
    return total


def _compositions(total: int, parts: int) -> Iterator[tuple[int, ...]]:
    """Yield every (σ₁, …, σ_m) of natural numbers with the given sum."""
    if parts == 1:
        yield (total,)
        return
    for first in range(total + 1):
        for rest in _compositions(total - first, parts - 1):
            yield (first, *rest)


def _differentiated(of: Series, along: Series) -> Series:
    """Return (along·∇) of: one branch grown, in every way."""
    nodes = next(iter(of)).nodes + next(iter(along)).nodes
    result: Series = {}
    for tree in _trees_of(nodes):
        total: Any = 0
        for ways, kept, removed in branches(tree):
            if kept in of and removed[0] in along:
                total = total + ways * of[kept] * along[removed[0]]
        result[tree] = total
    return result
