"""Gradient descent against its closed form on quadratics and its invariant on diagonal networks."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import pytest

from reference.arithmetic import RationalArithmetic, Vector
from reference.case import Case, Method
from reference.gradient_descent import step
from reference.methods import METHODS, DiscreteMethod
from reference.objective import objective_of
from reference.state import Coefficients, Gradient, State

ETA = Fraction(1, 10)
DESCENT = Method("gradient_descent", ETA)

Positions = Callable[..., list[list[Fraction]]]


def ascent(state: State, gradient: Gradient, coefficients: Coefficients) -> State:
    """Plant a wrong sign."""
    return step(state, lambda at: -gradient(at), coefficients)


def stale(state: State, gradient: Gradient, coefficients: Coefficients) -> State:
    """Plant the gradient at the position before: β − (the last move)."""
    return step(state, lambda at: gradient(at - state.momentum), coefficients)


def doubled(state: State, gradient: Gradient, coefficients: Coefficients) -> State:
    """Plant a loss scaling that is off by 2."""
    return step(state, gradient, Coefficients(2 * coefficients.step_size, coefficients.momentum))


FAULTS = [ascent, stale, doubled]


def plant(monkeypatch: pytest.MonkeyPatch, fault: Callable[..., State]) -> None:
    """Put a faulty step in the method's place."""
    init = METHODS["gradient_descent"].init
    monkeypatch.setitem(METHODS, "gradient_descent", DiscreteMethod(init, fault))


def assert_geometric(quadratic: Any, path: Sequence[Sequence[Fraction]]) -> None:
    """Assert that each mode is z_k = (1 − ηλ)^k z_0."""
    z0 = quadratic.errors([Fraction(1), Fraction(1)])
    for k, position in enumerate(path):
        expected = [(1 - ETA * lam) ** k * z for lam, z in zip(quadratic.curvatures, z0, strict=True)]
        assert quadratic.errors(position) == expected


def assert_product_contracts(case: Case, path: Sequence[Sequence[Fraction]]) -> None:
    """Assert u₊v₊ = u v (1 − 4η²g²), g = ∂L/∂θ_j, at each coordinate and step."""
    objective: Any = objective_of(case, RationalArithmetic())
    d = len(case.init["u"])
    for now, after in itertools.pairwise(path):
        g = list(objective.predictor_gradient(Vector(list(now))))
        for j in range(d):
            contraction = 1 - 4 * case.method.step_size**2 * g[j] ** 2
            assert after[j] * after[d + j] == now[j] * now[d + j] * contraction


def test_gradient_descent_equals_its_closed_form_on_a_quadratic(quadratic: Any, positions: Positions) -> None:
    """z_k = (1 − ηλ)^k z_0 in each mode, over 30 steps, in exact arithmetic."""
    assert_geometric(quadratic, positions(quadratic.case(DESCENT), 31))


@pytest.mark.parametrize("fault", FAULTS)
def test_closed_form_check_catches_a_fault(
    quadratic: Any, positions: Positions, monkeypatch: pytest.MonkeyPatch, fault: Callable[..., State]
) -> None:
    """Each wrong step fails the same check."""
    plant(monkeypatch, fault)
    with pytest.raises(AssertionError):
        assert_geometric(quadratic, positions(quadratic.case(DESCENT), 4))


def test_product_of_the_halves_contracts_by_the_known_factor(
    make_case: Callable[..., Case], positions: Positions
) -> None:
    """On θ = u² − v², u·v shrinks by exactly 1 − 4η²g² a step and coordinate."""
    case = make_case("gradient_descent")
    assert_product_contracts(case, positions(case, 6))


@pytest.mark.parametrize("fault", [stale, doubled])
def test_contraction_check_catches_a_fault(
    make_case: Callable[..., Case],
    positions: Positions,
    monkeypatch: pytest.MonkeyPatch,
    fault: Callable[..., State],
) -> None:
    """Stale gradients and a wrong scaling break the invariant."""
    case = make_case("gradient_descent")
    plant(monkeypatch, fault)
    with pytest.raises(AssertionError):
        assert_product_contracts(case, positions(case, 4))


def test_contraction_check_catches_momentum(make_case: Callable[..., Case], positions: Positions) -> None:
    """Heavy ball does not have the invariant, so the check tells the two apart."""
    case = make_case("heavy_ball")
    with pytest.raises(AssertionError):
        assert_product_contracts(case, positions(case, 4))


def test_balancedness_of_the_hadamard_model_contracts_by_the_known_factor(
    make_case: Callable[..., Case], positions: Positions
) -> None:
    """On θ = u v, u² − v² shrinks by exactly 1 − η²g² a step: the same invariant in w± = u ± v."""
    case = make_case("gradient_descent", model="hadamard")
    objective: Any = objective_of(case, RationalArithmetic())
    now, after = positions(case, 2)
    g = list(objective.predictor_gradient(Vector(now)))
    balancedness = [[u * u - v * v for u, v in zip(b[:3], b[3:], strict=True)] for b in (now, after)]
    factors = [1 - ETA**2 * slope**2 for slope in g]
    assert balancedness[1] == [b * f for b, f in zip(balancedness[0], factors, strict=True)]


def test_momentum_slot_holds_the_step_just_made() -> None:
    """The carried vector is β₊ − β, so that a record can show it."""
    state = State(Vector([Fraction(3)]), Vector([Fraction(7)]))
    after = step(state, lambda at: at, Coefficients(ETA, Fraction(0)))
    assert list(after.momentum) == [Fraction(-3, 10)] == list(after.position - state.position)
