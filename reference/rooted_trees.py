"""Rooted trees, whose nodes may carry colours: the index set of B-series.

A tree is its root's colour and its children, kept in one fixed order, so that equal trees are equal tuples.
A colour names the vector field that stands at a node; a colour that may only stand at leaves is a constant
field.  Trees with more children at a node than the field has derivatives never matter, hence `most_children`.

Source: Hairer, Lubich, Wanner, Geometric Numerical Integration (2006), chapter III.1, whose backward error analysis
paper 002 builds on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import product
from math import comb, factorial, prod
from typing import NamedTuple

__all__ = ["LEAF", "Pruning", "Tree", "branches", "count_trees", "grow", "prunings", "trees_up_to"]


class Tree(NamedTuple):
    """One rooted tree; make it by `grow`, which sorts the children.

    Parameters
    ----------
    colour : int
        Which vector field stands at the root.
    children : tuple of Tree
        The subtrees at the root, few nodes first.
    """

    colour: int
    children: tuple[Tree, ...]

    @property
    def nodes(self) -> int:
        """Return |τ|, the number of nodes."""
        return 1 + sum(child.nodes for child in self.children)

    @property
    def symmetry(self) -> int:
        """Return σ(τ), the number of ways to exchange equal subtrees without a visible change."""
        counts = Counter(self.children).values()
        return prod(map(factorial, counts)) * prod(child.symmetry for child in self.children)

    @property
    def density(self) -> int:
        """Return γ(τ), the product over all nodes of the size of the subtree there."""
        return self.nodes * prod(child.density for child in self.children)

    @property
    def text(self) -> str:
        """Return the tree in brackets: ``.`` is a single node, ``[..]`` a node with two leaves.

        A colour other than 0 stands in front of its node.
        """
        colour = str(self.colour) if self.colour else ""
        return colour + ("[" + "".join(child.text for child in self.children) + "]" if self.children else ".")

    def count(self, colour: int) -> int:
        """Return how many nodes have the given colour."""
        return (self.colour == colour) + sum(child.count(colour) for child in self.children)


class Pruning(NamedTuple):
    """A way to cut branches off a tree: `ways` equal ones, what keeps the root, and the branches cut off."""

    ways: int
    kept: Tree
    removed: tuple[Tree, ...]


LEAF = Tree(0, ())


def grow(children: Sequence[Tree], colour: int = 0) -> Tree:
    """Return the tree with the given subtrees at its root."""
    return Tree(colour, tuple(sorted(children, key=_rank)))


def trees_up_to(
    nodes: int, most_children: int | None = None, colours: int = 1, leaf_colours: tuple[int, ...] = ()
) -> tuple[Tree, ...]:
    """Return every tree with at most `nodes` nodes, few nodes first.

    Parameters
    ----------
    nodes : int
    most_children : int, optional
        Children that a node may have; None sets no bound.
    colours : int
        Colours 0 … colours − 1 may stand anywhere.
    leaf_colours : tuple of int
        Further colours, which may stand at leaves alone.
    """
    bound = nodes if most_children is None else most_children
    found: list[Tree] = []
    for size in range(1, nodes + 1):
        forests = list(_forests(found, size - 1, bound, 0))
        fresh = [Tree(colour, forest) for colour in range(colours) for forest in forests]
        if size == 1:
            fresh += [Tree(colour, ()) for colour in leaf_colours]
        found += sorted(fresh)
    return tuple(found)


def count_trees(nodes: int, most_children: int | None = None, colours: int = 1, leaf_colours: int = 0) -> int:
    """Return how many trees `trees_up_to` would list, without growing one.

    Forests of j trees with m nodes are counted size by size: r trees out of t of one size, with
    repetition, can be chosen in C(t + r − 1, r) ways.
    """
    bound = nodes if most_children is None else most_children
    forests = {(0, 0): 1}
    total = 0
    for size in range(1, nodes + 1):
        of_size = colours * sum(ways for (_, held), ways in forests.items() if held == size - 1)
        of_size += leaf_colours if size == 1 else 0
        total += of_size
        forests = _with_trees(forests, of_size, size, (bound, nodes - 1))
    return total


@lru_cache(maxsize=1 << 16)
def prunings(tree: Tree, stub: Tree | None = None) -> tuple[Pruning, ...]:
    """Return every way to cut branches off that leaves the root, the way that cuts nothing included.

    With a `stub`, each branch cut off leaves one in its place.
    """
    ways: Counter[tuple[Tree, tuple[Tree, ...]]] = Counter()
    left = () if stub is None else (stub,)
    options = [[(1, left, (child,)), *_kept(child, stub)] for child in tree.children]
    for choice in product(*options):
        kept = grow([part for _, parts, _ in choice for part in parts], tree.colour)
        removed = tuple(sorted((branch for _, _, cut in choice for branch in cut), key=_rank))
        ways[kept, removed] += prod(count for count, _, _ in choice)
    return tuple(Pruning(count, kept, removed) for (kept, removed), count in ways.items())


@lru_cache(maxsize=1 << 16)
def branches(tree: Tree) -> tuple[Pruning, ...]:
    """Return the prunings that cut a single branch."""
    return tuple(pruning for pruning in prunings(tree) if len(pruning.removed) == 1)


def _kept(child: Tree, stub: Tree | None) -> list[tuple[int, tuple[Tree, ...], tuple[Tree, ...]]]:
    """Return the prunings of a child that itself stays."""
    return [(ways, (kept,), removed) for ways, kept, removed in prunings(child, stub)]


def _rank(tree: Tree) -> tuple[int, Tree]:
    """Order trees by size first."""
    return tree.nodes, tree


def _forests(trees: list[Tree], nodes: int, most: int, first: int) -> Iterator[tuple[Tree, ...]]:
    """Yield the sorted forests of at most `most` of the trees from index `first` on, `nodes` nodes in all."""
    if nodes == 0:
        yield ()
    if nodes <= 0 or most == 0:
        return
    for i in range(first, len(trees)):
        size = trees[i].nodes
        if size > nodes:
            return
        for rest in _forests(trees, nodes - size, most - 1, i):
            yield (trees[i], *rest)


def _with_trees(
    forests: dict[tuple[int, int], int], of_size: int, size: int, bounds: tuple[int, int]
) -> dict[tuple[int, int], int]:
    """Return the counts by (trees, nodes) of forests that may also hold trees of one more size."""
    most, nodes = bounds
    result: Counter[tuple[int, int]] = Counter()
    for (trees, held), ways in forests.items():
        for r in range(min(most - trees, (nodes - held) // size) + 1):
            result[trees + r, held + r * size] += ways * (comb(of_size + r - 1, r) if r else 1)
    return result
