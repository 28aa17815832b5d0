"""Nesterov and its look-ahead sequence against the roots of their characteristic polynomial."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import pytest

from reference.case import Case, Method
from reference.heavy_ball import step as heavy_ball_step
from reference.methods import METHODS, DiscreteMethod
from reference.nesterov import lookahead_init, lookahead_step, step
from reference.state import Coefficients, Gradient, State

Positions = Callable[..., list[list[Fraction]]]
Roots = Callable[[Fraction, Fraction, Fraction, Fraction, int], list[Fraction]]

P0 = (Fraction(1, 3), Fraction(-1, 2))
SETTINGS = {
    "complex roots": (Fraction(1, 10), Fraction(3, 4)),
    "real and complex roots": (Fraction(1, 20), Fraction(3, 5)),
    "a double root": (Fraction(9, 25), Fraction(1, 4)),
    "a mode gone in one step": (Fraction(1, 4), Fraction(1, 2)),
}


def method(name: str, setting: tuple[Fraction, Fraction]) -> Method:
    """Return the method with a nonzero start of the momentum."""
    return Method(name, setting[0], setting[1], {"beta": P0})


def positions_by_roots(
    setting: tuple[Fraction, Fraction], quadratic: Any, by_roots: Roots, count: int
) -> list[list[Fraction]]:
    """Solve z₊ = (1 − ηλ)((1 + μ) z − μ z₋) by its roots, one list per mode."""
    eta, mu = setting
    z0, q0 = quadratic.errors([Fraction(1), Fraction(1)]), quadratic.modes(P0)
    modes = []
    for i, lam in enumerate(quadratic.curvatures):
        shrink = 1 - eta * lam
        z1 = shrink * (z0[i] + mu * q0[i])
        modes.append(by_roots((1 + mu) * shrink, mu * shrink, z0[i], z1, count))
    return modes


def assert_nesterov(
    setting: tuple[Fraction, Fraction], quadratic: Any, by_roots: Roots, path: Sequence[Sequence[Fraction]]
) -> None:
    """Assert that the modes of β_k are those of the roots."""
    expected = positions_by_roots(setting, quadratic, by_roots, len(path))
    assert [list(mode) for mode in zip(*map(quadratic.errors, path), strict=True)] == expected


def assert_lookahead(
    setting: tuple[Fraction, Fraction], quadratic: Any, by_roots: Roots, path: Sequence[Sequence[Fraction]]
) -> None:
    """Assert that the modes are y_k = z_k + μ (z_k − z_{k−1}), y_0 = z_0 + μ q_0, of the roots."""
    mu = setting[1]
    q0 = quadratic.modes(P0)
    computed = zip(*map(quadratic.errors, path), strict=True)
    for i, (y, z) in enumerate(
        zip(computed, positions_by_roots(setting, quadratic, by_roots, len(path)), strict=True)
    ):
        later = [now + mu * (now - before) for before, now in itertools.pairwise(z)]
        assert list(y) == [z[0] + mu * q0[i], *later]


def stale_lookahead(state: State, gradient: Gradient, coefficients: Coefficients) -> State:
    """Plant the gradient at β + p: a look-ahead without μ."""
    shift = (1 - coefficients.momentum) * state.momentum
    return step(state, lambda at: gradient(at + shift), coefficients)


def dampened(state: State, gradient: Gradient, coefficients: Coefficients) -> State:
    """Plant p₊ = μ p − (1 − μ) η g."""
    eta, mu = coefficients
    return step(state, gradient, Coefficients((1 - mu) * eta, mu))


def old_momentum(state: State, gradient: Gradient, coefficients: Coefficients) -> State:
    """Plant β₊ = β + p with p in the place of p₊."""
    return State(state.position + state.momentum, step(state, gradient, coefficients).momentum)


def lookahead_with_old_momentum(state: State, gradient: Gradient, coefficients: Coefficients) -> State:
    """Plant y₊ = y + μ p − η g."""
    eta, mu = coefficients
    after = lookahead_step(state, gradient, coefficients)
    return State(state.position + mu * state.momentum - eta * gradient(state.position), after.momentum)


POSITION_FAULTS = [heavy_ball_step, stale_lookahead, dampened, old_momentum]
LOOKAHEAD_FAULTS = [heavy_ball_step, step, lookahead_with_old_momentum]


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
def test_nesterov_equals_its_roots_on_a_quadratic(
    setting: tuple[Fraction, Fraction], quadratic: Any, by_roots: Roots, positions: Positions
) -> None:
    """Both modes over 30 steps in exact arithmetic, started with momentum."""
    path = positions(quadratic.case(method("nesterov", setting)), 31)
    assert_nesterov(setting, quadratic, by_roots, path)


@pytest.mark.parametrize("fault", POSITION_FAULTS)
def test_root_check_catches_a_fault(
    quadratic: Any,
    by_roots: Roots,
    positions: Positions,
    monkeypatch: pytest.MonkeyPatch,
    fault: Callable[..., State],
) -> None:
    """Each wrong step fails the same check."""
    monkeypatch.setitem(METHODS, "nesterov", DiscreteMethod(METHODS["nesterov"].init, fault))
    setting = SETTINGS["complex roots"]
    path = positions(quadratic.case(method("nesterov", setting)), 5)
    with pytest.raises(AssertionError):
        assert_nesterov(setting, quadratic, by_roots, path)


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
def test_lookahead_equals_its_roots_on_a_quadratic(
    setting: tuple[Fraction, Fraction], quadratic: Any, by_roots: Roots, positions: Positions
) -> None:
    """y_k = β_k + μ (β_k − β_{k−1}) over 30 steps in exact arithmetic."""
    path = positions(quadratic.case(method("nesterov_lookahead", setting)), 31)
    assert_lookahead(setting, quadratic, by_roots, path)


@pytest.mark.parametrize("fault", LOOKAHEAD_FAULTS)
def test_lookahead_root_check_catches_a_fault(
    quadratic: Any,
    by_roots: Roots,
    positions: Positions,
    monkeypatch: pytest.MonkeyPatch,
    fault: Callable[..., State],
) -> None:
    """Heavy ball, the β recurrence and an old momentum all fail the same check."""
    monkeypatch.setitem(METHODS, "nesterov_lookahead", DiscreteMethod(lookahead_init, fault))
    setting = SETTINGS["complex roots"]
    path = positions(quadratic.case(method("nesterov_lookahead", setting)), 5)
    with pytest.raises(AssertionError):
        assert_lookahead(setting, quadratic, by_roots, path)


def test_lookahead_check_catches_a_start_that_does_not_look_ahead(
    quadratic: Any, by_roots: Roots, positions: Positions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """y_0 = β_0 in the place of β_0 + μ p_0 fails the same check."""
    plain = DiscreteMethod(METHODS["nesterov"].init, lookahead_step)
    monkeypatch.setitem(METHODS, "nesterov_lookahead", plain)
    setting = SETTINGS["complex roots"]
    path = positions(quadratic.case(method("nesterov_lookahead", setting)), 3)
    with pytest.raises(AssertionError):
        assert_lookahead(setting, quadratic, by_roots, path)


@pytest.mark.parametrize("name", ["nesterov", "nesterov_lookahead"])
def test_nesterov_without_momentum_is_gradient_descent(
    make_case: Callable[..., Case], positions: Positions, name: str
) -> None:
    """At μ = 0 the methods coincide, and so do β and its look-ahead."""
    nesterov, descent = (make_case(each, momentum=Fraction(0)) for each in (name, "gradient_descent"))
    assert positions(nesterov, 5) == positions(descent, 5)
