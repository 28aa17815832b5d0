"""Derivatives of ∇L in directions against exact central differences of ∇L, and weighted sums of differentials."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial, reduce
from itertools import product
from math import prod
from operator import add

import pytest

from reference.arithmetic import RationalArithmetic, Vector
from reference.case import Case
from reference.elementary_differentials import WeightedDifferentials, derivatives_of
from reference.models import MODELS
from reference.objective import objective_of
from reference.rooted_trees import LEAF, Tree, grow, trees_up_to

RATIONAL = RationalArithmetic()
HALF = Fraction(1, 2)
MOVES = [[Fraction((3 * i + 5 * j) % 7 + 1, j - 3) for i in range(6)] for j in range(3)]
BATCHES = ((0, 2), (1,))

Gradient = Callable[[Vector], Vector]


def start(case: Case) -> Vector:
    """Return the joined start."""
    return RATIONAL.join([RATIONAL.vector(case.init[name]) for name in MODELS[case.model].names])


def difference(gradient: Gradient, at: Vector, moves: Sequence[Vector], width: Fraction) -> Vector:
    """Return the mixed central difference Σ ± ∇L(β ± width t1 ± …)/(2 width)^m."""
    points = []
    for signs in product((1, -1), repeat=len(moves)):
        shifted = (sign * width * move for sign, move in zip(signs, moves, strict=True))
        points.append(Fraction(prod(signs)) * gradient(reduce(add, shifted, at)))
    return 1 / (2 * width) ** len(moves) * reduce(add, points)


def derivative(gradient: Gradient, at: Vector, moves: Sequence[Vector]) -> Vector:
    """Return Dᵐ∇L[t1 … tm] of a cubic ∇L: a central difference errs by D^(m+2), which two widths remove for m = 1."""
    if len(moves) != 1:
        return difference(gradient, at, moves, HALF)
    near, far = (difference(gradient, at, moves, width) for width in (HALF, Fraction(1)))
    return Fraction(4, 3) * near - Fraction(1, 3) * far


def by_definition(gradient: Gradient, at: Vector, tree: Tree) -> Vector:
    """Return F(τ) by its recursive definition over exact differences."""
    return derivative(gradient, at, [by_definition(gradient, at, child) for child in tree.children])


def assert_derivatives(case: Case, wrong: int = 0) -> None:
    """Assert derivatives 0 … 3 in unlike and in equal directions, of every batch, off by `wrong` on request."""
    at = start(case)
    moves = [Vector(move[: len(at)]) for move in MOVES]
    derivatives = derivatives_of(case, RATIONAL)
    for colour, chosen in product(
        range(derivatives.colours), ((), (0,), (0, 1), (0, 0), (0, 1, 2), (1, 1, 0))
    ):
        if len(chosen) > derivatives.highest:
            continue
        local = derivatives.at(at)
        indices = [local.direction(move) for move in moves]
        found = local.derivative(colour, [indices[i] for i in chosen])
        gradient = partial(objective_of(case, RATIONAL).gradient, step=colour)
        exact = derivative(gradient, at, [moves[i] for i in chosen])
        assert [x + wrong for x in found] == list(exact)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("loss", ["half_mean_square", "sum_square"])
def test_derivatives_are_exact_differences(make_case: Callable[..., Case], model: str, loss: str) -> None:
    """Every model and the polynomial, in rationals, without any tolerance."""
    assert_derivatives(make_case(model=model, loss=loss))


@pytest.mark.parametrize("model", ["diagonal", "hadamard", "linear"])
def test_derivatives_of_batches_are_exact_differences(make_case: Callable[..., Case], model: str) -> None:
    """Each batch has its own gradient."""
    case = make_case(model=model, loss="sum_square", batches=BATCHES)
    assert derivatives_of(case, RATIONAL).colours == 2
    assert_derivatives(case)


def test_derivative_check_catches_a_fault(make_case: Callable[..., Case]) -> None:
    """A shifted value fails the same check."""
    with pytest.raises(AssertionError):
        assert_derivatives(make_case(model="diagonal"), wrong=1)


@pytest.mark.parametrize("model", MODELS)
def test_derivative_after_the_highest_vanishes(make_case: Callable[..., Case], model: str) -> None:
    """What `highest` says is where the exact differences end."""
    case = make_case(model=model)
    at, highest = start(case), derivatives_of(case, RATIONAL).highest
    gradient = objective_of(case, RATIONAL).gradient
    move = Vector(MOVES[0][: len(at)])
    assert any(difference(gradient, at, [move] * highest, HALF))
    assert not any(difference(gradient, at, [move] * (highest + 1), HALF))


@pytest.mark.parametrize("model", MODELS)
def test_weighted_sum_is_the_sum_of_the_definitions(make_case: Callable[..., Case], model: str) -> None:
    """Sharing derivatives between trees changes no value."""
    case = make_case(model=model)
    at, derivatives = start(case), derivatives_of(case, RATIONAL)
    trees = trees_up_to(4, derivatives.highest)
    weights = {tree: Fraction(i + 1, i + 3) for i, tree in enumerate(trees)}
    gradient = objective_of(case, RATIONAL).gradient
    expected = reduce(add, (weight * by_definition(gradient, at, tree) for tree, weight in weights.items()))
    assert list(WeightedDifferentials(derivatives, weights)(at)) == list(expected)


def test_colours_choose_the_gradient(make_case: Callable[..., Case]) -> None:
    """F(1[0.]) is the derivative of batch 1's gradient along batch 0's."""
    case = make_case(batches=BATCHES)
    at, objective = start(case), objective_of(case, RATIONAL)
    found = WeightedDifferentials(derivatives_of(case, RATIONAL), {grow([LEAF], 1): Fraction(1)})(at)
    along = objective.gradient(at, 0)
    assert list(found) == list(derivative(lambda b: objective.gradient(b, 1), at, [along]))
