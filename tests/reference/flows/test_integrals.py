"""Integrals along flows: direct quadrature, conserved quantities, and the sign that a paper lost."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import mpmath
import pytest

from reference.case import Flow, FlowCase, Regression
from reference.flows.integrals import certified_flow_integrals
from reference.flows.mpmath_flow import Walk

ONE = Regression(((Fraction(1),),), (Fraction(3, 5),), "half_sum_square")
START = {"u": (Fraction(7, 5),), "v": (Fraction(1, 5),)}
MGF = Flow("mgf", inertia=Fraction(1, 4))


@pytest.fixture(autouse=True)
def precise() -> Iterator[None]:
    """Compute at thirty digits."""
    with mpmath.workdps(30):
        yield


def hadamard(flow: Flow) -> FlowCase:
    """Return a flow of one coordinate, θ = u v."""
    return FlowCase(ONE, "hadamard", START, flow)


def number(case: FlowCase, times: list[Fraction] | None, name: str) -> Any:
    """Return the last row of an array of one coordinate."""
    row = certified_flow_integrals(case, times, 20).arrays[name].rows[-1]
    return mpmath.mpf(row.integers[0]) / mpmath.mpf(10) ** row.places


@pytest.mark.parametrize(("name", "sign"), [("I_plus", 1), ("I_minus", -1)])
def test_turning_is_the_integral_of_its_definition(name: str, sign: int) -> None:
    """λ ∫₀¹ (w'/w)² dt, w = u ± v, by Gauss quadrature along mpmath's own walk."""
    walk = Walk(hadamard(MGF), 90)
    nodes = []

    def integrand(time: Fraction) -> Any:
        walk.position_at(time)
        (u, v), (du, dv) = ([block[0], block[1]] for block in walk.blocks)
        return ((du + sign * dv) / (u + sign * v)) ** 2

    # composite Gauss-Legendre, ten points on each of eight panels: exact to about 1e-20 here
    for panel in range(8):
        for x, w in mpmath.calculus.quadrature.GaussLegendre(mpmath.mp).calc_nodes(2, 100):
            nodes.append((Fraction(panel, 8) + Fraction(int((x + 1) * 2**96), 2**100), w / 16))
    nodes.sort(key=lambda node: node[0])
    total = sum(w * integrand(time) for time, w in nodes) / 4
    assert abs(number(hadamard(MGF), [Fraction(1)], name) - total) < mpmath.mpf(10) ** -13


def test_balancedness_shrinks_by_the_turnings() -> None:
    """Δ∞ = Δ0 exp(−(I₊ + I₋)) from rest, with I± = +λ∫(w'/w)²; with the printed −λ it would grow."""
    case = hadamard(MGF)
    before = abs(START["u"][0] ** 2 - START["v"][0] ** 2)
    turning = number(case, None, "I_plus") + number(case, None, "I_minus")
    after = number(case, None, "balancedness")
    assert turning > 0
    assert abs(after / (mpmath.mpf(before.numerator) / before.denominator) - mpmath.exp(-turning)) < 1e-18
    assert after < mpmath.mpf(before.numerator) / before.denominator < after * mpmath.exp(2 * turning)


def test_gradient_flow_keeps_the_balancedness() -> None:
    """u² − v² is conserved for θ = u v."""
    value = number(hadamard(Flow("gradient_flow")), [Fraction(2)], "signed_balancedness")
    assert abs(value - mpmath.mpf(48) / 25) < mpmath.mpf(10) ** -19


def test_phi_of_a_linear_model_is_a_closed_form() -> None:
    """θ' = −(θ − 3/5): g = −(3/5)e^(−t), so φ(T) = 8 ∫ g² = (36/25)(1 − e^(−2T))."""
    case = FlowCase(ONE, "linear", {"beta": (Fraction(0),)}, Flow("gradient_flow"))
    for time, factor in (([Fraction(1)], 1 - mpmath.exp(-2)), (None, mpmath.mpf(1))):
        assert abs(number(case, time, "phi") - mpmath.mpf(36) / 25 * factor) < mpmath.mpf(10) ** -18
