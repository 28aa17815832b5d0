"""Rooted trees: their number, their symmetry and density, and the ways to prune them."""

from __future__ import annotations

from fractions import Fraction
from math import factorial, prod

import pytest

from reference.rooted_trees import LEAF, Tree, branches, count_trees, grow, prunings, trees_up_to

ROOTED = (1, 1, 2, 4, 9, 20, 48, 115)  # OEIS A000081
TERNARY = (1, 1, 2, 4, 8, 17, 39, 89)  # OEIS A000598: at most three children a node
BUSH = grow([LEAF, LEAF, LEAF])
TALL = grow([grow([LEAF])])


def of_size(trees: tuple[Tree, ...], nodes: int) -> list[Tree]:
    """Return the trees of one size."""
    return [tree for tree in trees if tree.nodes == nodes]


def subtrees(tree: Tree) -> int:
    """Return how many parts hold the root: each child is cut off, or stays in one of its own ways."""
    return prod(1 + subtrees(child) for child in tree.children)


@pytest.mark.parametrize(("most_children", "expected"), [(None, ROOTED), (3, TERNARY), (1, (1,) * 8)])
def test_trees_are_as_many_as_known(most_children: int | None, expected: tuple[int, ...]) -> None:
    """Each size has its known number of trees, and none twice."""
    trees = trees_up_to(8, most_children)
    assert len(set(trees)) == len(trees)
    assert tuple(len(of_size(trees, nodes)) for nodes in range(1, 9)) == expected


@pytest.mark.parametrize("most_children", [None, 0, 1, 2, 3])
@pytest.mark.parametrize("colours", [1, 2, 3])
@pytest.mark.parametrize("leaf_colours", [(), (-1,), (-1, -2)])
def test_count_is_the_number_of_trees(
    most_children: int | None, colours: int, leaf_colours: tuple[int, ...]
) -> None:
    """Counting without growing gives the length of the list."""
    trees = trees_up_to(5, most_children, colours, leaf_colours)
    assert count_trees(5, most_children, colours, len(leaf_colours)) == len(trees)


def test_large_orders_are_counted_without_growing() -> None:
    """OEIS A000081 at 30 nodes, the order that the contract ends at."""
    assert count_trees(30) - count_trees(29) == 354426847597


@pytest.mark.parametrize("nodes", range(1, 8))
def test_labelled_trees_obey_cayley(nodes: int) -> None:
    """Σ n!/σ(τ) = n^(n−1): every rooted tree on n labels is one shape, labelled in n!/σ ways."""
    trees = of_size(trees_up_to(nodes), nodes)
    assert sum(Fraction(factorial(nodes), tree.symmetry) for tree in trees) == nodes ** (nodes - 1)


@pytest.mark.parametrize("nodes", range(1, 8))
def test_increasing_labellings_are_factorial_many(nodes: int) -> None:
    """Σ n!/(σ(τ) γ(τ)) = (n − 1)!: each new label hangs on any of the earlier ones."""
    trees = of_size(trees_up_to(nodes), nodes)
    ways = sum(Fraction(factorial(nodes), tree.symmetry * tree.density) for tree in trees)
    assert ways == factorial(nodes - 1)


@pytest.mark.parametrize("tree", trees_up_to(6), ids=lambda tree: tree.text)
def test_prunings_are_all_parts_that_hold_the_root(tree: Tree) -> None:
    """Their ways add up to the number of such parts, and each keeps or removes every node."""
    found = prunings(tree)
    assert sum(cut.ways for cut in found) == subtrees(tree)
    assert all(cut.kept.nodes + sum(b.nodes for b in cut.removed) == tree.nodes for cut in found)


@pytest.mark.parametrize("tree", trees_up_to(6), ids=lambda tree: tree.text)
def test_branches_are_one_for_each_node_below_the_root(tree: Tree) -> None:
    """Cutting one branch means choosing the node it hangs on."""
    assert sum(cut.ways for cut in branches(tree)) == tree.nodes - 1


def test_stubs_stand_where_branches_were() -> None:
    """With a stub, the pruned tall tree keeps its place."""
    stub = Tree(-1, ())
    kept = {cut.removed: cut.kept for cut in prunings(TALL, stub)}
    assert kept == {(): TALL, (LEAF,): grow([grow([stub])]), (grow([LEAF]),): grow([stub])}


def test_equal_trees_are_equal_whatever_the_order_of_their_children() -> None:
    """Growing sorts."""
    assert grow([BUSH, LEAF]) == grow([LEAF, BUSH])


@pytest.mark.parametrize(
    ("tree", "text", "symmetry", "density"),
    [(LEAF, ".", 1, 1), (BUSH, "[...]", 6, 4), (TALL, "[[.]]", 1, 6), (grow([LEAF], 2), "2[.]", 1, 2)],
)
def test_small_trees_by_hand(tree: Tree, text: str, symmetry: int, density: int) -> None:
    """Text, symmetry and density of trees small enough to draw."""
    assert (tree.text, tree.symmetry, tree.density) == (text, symmetry, density)


def test_colours_are_counted() -> None:
    """A node counts once, wherever it stands."""
    assert grow([Tree(1, ()), grow([Tree(1, ())])]).count(1) == 2
