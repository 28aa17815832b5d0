"""What a truncated series leaves out: a bound for every node, in units of the fixed-point integers.

For time τ in [0, ρ] each node's N computed orders c_i stand for the exact value of its expression
with an error

    E ≥ sup_τ max_j |exact_j(τ) − Σ_{i<N} c_ij τ^i|,

which holds the truncated orders, every rounding, and whatever error the variables came with.  With
the majorants a_i ≥ max_j |c_ij| ρ^i and A = Σ a_i the rules are

    sums        E_a + E_b
    products    Σ_{i+j ≥ N} a_i b_j + A E_b + E_a B + E_a E_b + one unit for each rounded order
    X a         |X|_∞ E_a
    a / b       (E_a + A_c E_b + orders ≥ N of b c + roundings) / min |b|

All in integers rounded up, so nothing here is itself rounded the wrong way.

Source: Makino and Berz 2003, with majorants in place of boxes.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cached_property, singledispatchmethod
from itertools import accumulate
from typing import Any

from reference.taylor.series import (
    Constant,
    Entry,
    Join,
    MatrixProduct,
    Negation,
    Node,
    Part,
    Product,
    Quotient,
    Scale,
    SeriesArithmetic,
    Sum,
    Total,
    Variable,
)
from reference.taylor.terms import FixedPoint

__all__ = ["Remainders", "VanishingDivisorError"]

RHO_BITS = 10  # ρ is a multiple of 2^−10


class VanishingDivisorError(ArithmeticError):
    """A divisor may be zero within the step: the step must be shorter."""


class Remainders:
    """The bounds E of every node of a graph, once its columns hold N orders.

    Parameters
    ----------
    graph : SeriesArithmetic over `FixedPoint`
    orders : int
        N.
    rho : Fraction
        ρ in (0, 1], rounded up to a multiple of 2^−10.
    variable_errors : dict of Variable to int
        E of the variables, in units.
    """

    def __init__(
        self, graph: SeriesArithmetic, orders: int, rho: Fraction, variable_errors: dict[Variable, int]
    ) -> None:
        assert isinstance(graph.terms, FixedPoint)
        self.bits = graph.terms.bits
        self.orders = orders
        self.rho_units = -(-(rho.numerator << RHO_BITS) // rho.denominator)
        self.variable_errors = variable_errors
        self._majorants: dict[Node, list[int]] = {}
        self._errors: dict[Node, int] = {}

    def majorants(self, node: Node) -> list[int]:
        """Return a_i ≥ max_j |c_ij| ρ^i, in units, shape (N,)."""
        if node not in self._majorants:
            sizes = [max(map(abs, order)) for order in zip(*node.columns, strict=True)]
            self._majorants[node] = self._damped(sizes)
        return self._majorants[node]

    def sup(self, node: Node) -> list[int]:
        """Return bounds on |node_j(τ)| over [0, ρ] by coordinate, in units, shape of the node."""
        error = self.error(node)
        return [sum(self._damped([abs(c) for c in column])) + error for column in node.columns]

    def spread(self, node: Node) -> list[int]:
        """Return bounds on |node_j(τ) − c_0j| over [0, ρ] by coordinate, in units."""
        error = self.error(node)
        return [sum(self._damped([abs(c) for c in column])[1:]) + error for column in node.columns]

    def error(self, node: Node) -> int:
        """Return E of a node, in units."""
        if node not in self._errors:
            self._errors[node] = int(self._rule(node))
        return self._errors[node]

    @cached_property
    def _powers(self) -> list[int]:
        """Powers of ρ in units of 2^−64, rounded up."""
        powers = [1 << 64]
        for _ in range(self.orders):
            powers.append(-(-powers[-1] * self.rho_units >> RHO_BITS))
        return powers

    def _damped(self, sizes: list[int]) -> list[int]:
        """Return each |c_i| ρ^i, rounded up."""
        if self.rho_units == 1 << RHO_BITS:
            return sizes
        return [-(-size * power >> 64) for size, power in zip(sizes, self._powers, strict=False)]

    def _scaled(self, product: int) -> int:
        """Return a product of two amounts in units, in units, rounded up."""
        return -(-product >> self.bits)

    @singledispatchmethod
    def _rule(self, node: Any) -> int:
        raise NotImplementedError(f"no remainder rule for {type(node).__name__}")

    @_rule.register
    def _(self, node: Variable) -> int:
        return self.variable_errors[node]

    @_rule.register
    def _(self, node: Constant) -> int:
        exact = all((value.denominator & (value.denominator - 1)) == 0 for value in node.values)
        short = all(value.denominator.bit_length() <= self.bits for value in node.values)
        return 0 if exact and short else 1

    @_rule.register
    def _(self, node: Sum) -> int:
        left, right = node.inputs
        return self.error(left) + self.error(right)

    @_rule.register(Negation)
    @_rule.register(Part)
    @_rule.register(Entry)
    def _(self, node: Node) -> int:
        return self.error(node.inputs[0])

    @_rule.register
    def _(self, node: Scale) -> int:
        grown = self.error(node.inputs[0]) * abs(node.factor)
        return -int(-grown // 1) + (self.orders if node.factor.denominator > 1 else 0)

    @_rule.register
    def _(self, node: MatrixProduct) -> int:
        largest = node.matrix.column_norm if node.transposed else node.matrix.row_norm
        return -int(-self.error(node.inputs[0]) * largest // 1) + self.orders

    @_rule.register
    def _(self, node: Total) -> int:
        return len(node.inputs[0].columns) * self.error(node.inputs[0])

    @_rule.register
    def _(self, node: Join) -> int:
        return max(self.error(part) for part in node.inputs)

    @_rule.register
    def _(self, node: Product) -> int:
        left, right = node.inputs
        return self._product_error(left, right) + self.orders

    def _product_error(self, left: Node, right: Node) -> int:
        """Return what Σ_{k<N} of the exact Cauchy product leaves out of the exact product."""
        a, b = self.majorants(left), self.majorants(right)
        e, f = self.error(left), self.error(right)
        carried = sum(a) * f + e * sum(b) + e * f
        return self._scaled(self._beyond(a, b) + carried)

    def _beyond(self, a: list[int], b: list[int]) -> int:
        """Return Σ_{i+j ≥ N} a_i b_j, not scaled."""
        tails = [0, *accumulate(reversed(b))]  # tails[m] = b_{N−m} + … + b_{N−1}
        return sum(x * tail for x, tail in zip(a, tails, strict=False))

    @_rule.register
    def _(self, node: Quotient) -> int:
        left, right = node.inputs
        sums = zip(right.columns, self.spread(right), strict=True)
        least = min(abs(column[0]) - spread for column, spread in sums)
        if least <= 0:
            raise VanishingDivisorError("a divisor's bound over the step contains zero")
        b, c = self.majorants(right), self.majorants(node)
        beyond = self._scaled(self._beyond(c, b) + sum(c) * self.error(right))
        rounded = self.orders * (2 + self._scaled(max(abs(column[0]) for column in right.columns)))
        residual = self.error(left) + beyond + rounded
        return int(-(-(residual << self.bits) // least))
