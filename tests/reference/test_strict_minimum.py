"""Proofs that runs settle in strict minima."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice

import pytest
from flint import arb

from reference.arithmetic import Vector
from reference.balls import BallArithmetic, ball_precision
from reference.case import Case, Method, Polynomial, Regression, Term
from reference.state import State
from reference.strict_minimum import strict_minimum_tail
from reference.trajectory import states

BITS = 1000
STEP = 200
METHODS = ("gradient_descent", "heavy_ball", "nesterov_lookahead")
WELLS = Polynomial((Term(Fraction(1, 4), (4,)), Term(Fraction(-1, 2), (2,))))  # minima at ±1
FLAT = Polynomial((Term(Fraction(1), (4,)),))  # a minimum whose curvature is zero
RIDGE = Polynomial((Term(Fraction(-1), (2,)),))


def case_of(problem: Polynomial, method: str) -> Case:
    """Return a run from b = 1/2."""
    return Case(
        problem, "polynomial", {"b": (Fraction(1, 2),)}, Method(method, Fraction(1, 5), Fraction(1, 2))
    )


def around(case: Case, step: int) -> tuple[State, State]:
    """Return the enclosed states at a step and one later, gradient descent's without momentum."""
    with ball_precision(BITS):
        here, after = islice(states(case, BallArithmetic()), step, step + 2)
    if case.method.name == "gradient_descent":
        return State(here.position, Vector([arb(0)] * len(here.position))), after
    return here, after


@pytest.mark.parametrize("method", METHODS)
def test_tail_bounds_the_distance_to_a_known_minimum(method: str) -> None:
    """¼b⁴ − ½b² from ½ ends in 1: the bound holds and is of the right size."""
    case = case_of(WELLS, method)
    here, after = around(case, 60)
    tail = strict_minimum_tail(case, here, after)
    assert tail is not None
    with ball_precision(BITS):
        distance = float(abs(here.position.entries[0] - 1))
    assert 0 < distance <= float(tail.movement) <= 1e4 * distance


@pytest.mark.parametrize("problem", [FLAT, RIDGE], ids=["flat", "ridge"])
@pytest.mark.parametrize("method", METHODS)
def test_no_tail_without_positive_curvature(problem: Polynomial, method: str) -> None:
    """b⁴ near 0 and −b² have no strict minimum with curvature: no proof."""
    case = case_of(problem, method)
    assert strict_minimum_tail(case, *around(case, 20)) is None


def test_no_tail_far_from_the_minimum() -> None:
    """At the start the Hessian ¾ − 1 is negative: refused."""
    case = case_of(WELLS, "heavy_ball")
    assert strict_minimum_tail(case, *around(case, 0)) is None


def test_least_squares_are_strict_minima() -> None:
    """Three rows in one dimension: the mean of y is a strict minimum of the linear model, ∇_θL included."""
    problem = Regression(((Fraction(1),),) * 3, (Fraction(1), Fraction(2), Fraction(6)), "half_mean_square")
    case = Case(
        problem, "linear", {"beta": (Fraction(0),)}, Method("heavy_ball", Fraction(1, 5), Fraction(1, 2))
    )
    here, after = around(case, STEP)
    tail = strict_minimum_tail(case, here, after)
    assert tail is not None
    with ball_precision(BITS):
        assert float(abs(here.position.entries[0] - 3)) <= float(tail.movement) < 1e-20
    assert float(tail.predictor_gradients) == float(tail.gradients)
