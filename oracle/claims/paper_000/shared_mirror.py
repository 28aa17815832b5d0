"""The dual variable of paper 000's mirror flow, enclosed along momentum flows.

    M(t) = ¼ asinh((θ + αθ')/(2ξ̄(t))) + c ∫_0^t ∂_θL ds,   ξ̄(t) = ξ exp(−8αc² ∫_0^t (∂_θL)² ds),   c = 1/(1 − μ),

would be constant in t if the printed mirror flow were exact, and then −R^M, since Eq. 11 integrates to
∇Q(θ + αθ') + R^M = −c∫∂_θL.

Source: paper 000, Prop. 4, Eq. 11 and 12.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from oracle.claims.instances import Instance
from reference.arithmetic import Vector
from reference.balls import ball, ball_precision
from reference.case import Flow, FlowCase
from reference.flows.integrals import Moment, enclosed_moments
from reference.flows.systems import second_order

__all__ = ["dual_variable", "largest", "momentum_flow"]


def momentum_flow(instance: Instance, eta: Fraction, mu: Fraction, of: str, velocity: str) -> FlowCase:
    """Return the flow of Eq. 4 on an instance, ``zero`` or ``slow_manifold`` its initial velocity."""
    case, flow = instance.case, Flow("momentum_flow", eta, mu, of=of, initial_velocity=velocity)
    return FlowCase(case.problem, case.model, case.init, flow)


def dual_variable(case: FlowCase, times: Sequence[Fraction], bits: int) -> list[list[Any]]:
    """Return balls around M(t) at each time, shape (len(times), d)."""
    moments = enclosed_moments(case, times, bits)
    with ball_precision(bits):
        return [mirror_of(case, moment) for moment in moments]


def mirror_of(case: FlowCase, moment: Moment) -> list[Any]:
    """Return M at one moment, at the precision in force."""
    flow = second_order(case.flow)
    alpha, factor = ball(flow.inertia), ball(flow.factor)
    scale, (theta, velocity) = _scale(moment.start[0]), _predictor(moment.blocks)
    values = []
    for x, t, w, slope, square in zip(scale, theta, velocity, moment.slope, moment.square, strict=True):
        here = x * (-8 * alpha * factor**2 * square).exp()
        values.append(((t + alpha * w) / (2 * here)).asinh() / 4 + factor * slope)
    return values


def largest(values: Sequence[Any]) -> float:
    """Return the largest |value| of balls."""
    return max(float(abs(value).mid()) for value in values)


def _scale(start: Vector) -> list[Any]:
    """Return ξ = |u v|(0)."""
    entries = start.entries
    size = len(entries) // 2
    return [abs(a * b) for a, b in zip(entries[:size], entries[size:], strict=True)]


def _predictor(blocks: Sequence[Vector]) -> tuple[list[Any], list[Any]]:
    """Return θ = u⊙u − v⊙v and θ' = 2(u⊙u' − v⊙v')."""
    position, velocity = (block.entries for block in blocks)
    size = len(position) // 2
    theta = [a * a - b * b for a, b in zip(position[:size], position[size:], strict=True)]
    moved = [
        2 * (a * p - b * q)
        for a, b, p, q in zip(position[:size], position[size:], velocity[:size], velocity[size:], strict=True)
    ]
    return theta, moved
