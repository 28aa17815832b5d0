"""The 2-d model of paper 002, Sec. 4 and Table 2: heavy ball, its flows and their Euler runs, enclosed at every step."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache

from flint import arb

from oracle.claims.measures import row
from reference.arithmetic import Vector
from reference.balls import BallArithmetic, ball_precision
from reference.case import Case, Flow, FlowCase, Method, Regression
from reference.discrete_limit import certified_limit
from reference.enclosures import enclose
from reference.flows.systems import right_hand_side, start_blocks
from reference.observed_order import flow_at_steps

__all__ = [
    "MOMENTUM", "OTHER_STARTS", "PAPERS_START", "PARTS", "STEP_SIZE", "end", "euler_positions", "flow_named",
    "flow_positions", "heavy_ball_positions", "lowest_at", "scalar_case", "squared_errors",
]  # fmt: skip

Start = tuple[Fraction, Fraction]
STEP_SIZE, MOMENTUM = Fraction(1, 200), Fraction(7, 10)
PARTS = 10  # η_Euler = η/10
PAPERS_START: Start = (Fraction(28, 10), Fraction(35, 10))
OTHER_STARTS: tuple[Start, ...] = (
    (Fraction(266, 100), Fraction(35, 10)),
    (Fraction(294, 100), Fraction(3675, 1000)),
)


def scalar_case(start: Start, step_size: Fraction = STEP_SIZE, momentum: Fraction = MOMENTUM) -> Case:
    """Return heavy ball on the model, or gradient descent where μ = 0; x = 1, y = 0.6."""
    problem = Regression(((Fraction(1),),), (Fraction(3, 5),), "half_sum_square")
    method = Method("heavy_ball" if momentum else "gradient_descent", step_size, momentum)
    return Case(problem, "scalar_product", {"a1": start[:1], "a2": start[1:]}, method)


def flow_named(order: int, step_size: Fraction, *, variant: str = "stationary", start: str = "plain") -> Flow:
    """Return Table 1's flow for heavy ball: the rescaled gradient flow for α = 1, else the flow of order α."""
    if order == 1:
        return Flow("rescaled_gradient_flow", step_size, MOMENTUM)
    return Flow("hb_flow", step_size, MOMENTUM, order=order, variant=variant, start=start)


@lru_cache(maxsize=64)
def heavy_ball_positions(start: Start, step_size: Fraction, steps: int, bits: int) -> list[Vector]:
    """Return balls around heavy ball's positions at the steps 0, 1, …"""
    found = enclose(scalar_case(start, step_size), range(steps + 1), bits).positions
    return [found[step] for step in range(steps + 1)]


@lru_cache(maxsize=64)
def flow_positions(start: Start, flow: Flow, steps: int, bits: int) -> list[Vector]:
    """Return balls around the flow itself at the times 0, η, 2η, …"""
    case = scalar_case(start)
    return flow_at_steps(FlowCase(case.problem, case.model, case.init, flow), flow.step_size, steps, bits)


@lru_cache(maxsize=64)
def euler_positions(start: Start, flow: Flow, steps: int, bits: int, parts: int = PARTS) -> list[Vector]:
    """Return balls around what Euler's steps of η/parts make of the flow, from the flow's own start."""
    case = scalar_case(start)
    flow_case = FlowCase(case.problem, case.model, case.init, flow)
    with ball_precision(bits):
        arithmetic = BallArithmetic()
        field = right_hand_side(flow_case, arithmetic)
        time = arithmetic.number(flow.step_size / parts)
        blocks = [arithmetic.vector(block) for block in start_blocks(flow_case)]
        positions = [blocks[0]]
        for _ in range(steps):
            for _ in range(parts):
                blocks = [
                    block + time * velocity for block, velocity in zip(blocks, field(blocks), strict=True)
                ]
            positions.append(blocks[0])
    return positions


def squared_errors(left: Sequence[Vector], right: Sequence[Vector], bits: int) -> list[arb]:
    """Return balls around |ε_k|²."""
    with ball_precision(bits):
        differences = [a - b for a, b in zip(left, right, strict=True)]
        return [sum((entry * entry for entry in each.entries), start=arb(0)) for each in differences]


def lowest_at(errors: Sequence[Sequence[arb]], which: int) -> list[int]:
    """Return the steps at which one flow's error is certainly below all others'."""
    others = [each for position, each in enumerate(errors) if position != which]
    steps = range(len(errors[which]))
    return [k for k in steps if all(bool(errors[which][k] < other[k]) for other in others)]


@lru_cache(maxsize=64)
def end(start: Start, step_size: Fraction, momentum: Fraction, digits: int) -> tuple[Fraction, Fraction]:
    """Return the certified limit (a1, a2) of heavy ball, or of gradient descent where μ = 0."""
    found = certified_limit(scalar_case(start, step_size, momentum), digits, cross_check=False)
    return row(found, "a1")[0], row(found, "a2")[0]
