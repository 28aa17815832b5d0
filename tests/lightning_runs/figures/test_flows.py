"""The flows written out for figures against the reference's fields, which know them as series over rooted trees."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from lightning_runs.figures.network_flows import DiagonalNetworks, heavy_ball_flow, rescaled_gradient_flow
from lightning_runs.figures.scalar_flows import ScalarProduct, flow_of_order
from reference.balls import BallArithmetic, ball_precision
from reference.case import Flow, FlowCase, Regression
from reference.flows.systems import right_hand_side

ETA, MU = Fraction(1, 200), Fraction(7, 10)


def expected(
    problem: Regression, model: str, init: dict[str, tuple[Fraction, ...]], order: int
) -> list[float]:
    """Return the reference's velocity at a start."""
    name = "rescaled_gradient_flow" if order == 1 else "hb_flow"
    case = FlowCase(problem, model, init, Flow(name, step_size=ETA, momentum=MU, order=order))
    with ball_precision(160):
        arithmetic = BallArithmetic()
        joined = [entry for values in init.values() for entry in values]
        velocity = right_hand_side(case, arithmetic)([arithmetic.vector(joined)])[0]
        return [float(entry) for entry in velocity.entries]


@pytest.mark.parametrize("order", [1, 2, 3])
def test_scalar_flow_is_that_of_the_reference(order: int) -> None:
    """Table 1's row for heavy ball, x ≠ 1."""
    x, y, start = Fraction(3, 2), Fraction(3, 5), (Fraction(14, 10), Fraction(-17, 10))
    problem = Regression(((x,),), (y,), "half_sum_square")
    field = flow_of_order(ScalarProduct(float(x), float(y)), order, float(ETA), float(MU))
    found = field(np.array([[float(value) for value in start]]))[0]
    told = expected(problem, "scalar_product", {"a1": start[:1], "a2": start[1:]}, order)
    assert found == pytest.approx(told, rel=1e-12)


@pytest.mark.parametrize("order", [1, 2])
def test_network_flow_is_that_of_the_reference(order: int) -> None:
    """Both flows on a small diagonal network, as one of two runs with another momentum beside it."""
    rng = np.random.default_rng(1)
    X, y = (rng.integers(-8, 9, size) / 8 for size in ((2, 3), 2))
    start = rng.integers(1, 9, (2, 3)) / 8
    exact: Any = lambda values: tuple(Fraction(value) for value in values)  # noqa: E731 - for two lines alone
    problem = Regression(tuple(map(exact, X)), exact(y), "half_mean_square")
    networks = DiagonalNetworks(np.stack((X, X)), np.stack((y, y)), 1 / 4)
    momentum = np.array([float(MU), 0.2])
    field = (
        rescaled_gradient_flow(networks, momentum)
        if order == 1
        else heavy_ball_flow(networks, float(ETA), momentum)
    )
    found = field(np.stack((start, start)))[0].ravel()
    told = expected(problem, "diagonal", {"u": exact(start[0]), "v": exact(start[1])}, order)
    assert found == pytest.approx(told, rel=1e-12)
