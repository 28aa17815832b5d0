"""Heavy ball against the roots of its characteristic polynomial and against its summed form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import pytest

from reference.arithmetic import RationalArithmetic, Vector
from reference.case import Case, Method
from reference.heavy_ball import step
from reference.methods import METHODS, DiscreteMethod
from reference.objective import objective_of
from reference.state import Coefficients, Gradient, State

Positions = Callable[..., list[list[Fraction]]]
Roots = Callable[[Fraction, Fraction, Fraction, Fraction, int], list[Fraction]]

P0 = (Fraction(1, 3), Fraction(-1, 2))


@dataclass(frozen=True)
class Setting:
    """η and μ, with what they make of the roots at curvatures 1 and 4."""

    step_size: Fraction
    momentum: Fraction

    def method(self) -> Method:
        """Return heavy ball with these coefficients and a nonzero start of the momentum."""
        return Method("heavy_ball", self.step_size, self.momentum, {"beta": P0})


SETTINGS = {
    "complex roots": Setting(Fraction(1, 10), Fraction(3, 4)),
    "real and complex roots": Setting(Fraction(1, 10), Fraction(1, 4)),
    "a double root": Setting(Fraction(1, 4), Fraction(1, 4)),
    "rational roots": Setting(Fraction(1, 2), Fraction(0)),
}


def assert_roots(
    setting: Setting, quadratic: Any, by_roots: Roots, path: Sequence[Sequence[Fraction]]
) -> None:
    """Assert that mode z of curvature λ solves z₊ = (1 + μ − ηλ) z − μ z₋, by its roots."""
    eta, mu = setting.step_size, setting.momentum
    z0, q0 = quadratic.errors([Fraction(1), Fraction(1)]), quadratic.modes(P0)
    computed = [quadratic.errors(position) for position in path]
    for i, lam in enumerate(quadratic.curvatures):
        z1 = z0[i] + mu * q0[i] - eta * lam * z0[i]
        assert [z[i] for z in computed] == by_roots(1 + mu - eta * lam, mu, z0[i], z1, len(path))


def assert_summed(case: Case, path: Sequence[Sequence[Fraction]]) -> None:
    """Assert β_k = β_0 − η Σ_{j<k} (1 − μ^{k−j})/(1 − μ) ∇L(β_j), for p0 = 0."""
    eta, mu = case.method.step_size, case.method.momentum
    objective = objective_of(case, RationalArithmetic())
    slopes = [list(objective.gradient(Vector(list(b)), j)) for j, b in enumerate(path)]
    for k, position in enumerate(path):
        weights = [(1 - mu ** (k - j)) / (1 - mu) for j in range(k)]
        for i, start in enumerate(path[0]):
            pull = sum((w * slopes[j][i] for j, w in enumerate(weights)), start=Fraction(0))
            assert position[i] == start - eta * pull


def dampened(state: State, gradient: Gradient, coefficients: Coefficients) -> State:
    """Plant p₊ = μ p − (1 − μ) η g."""
    eta, mu = coefficients
    return step(state, gradient, Coefficients((1 - mu) * eta, mu))


def nesterov_instead(state: State, gradient: Gradient, coefficients: Coefficients) -> State:
    """Plant the gradient at the look-ahead point."""
    mu = coefficients.momentum
    return step(state, lambda at: gradient(at + mu * state.momentum), coefficients)


def stale(state: State, gradient: Gradient, coefficients: Coefficients) -> State:
    """Plant the gradient at the position before."""
    return step(state, lambda at: gradient(at - state.momentum), coefficients)


def old_momentum(state: State, gradient: Gradient, coefficients: Coefficients) -> State:
    """Plant β₊ = β + p with p in the place of p₊: off by one step."""
    return State(state.position + state.momentum, step(state, gradient, coefficients).momentum)


def momentum_on_gradient(state: State, gradient: Gradient, coefficients: Coefficients) -> State:
    """Plant p₊ = μ (p − η g)."""
    eta, mu = coefficients
    return step(state, gradient, Coefficients(mu * eta, mu))


FAULTS = [dampened, nesterov_instead, stale, old_momentum, momentum_on_gradient]


def plant(monkeypatch: pytest.MonkeyPatch, fault: Callable[..., State]) -> None:
    """Put a faulty step in the method's place."""
    monkeypatch.setitem(METHODS, "heavy_ball", DiscreteMethod(METHODS["heavy_ball"].init, fault))


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
def test_heavy_ball_equals_its_roots_on_a_quadratic(
    setting: Setting, quadratic: Any, by_roots: Roots, positions: Positions
) -> None:
    """Both modes over 30 steps in exact arithmetic, started with momentum."""
    path = positions(quadratic.case(setting.method()), 31)
    assert_roots(setting, quadratic, by_roots, path)


@pytest.mark.parametrize("fault", FAULTS)
def test_root_check_catches_a_fault(
    quadratic: Any,
    by_roots: Roots,
    positions: Positions,
    monkeypatch: pytest.MonkeyPatch,
    fault: Callable[..., State],
) -> None:
    """Each wrong step fails the same check within four steps."""
    plant(monkeypatch, fault)
    setting = SETTINGS["complex roots"]
    path = positions(quadratic.case(setting.method()), 5)
    with pytest.raises(AssertionError):
        assert_roots(setting, quadratic, by_roots, path)


@pytest.mark.parametrize("model", ["diagonal", "hadamard", "scalar_product", "polynomial"])
def test_heavy_ball_equals_its_summed_form_on_a_nonlinear_model(
    make_case: Callable[..., Case], positions: Positions, model: str
) -> None:
    """β_k is β_0 less η times the gradients met, weighted by (1 − μ^{k−j})/(1 − μ)."""
    case = make_case(model=model)
    assert_summed(case, positions(case, 5))


@pytest.mark.parametrize("fault", FAULTS)
def test_summed_form_check_catches_a_fault(
    make_case: Callable[..., Case],
    positions: Positions,
    monkeypatch: pytest.MonkeyPatch,
    fault: Callable[..., State],
) -> None:
    """Each wrong step fails the same check."""
    plant(monkeypatch, fault)
    with pytest.raises(AssertionError):
        assert_summed(make_case(), positions(make_case(), 4))


def test_heavy_ball_without_momentum_is_gradient_descent(
    make_case: Callable[..., Case], positions: Positions
) -> None:
    """At μ = 0 the two methods coincide."""
    heavy_ball, descent = (
        make_case(name, momentum=Fraction(0)) for name in ("heavy_ball", "gradient_descent")
    )
    assert positions(heavy_ball, 5) == positions(descent, 5)
