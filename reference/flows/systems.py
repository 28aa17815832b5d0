"""The flows as first-order systems y' = F(y), over any arithmetic.

A first-order flow has one block, y = β; a second-order one has two, y = (β, β').

    gradient_flow            β' = −∇L(β)
    rescaled_gradient_flow   β' = −∇L(β)/(1 − μ)
    momentum_flow            α β'' + β' + ∇L(β)/(1 − μ) = 0
    mgf                      λ β'' + β' + ∇L(β) = 0
    hb_flow, gd_flow         β' = the modified equation of `reference.modified_equation`

Paper 000 prints the rescaled gradient flow with the sign lost ("dβ/dt = ∇L/(1−μ)", after Prop. 1);
`tests/reference/flows/test_closed_forms.py` shows that the loss then grows.

Source: paper 000, Prop. 1, Eq. 4 (momentum_flow; its α for both methods follows from expanding the
recurrences to second order in η); paper 002, Eq. 1; paper 003, Sec. 1 (mgf).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import fmpq

from reference.arithmetic import Arithmetic, RationalArithmetic, Vector
from reference.case import Flow, FlowCase
from reference.models import MODELS
from reference.modified_equation import modified_field, shifted_start
from reference.objective import objective_of

__all__ = [
    "FIRST_ORDER",
    "SECOND_ORDER",
    "SecondOrder",
    "gradient_factor",
    "inertia",
    "is_piecewise",
    "right_hand_side",
    "second_order",
    "start_blocks",
]

FIRST_ORDER = ("gradient_flow", "rescaled_gradient_flow")
SECOND_ORDER = ("momentum_flow", "mgf")


@dataclass(frozen=True)
class SecondOrder:
    """α β'' + β' + c ∇L(β) = 0.

    Parameters
    ----------
    inertia : Fraction
        α (of a momentum flow) or λ (of an MGF).
    factor : Fraction
        c, 1/(1 − μ) or 1.
    """

    inertia: Fraction
    factor: Fraction


def inertia(flow: Flow) -> Fraction:
    """Return α = η(1+μ)/(2(1−μ)) for heavy ball, η(1−μ+2μ²)/(2(1−μ)) for Nesterov.

    Source: paper 000, Prop. 1.
    """
    mu = flow.momentum
    numerator = {"heavy_ball": 1 + mu, "nesterov": 1 - mu + 2 * mu**2}[flow.of]
    return flow.step_size * numerator / (2 * (1 - mu))


def gradient_factor(flow: Flow) -> Fraction:
    """Return the factor c of ∇L: 1/(1 − μ), or 1 where the flow has no momentum of its own."""
    return Fraction(1) if flow.name in ("gradient_flow", "mgf") else 1 / (1 - flow.momentum)


def second_order(flow: Flow) -> SecondOrder:
    """Return the two numbers of a second-order flow."""
    return SecondOrder(flow.inertia if flow.name == "mgf" else inertia(flow), gradient_factor(flow))


def is_piecewise(flow: Flow) -> bool:
    """Return whether the right hand side changes at every multiple of η."""
    return flow.name == "hb_flow" and flow.variant == "piecewise"


def right_hand_side(
    case: FlowCase, arithmetic: Arithmetic, interval: int | None = None
) -> Callable[[Sequence[Any]], list[Any]]:
    """Return F, from the blocks of y to the blocks of y'.

    Parameters
    ----------
    case : FlowCase
    arithmetic : Arithmetic
        Of the blocks: vectors over the joined parameters.
    interval : int, optional
        k, for a piecewise flow on [kη, (k+1)η).
    """
    flow = case.flow
    if flow.name not in FIRST_ORDER + SECOND_ORDER:
        field = modified_field(case, arithmetic, interval)
        return lambda blocks: [field(blocks[0])]
    gradient = objective_of(case, arithmetic).gradient
    factor = gradient_factor(flow)
    if flow.name in FIRST_ORDER:
        return lambda blocks: [-_times(arithmetic, factor, gradient(blocks[0]))]
    rate = 1 / second_order(flow).inertia

    def oscillator(blocks: Sequence[Any]) -> list[Any]:
        position, velocity = blocks
        force = _times(arithmetic, factor, gradient(position))
        return [velocity, -(arithmetic.number(rate) * (velocity + force))]

    return oscillator


def start_blocks(case: FlowCase) -> list[tuple[Fraction, ...]]:
    """Return y(0), exactly: the joined start, and the initial velocity of a second-order flow."""
    arithmetic = RationalArithmetic(lambda value: fmpq(value.numerator, value.denominator))
    names = MODELS[case.model].names
    position = arithmetic.join([arithmetic.vector(case.init[name]) for name in names])
    if case.flow.name == "hb_flow" and case.flow.start == "shifted":
        position = shifted_start(case, arithmetic)
    if case.flow.name not in SECOND_ORDER:
        return [_fractions(position)]
    return [_fractions(position), _initial_velocity(case, arithmetic, position)]


def _initial_velocity(case: FlowCase, arithmetic: Arithmetic, position: Vector) -> tuple[Fraction, ...]:
    """Return β'(0): zero, −c∇L(β0), or what was given."""
    given = case.flow.initial_velocity
    if given == "zero":
        return (Fraction(0),) * len(position)
    if isinstance(given, str):
        slope = objective_of(case, arithmetic).gradient(position)
        return tuple(-gradient_factor(case.flow) * slope_j for slope_j in _fractions(slope))
    return tuple(entry for name in MODELS[case.model].names for entry in given[name])


def _times(arithmetic: Arithmetic, factor: Fraction, vector: Any) -> Any:
    """Return a multiple, and the vector itself for the factor 1."""
    return vector if factor == 1 else arithmetic.number(factor) * vector


def _fractions(vector: Vector) -> tuple[Fraction, ...]:
    return tuple(Fraction(int(entry.p), int(entry.q)) for entry in vector)
