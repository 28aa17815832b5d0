"""Power series grown order by order, and the bounds on what they leave out."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import factorial
from random import Random
from typing import Any

import pytest
from flint import arb

from reference.arithmetic import RationalArithmetic, Vector
from reference.balls import ball, ball_precision
from reference.flows.jacobian_growth import logarithmic_norm
from reference.taylor.duals import DualArithmetic, jacobian
from reference.taylor.remainder import Remainders, VanishingDivisorError
from reference.taylor.series import Node, SeriesArithmetic, Variable
from reference.taylor.terms import FixedPoint

BITS = 160
UNIT = Fraction(1, 1 << BITS)
MATRIX = ((Fraction(1, 3), Fraction(-2)), (Fraction(1, 2), Fraction(5, 7)), (Fraction(0), Fraction(1)))


def grown(
    build: Callable[[SeriesArithmetic, Variable], Node], polynomial: list[list[Fraction]], orders: int
) -> Any:
    """Return the graph, its variable and the node, with the variable's columns given and all orders grown."""
    graph = SeriesArithmetic(FixedPoint(BITS))
    variable = graph.variable(len(polynomial))
    node = build(graph, variable)
    for k in range(orders):
        for column, coefficients in zip(variable.columns, polynomial, strict=True):
            column.append(graph.terms.term(coefficients[k] if k < len(coefficients) else Fraction(0)))
        graph.extend(k)
    return graph, variable, node


def value(column: list[Any], time: Fraction) -> Fraction:
    """Return a column's polynomial at a time, exactly."""
    return sum((Fraction(int(c)) * UNIT * time**i for i, c in enumerate(column)), start=Fraction(0))


EXPRESSIONS: dict[str, Callable[[Any, Any], Any]] = {
    "product": lambda a, x: x * x * x,
    "scaled sum": lambda a, x: a.number(Fraction(1, 3)) * x - x * a.vector([Fraction(1, 7), Fraction(-3)]),
    "matrix": lambda a, x: a.transposed_times(m := a.matrix(MATRIX), a.times(m, x * x)),
    "numbers": lambda a, x: a.stack([a.total(x * x), a.entry(x, 1) * a.entry(x, 0)]),
    "parts": lambda a, x: a.join([a.split(x, [1, 1])[1], -a.split(x, [1, 1])[0]]) * x,
    "number times vector": lambda a, x: a.entry(x, 0) * (x - x * x),
}


@pytest.mark.parametrize("name", EXPRESSIONS)
@pytest.mark.parametrize("seed", range(4))
def test_remainder_bounds_what_the_series_leaves_out(name: str, seed: int) -> None:
    """The exact value, in rationals, differs from the truncated series by at most E, at any τ ≤ ρ."""
    random = Random(seed)
    polynomial = [[Fraction(random.randint(-99, 99), 50 * 3**k) for k in range(6)] for _ in range(2)]
    orders, rho = 6, Fraction(1, 2)
    graph, variable, node = grown(EXPRESSIONS[name], polynomial, orders)
    rounding = 1  # of the variable's own coefficients
    remainders = Remainders(graph, orders, rho, {variable: rounding * orders})
    bound = remainders.error(node) * UNIT
    exact = RationalArithmetic()
    for time in (Fraction(0), Fraction(1, 3), rho):
        position = Vector(
            [sum((c * time**k for k, c in enumerate(row)), start=Fraction(0)) for row in polynomial]
        )
        truth = EXPRESSIONS[name](exact, position)
        worst = max(abs(t - value(column, time)) for t, column in zip(truth, node.columns, strict=True))
        assert worst <= bound
    assert bound < 10_000


def test_a_remainder_without_its_tail_is_too_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted fault: products forget the orders beyond N."""
    monkeypatch.setattr(Remainders, "_beyond", lambda self, a, b: 0)
    polynomial = [[Fraction(1), Fraction(1), Fraction(1)]] * 2
    graph, variable, node = grown(EXPRESSIONS["product"], polynomial, 3)
    bound = Remainders(graph, 3, Fraction(1), {variable: 0}).error(node) * UNIT
    assert abs(27 - value(node.columns[0], Fraction(1))) > bound


def test_exponential_follows_from_its_equation() -> None:
    """x' = x: the coefficients are 1/k!."""
    graph = SeriesArithmetic(FixedPoint(BITS))
    x = graph.variable(1)
    x.columns[0].append(graph.terms.term(Fraction(1)))
    for k in range(20):
        graph.extend(k)
        x.columns[0].append(graph.terms.scaling(Fraction(1, k + 1))(x.columns[0][k]))
    for k, coefficient in enumerate(x.columns[0]):
        assert abs(Fraction(int(coefficient)) * UNIT - Fraction(1, factorial(k))) <= 2 * UNIT


def test_quotient_undoes_a_product() -> None:
    """(x y)/y = x, and its bound holds."""
    polynomial = [[Fraction(1), Fraction(1, 2)], [Fraction(3), Fraction(-1, 4)]]

    def build(graph: SeriesArithmetic, x: Variable) -> Node:
        return (x * x) / x

    graph, variable, node = grown(build, polynomial, 12)
    remainders = Remainders(graph, 12, Fraction(1, 2), {variable: 0})
    bound = remainders.error(node) * UNIT
    for column, row in zip(node.columns, polynomial, strict=True):
        assert abs(value(column, Fraction(1, 2)) - (row[0] + row[1] / 2)) <= bound
    assert bound < Fraction(1, 10**3)


def test_a_divisor_that_may_vanish_is_refused() -> None:
    """1 − 2τ has a zero within the step."""
    graph, variable, node = grown(lambda g, x: x / x, [[Fraction(1), Fraction(-2)]], 4)
    with pytest.raises(VanishingDivisorError, match="contains zero"):
        Remainders(graph, 4, Fraction(1), {variable: 0}).error(node)


def test_the_same_expression_is_one_node() -> None:
    """u⊙u twice is grown once."""
    graph = SeriesArithmetic(FixedPoint(BITS))
    x = graph.variable(2)
    assert x * x is x * x
    assert graph.number(Fraction(1, 2)) * x is graph.number(Fraction(1, 2)) * x


def test_fixed_point_rounds_down_by_less_than_a_unit() -> None:
    """Also below zero."""
    terms = FixedPoint(20)
    for value_ in (Fraction(1, 3), Fraction(-1, 3), Fraction(7, 5), Fraction(-9, 7)):
        error = value_ - Fraction(int(terms.term(value_)), 1 << 20)
        assert 0 <= error < Fraction(1, 1 << 20)
        scaled = terms.scaling(value_)(terms.term(Fraction(-5)))
        assert 0 <= -5 * value_ - Fraction(int(scaled), 1 << 20) < Fraction(1, 1 << 20)


@pytest.mark.parametrize("size", range(1, 9))
def test_square_is_the_convolution_with_itself(size: int) -> None:
    """Half the work, the same integer."""
    random, terms = Random(size), FixedPoint(30)
    column = [terms.term(Fraction(random.randint(-99, 99), 7)) for _ in range(size)]
    assert terms.squared(column) == terms.convolved(column, column)


def test_jacobian_encloses_the_derivative() -> None:
    """d(x y, x²)/d(x, y) at (2, 3)."""
    with ball_precision(64):
        rows = jacobian(
            lambda blocks: [
                DualArithmetic().stack([blocks[0].entries[0] * blocks[0].entries[1]]),
                blocks[0] * blocks[0],
            ],
            [Vector([ball(2), ball(3)])],
        )
    assert [[float(x) for x in row] for row in rows] == [[3.0, 2.0], [4.0, 0.0], [0.0, 6.0]]


def test_logarithmic_norm_is_the_largest_eigenvalue_of_the_symmetric_part() -> None:
    """[[0, 3], [1, −2]]: (S) has eigenvalues −1 ± √5; the bound is above and close."""
    with ball_precision(64):
        found = logarithmic_norm([[arb(0), arb(3)], [arb(1), arb(-2)]])
    assert 5**0.5 - 1 <= found < 5**0.5 - 1 + 0.01
