"""Limits of flows: closed forms, honest grades, refusals."""

from __future__ import annotations

from fractions import Fraction

import pytest

import reference.flows.limit as module
from reference.case import Flow, FlowCase, Polynomial, Regression, Term
from reference.flows import settling
from reference.flows.errors import TooManyDigitsError, UnsettledFlowError
from reference.flows.integrals import NoIntegralsError, certified_flow_integrals
from reference.flows.limit import certified_flow_limit
from reference.norm_limits import least_l2

WIDE = Regression(((Fraction(1), Fraction(1, 2), Fraction(2)),), (Fraction(3),), "half_mean_square")
TALL = Regression(
    ((Fraction(1), Fraction(1, 2)), (Fraction(0), Fraction(1)), (Fraction(1), Fraction(1))),
    (Fraction(1), Fraction(-1, 2), Fraction(2)),
    "half_mean_square",
)
FLOWS = {
    "gradient_flow": Flow("gradient_flow"),
    "momentum_flow": Flow("momentum_flow", Fraction(1, 10), Fraction(1, 2)),
    "mgf": Flow("mgf", inertia=Fraction(1, 3)),
}


def linear(problem: Regression, flow: Flow) -> FlowCase:
    """Return a flow of the linear model from zero."""
    return FlowCase(problem, "linear", {"beta": (Fraction(0),) * len(problem.X[0])}, flow)


def parameter(case: FlowCase, name: str, digits: int = 25) -> tuple[str, list[Fraction]]:
    """Return the grade and one array of the limit."""
    found = certified_flow_limit(case, digits)
    row = found.arrays[name].rows[0]
    return found.grade, [Fraction(integer) / Fraction(10) ** row.places for integer in row.integers]


@pytest.mark.parametrize("name", FLOWS)
def test_linear_model_ends_at_the_least_norm_solution(name: str) -> None:
    """β(∞) = X⁺y from zero, whatever the inertia (paper 000, Sec. 1)."""
    grade, found = parameter(linear(WIDE, FLOWS[name]), "beta")
    assert grade == "certified"
    assert all(abs(a - b) < Fraction(1, 10**24) for a, b in zip(found, least_l2(WIDE), strict=True))


@pytest.mark.parametrize("name", FLOWS)
def test_data_that_cannot_be_interpolated_give_a_confirmed_limit(name: str) -> None:
    """Three equations in two unknowns: least squares, and no proof is claimed."""
    grade, found = parameter(linear(TALL, FLOWS[name]), "beta", 15)
    # normal equations: [[2, 3/2], [3/2, 9/4]] β = (3, 2)
    expected = [Fraction(5, 3), Fraction(-2, 9)]
    assert [
        2 * expected[0] + Fraction(3, 2) * expected[1],
        Fraction(3, 2) * expected[0] + Fraction(9, 4) * expected[1],
    ] == [3, 2]
    assert grade == "confirmed"
    assert all(abs(a - b) < Fraction(1, 10**14) for a, b in zip(found, expected, strict=True))


def test_strict_minimum_of_a_polynomial_is_proved() -> None:
    """L = (b² − 2)²: b(∞) = √2 from b = 1."""
    terms = (Term(Fraction(1), (4,)), Term(Fraction(-4), (2,)), Term(Fraction(4), (0,)))
    case = FlowCase(Polynomial(terms), "polynomial", {"b": (Fraction(1),)}, Flow("gradient_flow"))
    grade, (found,) = parameter(case, "b")
    assert grade == "certified"
    assert abs(found * found - 2) < Fraction(1, 10**24)


def test_overstated_eigenvalue_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted fault: the least eigenvalue claimed 10⁴⁰ times too large ends the run too early."""
    right = settling.Neighbourhood.least_eigenvalue
    monkeypatch.setattr(
        settling.Neighbourhood, "least_eigenvalue", lambda self, radius: 1e40 * right(self, radius)
    )
    _, found = parameter(linear(WIDE, FLOWS["gradient_flow"]), "beta")
    assert any(abs(a - b) > Fraction(1, 10**20) for a, b in zip(found, least_l2(WIDE), strict=True))


def test_a_flow_that_never_settles_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the last time tried, with what still moves."""
    monkeypatch.setattr(module, "LATEST", Fraction(1))
    with pytest.raises(UnsettledFlowError, match="no limit was found by time 1"):
        certified_flow_limit(linear(WIDE, FLOWS["mgf"]), 20)


def test_more_digits_than_can_be_bounded_are_refused() -> None:
    """Floats end; the message says where."""
    with pytest.raises(TooManyDigitsError, match="at most 250"):
        certified_flow_limit(linear(WIDE, FLOWS["mgf"]), 400)


def test_integrals_need_a_predictor_and_a_proof() -> None:
    """A polynomial has no g; a modified equation has no proof of convergence."""
    polynomial = FlowCase(
        Polynomial((Term(Fraction(1), (2,)),)), "polynomial", {"b": (Fraction(1),)}, Flow("gradient_flow")
    )
    with pytest.raises(NoIntegralsError, match="no predictor"):
        certified_flow_integrals(polynomial, None, 20)
    with pytest.raises(NoIntegralsError, match="no proof is known"):
        certified_flow_integrals(linear(WIDE, Flow("gd_flow", Fraction(1, 10), order=2)), None, 20)
