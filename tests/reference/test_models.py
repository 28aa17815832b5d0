"""Each model's pullback is the transposed derivative of its predictor, exactly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from reference.arithmetic import Vector
from reference.models import MODELS, Model

QUARTERS = [Fraction(k, 4) for k in (1, -3, 5)]
FIFTHS = [Fraction(k, 5) for k in (2, 7, -4)]
DIRECTIONS = ([Fraction(1), Fraction(-2), Fraction(1, 3)], [Fraction(1, 2), Fraction(3), Fraction(-1)])
G = [Fraction(3), Fraction(-1, 2), Fraction(2, 7)]

Pullback = Callable[[list[Any], Any, Callable[[Fraction], Any]], list[Any]]


def dot(left: Vector, right: Vector) -> Fraction:
    """Return ⟨left, right⟩."""
    return sum((a * b for a, b in zip(left, right, strict=True)), start=Fraction(0))


def assert_pullback(model: Model) -> None:
    """Assert ⟨pullback(g), h⟩ = ⟨g, Dθ[h]⟩, with Dθ[h] = (θ(β + h) − θ(β − h))/2: θ is quadratic at most."""
    point = [Vector(QUARTERS), Vector(FIFTHS)][: len(model.names)]
    h = [Vector(direction) for direction in DIRECTIONS][: len(model.names)]
    ahead = model.predictor([a + b for a, b in zip(point, h, strict=True)])
    behind = model.predictor([a - b for a, b in zip(point, h, strict=True)])
    pulled = model.pullback(point, Vector(G), Fraction)
    through_parameters = sum((dot(a, b) for a, b in zip(pulled, h, strict=True)), start=Fraction(0))
    assert through_parameters == dot(Vector(G), Fraction(1, 2) * (ahead - behind))


def halved(pullback: Pullback) -> Pullback:
    """Plant a forgotten factor 2."""
    return lambda *args: [Fraction(1, 2) * part for part in pullback(*args)]


def exchanged(pullback: Pullback) -> Pullback:
    """Plant ∇_u and ∇_v in each other's place."""
    return lambda *args: pullback(*args)[::-1]


def second_sign(pullback: Pullback) -> Pullback:
    """Plant a wrong sign of the second parameter's gradient."""
    return lambda *args: [pullback(*args)[0], -pullback(*args)[1]]


@pytest.mark.parametrize("name", MODELS)
def test_pullback_is_the_adjoint_of_the_predictor_derivative(name: str) -> None:
    """The chain rule holds in every model."""
    assert_pullback(MODELS[name])


@pytest.mark.parametrize("name", ["diagonal", "hadamard"])
@pytest.mark.parametrize("fault", [halved, exchanged, second_sign])
def test_pullback_check_catches_a_fault(name: str, fault: Callable[[Pullback], Pullback]) -> None:
    """Each wrong pullback fails the same check."""
    with pytest.raises(AssertionError):
        assert_pullback(replace(MODELS[name], pullback=fault(MODELS[name].pullback)))


def test_diagonal_predictor_by_hand() -> None:
    """θ = u² − v²: (3/4)² − (1/4)² = 1/2."""
    u, v = Vector([Fraction(3, 4)]), Vector([Fraction(1, 4)])
    assert list(MODELS["diagonal"].predictor([u, v])) == [Fraction(1, 2)]


def test_hadamard_predictor_is_the_diagonal_one_after_the_change_of_variables() -> None:
    """With w± = u ± v, w₊ ⊙ w₋ = u⊙u − v⊙v."""
    u, v = Vector(QUARTERS), Vector(FIFTHS)
    assert list(MODELS["hadamard"].predictor([u + v, u - v])) == list(MODELS["diagonal"].predictor([u, v]))


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("diagonal", ("u", "v")),
        ("hadamard", ("u", "v")),
        ("linear", ("beta",)),
        ("scalar_product", ("a1", "a2")),
        ("polynomial", ("b",)),
    ],
)
def test_model_names_are_the_contract_names(name: str, names: tuple[str, ...]) -> None:
    """Records name their arrays by these."""
    assert MODELS[name].names == names
