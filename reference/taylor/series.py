"""Power series in one step's time, grown order by order through any expression of the arithmetic.

Run a right hand side once over a `SeriesArithmetic`, with a `Variable` in place of the state: what
comes back is the expression itself, a list of nodes in the order of evaluation.  Then the Taylor
coefficients of the solution follow from each other: order k of every node needs orders up to k of
its inputs, and order k of the right hand side gives order k + 1 of the state.

The same node computed twice is one node: u⊙u inside θ and g inside the gradient are grown once.

Source: Griewank and Walther 2008, chapter 13.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from fractions import Fraction
from typing import Any

from reference.taylor.terms import Column, Terms

__all__ = [
    "Constant",
    "Entry",
    "Join",
    "MatrixProduct",
    "Negation",
    "Node",
    "Part",
    "Product",
    "Quotient",
    "Scale",
    "SeriesArithmetic",
    "Sum",
    "Total",
    "Variable",
]


class Node:
    """One vector-valued (or scalar) power series; `columns[j][i]` is coordinate j's order i.

    Parameters
    ----------
    graph : SeriesArithmetic
    inputs : tuple of Node
    columns : list of columns
        New ones, or those of the inputs where nothing is computed.
    scalar : bool
        A number rather than a vector of length one: times a vector it scales it.
    """

    def __init__(
        self, graph: SeriesArithmetic, inputs: tuple[Node, ...], columns: list[Column], scalar: bool
    ) -> None:
        self.graph, self.inputs, self.columns, self.scalar = graph, inputs, columns, scalar

    def extend(self, k: int) -> None:
        """Append order k to every column; its inputs have theirs."""

    def __add__(self, other: Node) -> Node:
        return self.graph.node(Sum, self, other)

    def __sub__(self, other: Node) -> Node:
        return self.graph.node(Sum, self, -other)

    def __mul__(self, other: Node) -> Node:
        return self.graph.product(self, other)

    def __truediv__(self, other: Node) -> Node:
        return self.graph.node(Quotient, self, other)

    def __neg__(self) -> Node:
        return self.graph.node(Negation, self)

    def __len__(self) -> int:
        return len(self.columns)


class Variable(Node):
    """The state: its orders are set from outside."""

    def __init__(self, graph: SeriesArithmetic, size: int) -> None:
        super().__init__(graph, (), [[] for _ in range(size)], scalar=False)


class Constant(Node):
    """A value that does not change in time."""

    def __init__(self, graph: SeriesArithmetic, values: tuple[Fraction, ...], scalar: bool) -> None:
        super().__init__(graph, (), [[] for _ in values], scalar)
        self.values = values
        self.rounded = [graph.terms.term(value) for value in values]
        self.zero = graph.terms.term(Fraction(0))

    def extend(self, k: int) -> None:
        """Append the value at order 0 and zero after."""
        for column, value in zip(self.columns, self.rounded, strict=True):
            column.append(self.zero if k else value)


class Sum(Node):
    """a + b."""

    def __init__(self, graph: SeriesArithmetic, left: Node, right: Node) -> None:
        super().__init__(graph, (left, right), _fresh(left), left.scalar)

    def extend(self, k: int) -> None:
        """Add order k."""
        left, right = self.inputs
        for column, a, b in zip(self.columns, left.columns, right.columns, strict=True):
            column.append(a[k] + b[k])


class Negation(Node):
    """−a."""

    def __init__(self, graph: SeriesArithmetic, inner: Node) -> None:
        super().__init__(graph, (inner,), _fresh(inner), inner.scalar)

    def extend(self, k: int) -> None:
        """Negate order k."""
        for column, a in zip(self.columns, self.inputs[0].columns, strict=True):
            column.append(-a[k])


class Scale(Node):
    """c·a, c an exact rational."""

    def __init__(self, graph: SeriesArithmetic, factor: Fraction, inner: Node) -> None:
        super().__init__(graph, (inner,), _fresh(inner), inner.scalar)
        self.factor = factor
        self.scaled = graph.terms.scaling(factor)

    def extend(self, k: int) -> None:
        """Scale order k."""
        for column, a in zip(self.columns, self.inputs[0].columns, strict=True):
            column.append(self.scaled(a[k]))


class Product(Node):
    """a⊙b, or a number times a vector: Cauchy's product."""

    def __init__(self, graph: SeriesArithmetic, left: Node, right: Node) -> None:
        wide = right if left.scalar else left
        super().__init__(graph, (left, right), _fresh(wide), wide.scalar)

    def extend(self, k: int) -> None:
        """Convolve up to order k."""
        left, right = self.inputs
        terms = self.graph.terms
        if left is right:
            for column, a in zip(self.columns, left.columns, strict=True):
                column.append(terms.squared(a))
            return
        first = left.columns * len(self.columns) if left.scalar else left.columns
        second = right.columns * len(self.columns) if right.scalar else right.columns
        for column, a, b in zip(self.columns, first, second, strict=True):
            column.append(terms.convolved(a, b))


class Quotient(Node):
    """a/b coordinate by coordinate: order k of b·c is order k of a."""

    def __init__(self, graph: SeriesArithmetic, left: Node, right: Node) -> None:
        super().__init__(graph, (left, right), _fresh(left), left.scalar)
        self.zero = graph.terms.term(Fraction(0))

    def extend(self, k: int) -> None:
        """Solve for order k.

        Raises
        ------
        ZeroDivisionError
            If a coordinate of b starts at zero.
        """
        left, right = self.inputs
        terms = self.graph.terms
        for column, a, b in zip(self.columns, left.columns, right.columns, strict=True):
            known = terms.convolved([*column, self.zero], b)
            column.append(terms.divided(a[k] - known, b[0]))


class MatrixProduct(Node):
    """X a, or Xᵀ a."""

    def __init__(self, graph: SeriesArithmetic, matrix: SeriesMatrix, inner: Node, transposed: bool) -> None:
        size = matrix.shape[1] if transposed else matrix.shape[0]
        super().__init__(graph, (inner,), [[] for _ in range(size)], scalar=False)
        self.matrix, self.transposed = matrix, transposed

    def extend(self, k: int) -> None:
        """Multiply order k."""
        entries = [a[k] for a in self.inputs[0].columns]
        products = self.graph.terms.times(self.matrix.terms, entries, transposed=self.transposed)
        for column, product in zip(self.columns, products, strict=True):
            column.append(product)


class Total(Node):
    """Σ_j a_j, a number."""

    def __init__(self, graph: SeriesArithmetic, inner: Node) -> None:
        super().__init__(graph, (inner,), [[]], scalar=True)

    def extend(self, k: int) -> None:
        """Sum order k."""
        self.columns[0].append(sum([a[k] for a in self.inputs[0].columns]))


class Join(Node):
    """Vectors (or numbers) end to end; shares their columns."""

    def __init__(self, graph: SeriesArithmetic, *parts: Node) -> None:
        super().__init__(graph, parts, [column for part in parts for column in part.columns], scalar=False)


class Part(Node):
    """A run of coordinates; shares their columns."""

    def __init__(self, graph: SeriesArithmetic, inner: Node, start: int, size: int) -> None:
        super().__init__(graph, (inner,), inner.columns[start : start + size], scalar=False)


class Entry(Node):
    """One coordinate, as a number; shares its column."""

    def __init__(self, graph: SeriesArithmetic, inner: Node, index: int) -> None:
        super().__init__(graph, (inner,), [inner.columns[index]], scalar=True)


class SeriesMatrix:
    """X as exact rows, shape (n, d), and as the coefficients multiply by it."""

    def __init__(self, rows: Sequence[Sequence[Fraction]], terms: Terms) -> None:
        self.shape = (len(rows), len(rows[0]))
        self.terms = terms.matrix(rows)
        self.row_norm = max(sum(map(abs, row)) for row in rows)  # |X|_∞
        self.column_norm = max(sum(map(abs, column)) for column in zip(*rows, strict=True))  # |Xᵀ|_∞


class SeriesArithmetic:
    """The arithmetic whose numbers and vectors are power series.

    Parameters
    ----------
    terms : FixedPoint or MpmathTerms
        What the coefficients are.
    """

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.nodes: list[Node] = []
        self._known: dict[Hashable, Node] = {}

    def node(self, kind: Callable[..., Node], *arguments: Any) -> Node:
        """Return the node of this kind and these arguments, made once."""
        key = (kind, *(id(item) if isinstance(item, Node | SeriesMatrix) else item for item in arguments))
        if key not in self._known:
            self._known[key] = kind(self, *arguments)
            self.nodes.append(self._known[key])
        return self._known[key]

    def variable(self, size: int) -> Variable:
        """Return a new state of `size` coordinates."""
        state = Variable(self, size)
        self.nodes.append(state)
        return state

    def product(self, left: Node, right: Node) -> Node:
        """Return a product; by a constant number it is a scaling, of two constant numbers a constant."""
        for constant, other in ((left, right), (right, left)):
            if isinstance(constant, Constant) and constant.scalar:
                if isinstance(other, Constant):
                    scaled = tuple(constant.values[0] * value for value in other.values)
                    return self.node(Constant, scaled, other.scalar)
                return self.node(Scale, constant.values[0], other)
        return self.node(Product, left, right)

    def extend(self, k: int) -> None:
        """Grow every node but the variables by order k."""
        for node in self.nodes:
            node.extend(k)

    def clear(self) -> None:
        """Forget all orders, for the next step."""
        for node in self.nodes:
            for column in node.columns:
                column.clear()

    def number(self, value: Fraction) -> Node:
        """Return a constant number."""
        return self.node(Constant, (value,), True)

    def vector(self, values: Sequence[Fraction]) -> Node:
        """Return a constant vector, shape (d,)."""
        return self.node(Constant, tuple(values), False)

    def matrix(self, rows: Sequence[Sequence[Fraction]]) -> SeriesMatrix:
        """Return X, shape (n, d)."""
        return SeriesMatrix(rows, self.terms)

    def times(self, matrix: SeriesMatrix, vector: Node) -> Node:
        """Return X θ, shape (n,)."""
        return self.node(MatrixProduct, matrix, vector, False)

    def transposed_times(self, matrix: SeriesMatrix, vector: Node) -> Node:
        """Return Xᵀ r, shape (d,)."""
        return self.node(MatrixProduct, matrix, vector, True)

    def join(self, vectors: Sequence[Node]) -> Node:
        """Return one vector that holds the given ones end to end."""
        return self.node(Join, *vectors)

    def split(self, vector: Node, sizes: Sequence[int]) -> list[Node]:
        """Undo `join`."""
        starts = [sum(sizes[:i]) for i in range(len(sizes))]
        return [self.node(Part, vector, start, size) for start, size in zip(starts, sizes, strict=True)]

    def total(self, vector: Node) -> Node:
        """Return the sum of the entries, a number."""
        return self.node(Total, vector)

    def entry(self, vector: Node, index: int) -> Node:
        """Return one coordinate, a number."""
        return self.node(Entry, vector, index)

    def stack(self, numbers: Sequence[Node]) -> Node:
        """Return the vector of the given numbers."""
        return self.node(Join, *numbers)


def _fresh(like: Node) -> list[Column]:
    """Return empty columns, as many as a node has."""
    return [[] for _ in like.columns]
