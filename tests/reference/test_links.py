"""Limits meet the minimisers that theory predicts: exactly, or with the power of η that it neglects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import pytest

import reference.links as module
from reference.case import Case, Flow, FlowCase, Method, Regression
from reference.flows.integrals import certified_flow_integrals
from reference.kkt import certified_minimiser
from reference.links import ladder, link
from reference.predictions import (
    Prediction,
    exact_flow_prediction,
    first_order_prediction,
    gradient_flow_prediction,
    printed_momentum_prediction,
    printed_start_prediction,
)

MU = Fraction(1, 2)
PROBLEM = Regression(
    ((Fraction(1), Fraction(1, 2), Fraction(-1, 4)), (Fraction(0), Fraction(1), Fraction(3, 4))),
    (Fraction(1), Fraction(-1, 2)),
    "half_mean_square",
)
STARTS = {
    "diagonal": {
        "u": (Fraction(1, 2), Fraction(3, 8), Fraction(1, 2)),
        "v": (Fraction(1, 4), Fraction(1, 2), Fraction(3, 8)),
    },
    "hadamard": {
        "u": (Fraction(1), Fraction(7, 8), Fraction(1, 2)),
        "v": (Fraction(1, 4), Fraction(1, 2), Fraction(-3, 8)),
    },
}
LADDER = [Fraction(1, 20), Fraction(1, 40), Fraction(1, 80)]


def flow_case(flow: Flow, model: str = "diagonal") -> FlowCase:
    """Return a flow on the test problem."""
    return FlowCase(PROBLEM, model, STARTS[model], flow)


def method_case(method: Method, model: str = "diagonal") -> Case:
    """Return a method on the test problem."""
    return Case(PROBLEM, model, STARTS[model], method)


CASES: dict[str, Callable[[Fraction], Case | FlowCase]] = {
    "heavy-ball flow": lambda eta: flow_case(Flow("momentum_flow", eta, MU)),
    "heavy-ball flow on the slow manifold": lambda eta: flow_case(
        Flow("momentum_flow", eta, MU, initial_velocity="slow_manifold")
    ),
    "Nesterov flow": lambda eta: flow_case(Flow("momentum_flow", eta, MU, of="nesterov")),
    "mgf": lambda eta: flow_case(Flow("mgf", inertia=eta / (1 - MU) ** 2)),
    "gradient descent": lambda eta: method_case(Method("gradient_descent", eta)),
    "heavy ball": lambda eta: method_case(Method("heavy_ball", eta, MU)),
    "Nesterov": lambda eta: method_case(Method("nesterov", eta, MU)),
}


@pytest.mark.parametrize("model", STARTS)
@pytest.mark.parametrize("name", ["gradient_flow", "rescaled_gradient_flow"])
def test_gradient_flow_ends_exactly_where_its_entropy_is_least(name: str, model: str) -> None:
    """θ(∞) = argmin Q_ξ + θᵀ·linear from a biased start (paper 000, Prop. 2, its sign corrected)."""
    found = link(flow_case(Flow(name, momentum=MU if name != "gradient_flow" else Fraction(0)), model), 20)
    assert found.mismatch == {"exact": pytest.approx(0, abs=1e-19)}


@pytest.mark.parametrize("model", STARTS)
@pytest.mark.parametrize("name", ["heavy-ball flow", "mgf", "heavy ball"])
def test_exact_theory_meets_the_limit_to_every_digit(name: str, model: str) -> None:
    """With I± of a flow, S± of a method, nothing is neglected (paper 003, Sec. 4 and 6)."""
    case = replace(CASES[name](Fraction(1, 10)), model=model, init=STARTS[model])
    found = link(case, 30)
    assert found.mismatch["exact"] < 1e-28
    assert found.mismatch["first order"] > 1e-6
    assert found.mismatch["gradient flow"] > found.mismatch["first order"]


@pytest.mark.parametrize("name", CASES)
def test_mismatch_falls_with_the_power_that_theory_neglects(name: str) -> None:
    """First-order theory misses by O(η²), gradient flow's minimiser by O(η); the exact one by nothing."""
    seen = ladder(CASES[name], LADDER, 16)
    for theory, power in (("gradient flow", 1), ("first order", 2)):
        estimate = seen.powers[theory]
        assert estimate.error_bar < 0.1
        assert abs(estimate.order - power) <= 2 * estimate.error_bar + 0.005
    assert all(found.mismatch["exact"] < 1e-14 for found in seen.links)


def test_minibatches_keep_the_exact_theory() -> None:
    """Stochastic heavy ball ends exactly at the minimiser of its own Δ∞ and θ̃0 (paper 003, Sec. 6)."""
    method = Method("heavy_ball", Fraction(1, 10), MU, batches=((0,), (1,)))
    assert link(method_case(method), 24).mismatch["exact"] < 1e-22


def distance_to(prediction: Prediction, limit: tuple[Fraction, ...]) -> float:
    """Return how far a predicted minimiser lies from a limit."""
    found = certified_minimiser(PROBLEM, prediction.xi, prediction.linear, 20).arrays["theta"].rows[0]
    theta = [Fraction(integer) / Fraction(10) ** found.places for integer in found.integers]
    return max(abs(float(a - b)) for a, b in zip(theta, limit, strict=True))


def test_printed_sign_of_the_start_term_misses_the_limit_of_gradient_flow() -> None:
    """Paper 000, Prop. 2, prints + θᵀR^GF; the limit needs −."""
    case = flow_case(Flow("gradient_flow"))
    limit = link(case, 20).limit
    assert distance_to(gradient_flow_prediction(case), limit) < 1e-18
    assert distance_to(printed_start_prediction(case), limit) > 0.01


def phi_of(case: FlowCase) -> tuple[Fraction, ...]:
    """Return φ(∞) of a flow."""
    row = certified_flow_integrals(case, None, 20).arrays["phi"].rows[0]
    return tuple(Fraction(integer) / Fraction(10) ** row.places for integer in row.integers)


def initial_slope(case: FlowCase) -> tuple[Fraction, ...]:
    """Return ∂_θ L at the start, Xᵀ(Xθ − y)/n, written out."""
    theta = [a * a - b * b for a, b in zip(case.init["u"], case.init["v"], strict=True)]
    rows = list(zip(PROBLEM.X, PROBLEM.y, strict=True))
    residual = [sum(x * t for x, t in zip(row, theta, strict=True)) - y for row, y in rows]
    return tuple(
        sum((row[j] * r for (row, _), r in zip(rows, residual, strict=True)), start=Fraction(0)) / 2
        for j in range(3)
    )


def test_printed_momentum_theorem_misses_by_more_than_it_neglects() -> None:
    """Paper 000, Thm 3 as printed misses by O(1) from a biased start; corrected, by O(η²)."""
    eta = Fraction(1, 40)
    case = flow_case(Flow("momentum_flow", eta, MU))
    limit, phi = link(case, 20).limit, phi_of(case)
    assert distance_to(first_order_prediction(case, phi), limit) < 5 * float(eta) ** 2
    assert distance_to(printed_momentum_prediction(case, phi, initial_slope(case)), limit) > 0.01


def test_the_initial_gradient_moves_no_minimiser() -> None:
    """Paper 000's explicit dependence on ∂_θ L(θ0): it is Xᵀ(…), so θᵀ∂_θ L(θ0) is constant on Xθ = y."""
    case = flow_case(Flow("momentum_flow", Fraction(1, 10), MU))
    right = first_order_prediction(case, phi_of(case))
    moved = tuple(a + 3 * g for a, g in zip(right.linear, initial_slope(case), strict=True))
    limit = link(case, 20).limit
    assert distance_to(Prediction(right.xi, moved), limit) == pytest.approx(
        distance_to(right, limit), abs=1e-17
    )


def test_a_tampered_integral_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted fault: with I₊ and I₋ exchanged the exact theory misses."""
    right = exact_flow_prediction
    monkeypatch.setattr(module, "exact_flow_prediction", lambda case, pair: right(case, pair[::-1]))
    assert link(CASES["heavy-ball flow"](Fraction(1, 10)), 20).mismatch["exact"] > 1e-4


def test_a_ladder_that_does_not_halve_is_refused() -> None:
    """Two rungs have no error bar."""
    with pytest.raises(ValueError, match="each half of the one before"):
        ladder(CASES["heavy ball"], LADDER[:2])
