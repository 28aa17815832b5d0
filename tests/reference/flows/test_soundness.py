"""Random flows at low precision hold what a much finer computation gives."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from fractions import Fraction
from random import Random

import pytest
from flint import arb

from reference.balls import ball_precision
from reference.case import Flow, FlowCase, Polynomial, Regression, Term
from reference.flows.enclosed_flow import EnclosedFlow
from reference.flows.errors import BlowUpError, LostFlowError
from reference.flows.mpmath_flow import Walk
from reference.models import MODELS
from reference.mpmath_arithmetic import mpmath_precision

FINE_BITS = 260


def random_flow(random: Random, order: int) -> Flow:
    """Return any flow of the contract with random coefficients."""
    eta, mu = Fraction(random.randint(1, 20), 100), Fraction(random.randint(0, 9), 10)
    velocity = random.choice(["zero", "slow_manifold"])
    return random.choice(
        [
            Flow("gradient_flow"),
            Flow("rescaled_gradient_flow", momentum=mu),
            Flow(
                "momentum_flow",
                eta,
                mu,
                of=random.choice(["heavy_ball", "nesterov"]),
                initial_velocity=velocity,
            ),
            Flow("mgf", inertia=eta * 5, initial_velocity=velocity),
            Flow("gd_flow", eta / 4, order=order),
            Flow("hb_flow", eta / 8, mu / 2, order=order, variant="stationary", start="shifted"),
            Flow("hb_flow", eta / 4, mu / 2, order=order, variant="piecewise"),
        ]
    )


def random_case(seed: int) -> FlowCase:
    """Return a small random problem with a random flow."""
    random = Random(seed)
    flow = random_flow(random, random.randint(1, 3))
    d = random.randint(1, 3)

    def numbers(count: int) -> tuple[Fraction, ...]:
        return tuple(Fraction(random.randint(-12, 12), random.choice([3, 7, 8, 10])) for _ in range(count))

    model = random.choice(["diagonal", "hadamard", "linear", "polynomial"])
    if model == "polynomial":
        squares = [
            Term(Fraction(random.randint(1, 6), 4), tuple(4 * int(i == j) for i in range(d)))
            for j in range(d)
        ]
        mixed = Term(Fraction(random.randint(-3, 3), 5), tuple(random.randint(0, 2) for _ in range(d)))
        return FlowCase(Polynomial((*squares, mixed)), model, {"b": tuple(x / 3 for x in numbers(d))}, flow)
    n = random.randint(1, d)
    problem = Regression(
        tuple(numbers(d) for _ in range(n)), numbers(n), random.choice(["half_mean_square", "mean_square"])
    )
    return FlowCase(
        problem, model, {name: tuple(x / 2 for x in numbers(d)) for name in MODELS[model].names}, flow
    )


def violations(case: FlowCase, times: Sequence[Fraction], bits: int) -> int:
    """Return how many balls miss the finer value."""
    missed = 0
    with mpmath_precision(FINE_BITS + 60):
        walk = Walk(case, FINE_BITS)
        waiting = list(times)
        for segment in EnclosedFlow(case, bits).segments(times[-1]):
            while waiting and waiting[0] <= segment.end:
                time = waiting.pop(0)
                with ball_precision(FINE_BITS + 60):
                    balls = segment.position(time)
                    fine = walk.position_at(time)
                    missed += sum(not b.contains(arb(x)) for b, x in zip(balls, fine, strict=True))
    return missed


@pytest.mark.parametrize("seed", range(12))
def test_balls_hold_the_finer_value(seed: int) -> None:
    """No ball of any flow misses, at the ends of the horizon or inside it; a refusal is sound."""
    with suppress(LostFlowError, BlowUpError):
        assert violations(random_case(seed), [Fraction(1, 9), Fraction(1, 2), Fraction(1)], 110) == 0
