"""The derivatives of a regression's gradient are symmetric, and end where the model says."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import permutations

import pytest

from reference.arithmetic import RationalArithmetic, Vector
from reference.case import Case
from reference.models import MODELS
from reference.regression_derivatives import SHAPES, RegressionDerivatives

RATIONAL = RationalArithmetic()
S, T, W = ([Fraction(i + j, j + 2) for i in range(6)] for j in range(3))


def test_every_regression_model_has_its_shape() -> None:
    """The polynomial is the one model that is no regression."""
    assert set(SHAPES) == set(MODELS) - {"polynomial"}


@pytest.mark.parametrize("model", ["diagonal", "hadamard"])
def test_third_derivative_is_symmetric(make_case: Callable[..., Case], model: str) -> None:
    """The order of the directions does not matter, and the vector it is paired with may be one of them."""
    case = make_case(model=model)
    local = RegressionDerivatives(case, RATIONAL).at(Vector(list(S)))
    indices = [local.direction(Vector(list(move))) for move in (S, T, W)]
    values = {tuple(local.derivative(0, order)) for order in permutations(indices)}
    assert len(values) == 1
    pairings = {
        RATIONAL.dot(local.derivative(0, [i, j]).entries, move)
        for (i, j), move in zip(permutations(indices[:2]), (W, W), strict=True)
    }
    pairings.add(RATIONAL.dot(local.derivative(0, [indices[0], indices[2]]).entries, T))
    assert len(pairings) == 1


@pytest.mark.parametrize("model", SHAPES)
def test_change_is_the_derivative_of_the_predictor(model: str) -> None:
    """θ(s + t) − θ(s − t) = 2 J(s)[t], since θ is quadratic at most; J(s)[t] = J(t)[s] where it depends on s."""
    count = len(MODELS[model].names)
    s, t = ([Vector(list(part)) for part in parts][:count] for parts in ((S, T), (W, S)))
    ahead = MODELS[model].predictor([a + b for a, b in zip(s, t, strict=True)])
    behind = MODELS[model].predictor([a - b for a, b in zip(s, t, strict=True)])
    change = SHAPES[model].change
    assert list(ahead - behind) == list(Fraction(2) * change(s, t, Fraction(2)))
    assert SHAPES[model].highest == 1 or list(change(s, t, Fraction(2))) == list(change(t, s, Fraction(2)))
