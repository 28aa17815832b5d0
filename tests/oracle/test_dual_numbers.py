"""Tangents are derivatives, and the ensemble's spread is that of the roundings."""

from __future__ import annotations

from fractions import Fraction
from functools import partial

import numpy as np
import pytest

from oracle.dual_numbers import DualArithmetic
from oracle.records.candidate import Declaration
from oracle.rounding import SPARE
from oracle.tangents import DualArray, TangentArithmetic, tangent_objective
from reference.case import Case, Method, Polynomial, Regression, Term
from reference.methods import METHODS
from reference.state import Coefficients, State

MEMBERS = 4000


def case_of(method: str) -> Case:
    """Return a square regression with three coordinates."""
    X = ((Fraction(1), Fraction(1, 2), Fraction(-1, 4)), (Fraction(2), Fraction(0), Fraction(1, 3)))
    start = {name: (Fraction(1, 2),) * 3 for name in ("u", "v")}
    return Case(
        Regression(X, (Fraction(1), Fraction(2)), "mean_square"),
        "diagonal",
        start,
        Method(method, Fraction(1, 8), Fraction(1, 2)),
    )


def polynomial() -> Case:
    """Return b0³b1 − b1² over two coordinates."""
    terms = (Term(Fraction(1), (3, 1)), Term(Fraction(-1), (0, 2)))
    return Case(
        Polynomial(terms),
        "polynomial",
        {"b": (Fraction(1),) * 2},
        Method("heavy_ball", Fraction(1, 8), Fraction(1, 2)),
    )


@pytest.mark.parametrize("case", [*map(case_of, METHODS), polynomial()], ids=[*METHODS, "polynomial"])
def test_tangents_are_the_derivative_of_the_step(case: Case) -> None:
    """Unit tangents come out as central differences of the step itself."""
    size = sum(len(values) for values in case.init.values())
    arithmetic = TangentArithmetic(2 * size)
    objective = tangent_objective(case, arithmetic)
    coefficients = Coefficients(
        arithmetic.number(case.method.step_size), arithmetic.number(case.method.momentum)
    )

    def reached(values: np.ndarray) -> DualArray:
        tangents = np.split(np.eye(2 * size), 2, axis=1)
        parts = np.split(values[None], 2, axis=1)
        state = State(
            *[DualArray(part, rows, arithmetic) for part, rows in zip(parts, tangents, strict=True)]
        )
        after = METHODS[case.method.name].step(state, partial(objective.gradient, step=0), coefficients)
        return arithmetic.join([after.position, after.momentum])

    at = np.random.default_rng(3).uniform(-1, 1, size=2 * size)
    found = reached(at).tangent
    for i, unit in enumerate(np.eye(2 * size) * 1e-5):
        slope = (reached(at + unit).value - reached(at - unit).value)[0] / 2e-5
        assert found[i] == pytest.approx(slope, abs=1e-8)


def arithmetic_of(declaration: Declaration, systematic: int = 3) -> DualArithmetic:
    """Return an arithmetic with many members."""
    return DualArithmetic(declaration, MEMBERS, systematic, np.random.default_rng(0))


def spread(arithmetic: DualArithmetic, array: DualArray) -> np.ndarray:
    """Return the standard deviation of the ensemble rows."""
    members = array.tangent[arithmetic.systematic : arithmetic.systematic + MEMBERS]
    result: np.ndarray = np.sqrt((members**2).mean(axis=0))
    return result


@pytest.mark.parametrize(
    ("declaration", "variance"),
    [
        (Declaration(dtype="float32"), lambda m, A, s, v: m * (A + v) ** 2 / 4 + (1 + SPARE) * s + v**2),
        (Declaration(dtype="float32", accumulate="float64"), lambda m, A, s, v: (1 + SPARE) * s + v**2),
        (
            Declaration(dtype="float32", operands="tfloat32"),
            lambda m, A, s, v: (
                m * (A + v) ** 2 / 4 + (1 + SPARE + 2.0**28) * s + v**2
            ),  # 2u_o: TF32 may truncate
        ),
    ],
)
def test_products_have_the_spread_of_their_roundings(declaration: Declaration, variance: object) -> None:
    """m additions of at most (Σ|t| + |Σt|)/2, and the roundings of each term, in units of 2^-24."""
    rows, theta = [[Fraction(x) for x in (1, -2, 3, 1)]], np.array([[1.0, 0.5, -0.25, 2.0]])
    arithmetic = arithmetic_of(declaration)
    product = arithmetic.times(arithmetic.matrix(rows), arithmetic.constant(theta))
    terms = np.array([1, -1, -0.75, 2])
    expected = variance(4, np.abs(terms).sum(), (terms**2).sum(), abs(terms.sum()))  # type: ignore[operator]
    assert spread(arithmetic, product) == pytest.approx(2.0**-24 * np.sqrt(expected), rel=0.05)


def test_summand_inside_a_sum_is_rounded_as_often_as_the_sum_is_long() -> None:
    """Xθ − y with a large y: m more roundings of |y|."""
    arithmetic = arithmetic_of(Declaration(dtype="float32"))
    product = arithmetic.times(arithmetic.matrix([[Fraction(1)] * 9]), arithmetic.constant(np.zeros((1, 9))))
    difference = product - arithmetic.constant(np.array([[5.0]]))
    assert spread(arithmetic, difference) == pytest.approx(2.0**-24 * np.sqrt(9 + 1) * 5, rel=0.05)


def test_rounded_inputs_take_one_row_each_and_exact_ones_none() -> None:
    """1/3 is off by its rounding in one row; X in one row for X, one for its transpose; 1/4 in none."""
    arithmetic = arithmetic_of(Declaration(dtype="float32"))
    third, quarter = (arithmetic.vector([Fraction(1, x)]) for x in (3, 4))
    assert np.count_nonzero(third.tangent) == 1
    assert third.tangent.sum() == pytest.approx(float(np.float32(1 / 3)) - 1 / 3)
    assert not quarter.tangent.any()
    X = arithmetic.matrix([[Fraction(1, 3), Fraction(1)]])
    assert {X.row, X.transposed_row} == {1, 2}
    moved = arithmetic.times(X, arithmetic.constant(np.array([[3.0, 1.0]])))
    assert moved.tangent[X.row, 0] == pytest.approx(3 * (float(np.float32(1 / 3)) - 1 / 3))


def test_operands_round_the_matrix_once_more() -> None:
    """In TF32, 1 + 2^-12 becomes 1: the change is the row's, the same in every product."""
    arithmetic = arithmetic_of(Declaration(dtype="float32", operands="tfloat32"))
    X = arithmetic.matrix([[1 + Fraction(1, 4096)]])
    assert X.change.item() == -(2.0**-12)
