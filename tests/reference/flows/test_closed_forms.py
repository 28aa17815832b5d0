"""Enclosed flows hold the closed forms, say when they blow up, and notice planted faults."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import mpmath
import pytest

import reference.flows.certified_flow as certified_module
from reference.case import Flow, FlowCase, Polynomial, Regression, Term
from reference.cross_check import CertificateViolationError
from reference.flows.certified_flow import certified_flow
from reference.flows.enclosed_flow import EnclosedFlow, Stepper
from reference.flows.errors import BlowUpError, LostFlowError
from reference.flows.mpmath_flow import Walk
from reference.flows.systems import inertia, right_hand_side
from reference.mpmath_arithmetic import MpmathArithmetic
from reference.objective import objective_of

PROBLEM = Regression(
    ((Fraction(1), Fraction(1, 2), Fraction(-1, 4)), (Fraction(0), Fraction(1), Fraction(3, 4))),
    (Fraction(1), Fraction(-1, 2)),
    "half_mean_square",
)
DIAGONAL = {"u": (Fraction(1, 2),) * 3, "v": (Fraction(1, 4), Fraction(1, 3), Fraction(1, 2))}
DIGITS = 40


def diagonal(flow: Flow) -> FlowCase:
    """Return a flow on a small diagonal network."""
    return FlowCase(PROBLEM, "diagonal", DIAGONAL, flow)


def power(coefficient: Fraction, exponent: int, flow: Flow) -> FlowCase:
    """Return a flow of L = coefficient · b^exponent from b = 1."""
    return FlowCase(Polynomial((Term(coefficient, (exponent,)),)), "polynomial", {"b": (Fraction(1),)}, flow)


def values(case: FlowCase, time: Fraction, name: str, digits: int = DIGITS) -> list[Any]:
    """Return one array at one time as mpf, certified."""
    row = certified_flow(case, [time], digits, cross_check=False).arrays[name].rows[0]
    return [mpmath.mpf(integer) / mpmath.mpf(10) ** row.places for integer in row.integers]


@pytest.fixture(autouse=True)
def precise() -> Any:
    """Compare at sixty digits."""
    with mpmath.workdps(60):
        yield


def assert_close(found: Any, expected: Any) -> None:
    """Require agreement to the asked digits."""
    assert abs(found - expected) <= abs(expected) * mpmath.mpf(10) ** (1 - DIGITS)


def test_gradient_flow_of_a_quartic() -> None:
    """b' = −b³: b(t) = (1 + 2t)^(−1/2)."""
    (found,) = values(power(Fraction(1, 4), 4, Flow("gradient_flow")), Fraction(3), "b")
    assert_close(found, 1 / mpmath.sqrt(7))


def test_gradient_flow_over_a_long_horizon() -> None:
    """A thousand time units cost no digits where errors contract."""
    (found,) = values(power(Fraction(1, 4), 4, Flow("gradient_flow")), Fraction(1000), "b")
    assert_close(found, 1 / mpmath.sqrt(2001))


@pytest.mark.parametrize("of", ["heavy_ball", "nesterov"])
def test_momentum_flow_of_a_quadratic_is_a_damped_oscillator(of: str) -> None:
    """α b'' + b' + b/(1−μ) = 0 from rest, by its characteristic roots."""
    flow = Flow("momentum_flow", Fraction(1, 2), Fraction(3, 4), of=of)
    (found,) = values(power(Fraction(1, 2), 2, flow), Fraction(5), "b")
    alpha = mpmath.mpf(inertia(flow).numerator) / inertia(flow).denominator
    root = mpmath.sqrt(mpmath.mpc(1 - 16 * alpha))
    fast, slow = (-1 - root) / (2 * alpha), (-1 + root) / (2 * alpha)
    exact = (fast * mpmath.exp(5 * slow) - slow * mpmath.exp(5 * fast)) / (fast - slow)
    assert_close(found, exact.real)


def test_inertia_of_both_methods() -> None:
    """η(1+μ)/(2(1−μ)) and η(1−μ+2μ²)/(2(1−μ)) at η = 1, μ = 1/2 (paper 000, Prop. 1)."""
    assert inertia(Flow("momentum_flow", Fraction(1), Fraction(1, 2))) == Fraction(3, 2)
    assert inertia(Flow("momentum_flow", Fraction(1), Fraction(1, 2), of="nesterov")) == 1


def test_rescaled_gradient_flow_is_gradient_flow_on_a_faster_clock() -> None:
    """β_RGF(t) = β_GF(t/(1−μ))."""
    slow = values(diagonal(Flow("gradient_flow")), Fraction(4), "u")
    fast = values(diagonal(Flow("rescaled_gradient_flow", momentum=Fraction(3, 4))), Fraction(1), "u")
    for a, b in zip(slow, fast, strict=True):
        assert_close(a, b)


def test_sign_printed_for_the_rescaled_flow_climbs() -> None:
    """Paper 000 prints dβ/dt = +∇L/(1−μ) after Prop. 1: the loss would grow; ours falls."""
    case = diagonal(Flow("rescaled_gradient_flow", momentum=Fraction(1, 2)))
    arithmetic = MpmathArithmetic()
    position = arithmetic.join([arithmetic.vector(DIAGONAL[name]) for name in ("u", "v")])
    (slope,) = right_hand_side(case, arithmetic)([position])
    loss = objective_of(case, arithmetic).loss
    step = mpmath.mpf(10) ** -6
    assert loss(position + step * slope) < loss(position) < loss(position - step * slope)


@pytest.mark.parametrize("name", ["gradient_flow", "rescaled_gradient_flow"])
def test_gradient_flow_keeps_u_v(name: str) -> None:
    """d(u v)/dt = −2ugv + 2vgu = 0 on the diagonal network."""
    case = diagonal(Flow(name, momentum=Fraction(1, 2) if name != "gradient_flow" else Fraction(0)))
    arrays = certified_flow(case, [Fraction(7)], DIGITS).arrays
    row_u, row_v = arrays["u"].rows[0], arrays["v"].rows[0]
    for j in range(3):
        product = Fraction(row_u.integers[j] * row_v.integers[j]) / Fraction(10) ** (
            row_u.places + row_v.places
        )
        assert abs(product - DIAGONAL["u"][j] * DIAGONAL["v"][j]) < Fraction(1, 10**38)


def test_mgf_is_the_momentum_flow_on_another_clock() -> None:
    """With s = t/(1−μ): MGF(λ = α/(1−μ)) at s is the momentum flow at t."""
    flow = Flow("momentum_flow", Fraction(1, 10), Fraction(1, 2))
    same = Flow("mgf", inertia=inertia(flow) * 2)
    for a, b in zip(
        values(diagonal(flow), Fraction(3), "theta"),
        values(diagonal(same), Fraction(6), "theta"),
        strict=True,
    ):
        assert_close(a, b)


def test_blow_up_says_when() -> None:
    """b' = b³ from 1 leaves every bound at t = 1/2."""
    with pytest.raises(BlowUpError, match="blows up") as caught:
        certified_flow(power(Fraction(-1, 4), 4, Flow("gradient_flow")), [Fraction(1)], 20)
    assert float(caught.value.time) == pytest.approx(0.5, rel=1e-9)


def test_every_joint_of_steps_agrees() -> None:
    """Where one step ends and the next begins their balls overlap."""
    before = None
    for segment in EnclosedFlow(
        diagonal(Flow("momentum_flow", Fraction(1, 10), Fraction(1, 2))), 120
    ).segments(Fraction(4)):
        if before is not None:
            pairs = zip(before.position(segment.start), segment.position(segment.start), strict=True)
            assert all(a.overlaps(b) for a, b in pairs)
        before = segment
    assert before is not None
    assert before.end == 4


def test_hopeless_precision_is_reported() -> None:
    """Forty bits cannot follow a flow that spreads errors."""
    with pytest.raises(LostFlowError, match="more precision"):
        list(EnclosedFlow(diagonal(Flow("mgf", inertia=Fraction(3))), 24).segments(Fraction(30)))


def test_a_definition_that_disagrees_stops_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted fault: mpmath walks another flow; nothing is published."""
    other = diagonal(Flow("rescaled_gradient_flow", momentum=Fraction(1, 3)))
    monkeypatch.setattr(certified_module, "Walk", lambda case, bits: Walk(other, bits))
    with pytest.raises(CertificateViolationError, match="outside the certified ball"):
        certified_flow(diagonal(Flow("gradient_flow")), [Fraction(1)], 20)


def test_a_right_hand_side_that_is_not_differentiated_stops_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted fault: the enclosure drops its Taylor terms beyond the fourth, and claims to be exact."""
    grow = Stepper._grow

    def lazy(self: Stepper, centres: list[list[Any]], scale: Fraction) -> tuple[list[list[Any]], int]:
        last, orders = grow(self, centres, scale)
        for block in self.blocks:
            for column in block.columns:
                column[4:] = [0 * term for term in column[4:]]
        return last, orders

    monkeypatch.setattr(Stepper, "_grow", lazy)
    with pytest.raises((CertificateViolationError, LostFlowError)):
        certified_flow(diagonal(Flow("gradient_flow")), [Fraction(1)], 20)


def test_time_zero_is_exact() -> None:
    """The start is published without a radius."""
    found = certified_flow(diagonal(Flow("gradient_flow")), [Fraction(0)], 20)
    assert found.arrays["u"].rows[0].half_units == (0, 0, 0)


def test_data_of_zeros_move_nothing() -> None:
    """X = 0: the gradient is zero, and the position stays."""
    problem = Regression(((Fraction(0), Fraction(0)),), (Fraction(-2),), "half_mean_square")
    start = {"u": (Fraction(1, 3), Fraction(2)), "v": (Fraction(1), Fraction(0))}
    case = FlowCase(problem, "diagonal", start, Flow("momentum_flow", Fraction(1, 100), Fraction(2, 5)))
    found = certified_flow(case, [Fraction(1)], 20, cross_check=False).arrays["u"].rows[0]
    assert [Fraction(n) / Fraction(10) ** found.places for n in found.integers][1] == 2
