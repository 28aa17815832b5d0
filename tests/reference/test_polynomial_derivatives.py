"""The derivatives of a polynomial's gradient, where the degree is beyond that of every regression."""

from __future__ import annotations

from fractions import Fraction
from math import perm

import pytest

from reference.arithmetic import RationalArithmetic, Vector
from reference.case import Case, Method, Polynomial, Term
from reference.polynomial_derivatives import PolynomialDerivatives

RATIONAL = RationalArithmetic()
AT = Vector([Fraction(2, 3), Fraction(-5, 4)])


def derivatives(*terms: Term) -> PolynomialDerivatives:
    """Return the derivatives of a polynomial in two coordinates."""
    case = Case(
        Polynomial(terms), "polynomial", {"b": (Fraction(0),) * 2}, Method("gradient_descent", Fraction(1))
    )
    return PolynomialDerivatives(case, RATIONAL)


@pytest.mark.parametrize("order", range(7))
def test_derivatives_of_a_monomial_by_hand(order: int) -> None:
    """L = x⁵y²: D^m ∇L along the x-axis has 5!/(4 − m)! x^(4−m) y² and 2·5!/(5 − m)! x^(5−m) y."""
    of = derivatives(Term(Fraction(1), (5, 2)))
    local = of.at(AT)
    axis = local.direction(Vector([Fraction(1), Fraction(0)]))
    x, y = AT
    in_x = perm(5, order + 1) * x ** (4 - order) * y**2 if order <= 4 else 0
    in_y = 2 * perm(5, order) * x ** (5 - order) * y if order <= 5 else 0
    assert list(local.derivative(0, [axis] * order)) == [in_x, in_y]


def test_highest_is_the_degree_less_one() -> None:
    """A term with coefficient 0 has no degree."""
    assert derivatives(Term(Fraction(1), (5, 2)), Term(Fraction(0), (9, 9))).highest == 6


def test_constant_loss_has_no_gradient() -> None:
    """Neither highest derivative nor gradient."""
    of = derivatives(Term(Fraction(3), (0, 0)))
    assert of.highest == 0
    assert list(of.at(AT).derivative(0, [])) == [0, 0]


def test_equal_monomials_are_added() -> None:
    """Two halves make a whole."""
    halves = derivatives(Term(Fraction(1, 2), (2, 0)), Term(Fraction(1, 2), (2, 0)))
    assert list(halves.at(AT).derivative(0, [])) == [2 * AT.entries[0], 0]
