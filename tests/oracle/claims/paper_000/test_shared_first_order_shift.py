"""First-order theory of the limits, against minimisers of a slightly smaller scale."""

from __future__ import annotations

from fractions import Fraction

import pytest

from oracle.claims.instances import DIAGONAL_BIASED, DIAGONAL_UNBIASED, Instance
from oracle.claims.measures import row
from oracle.claims.paper_000.shared_first_order_shift import (
    ONE_ROW_FAVOURABLE,
    ONE_ROW_SPARSE,
    RANDOM_SPARSE,
    TWO_ROWS_FAVOURABLE,
    is_l1_solution,
    projected,
    rate,
)
from reference.case import Flow, Method, Regression
from reference.flows.systems import gradient_factor, inertia
from reference.kkt import certified_minimiser
from reference.predictions import gradient_flow_prediction

PHI = (Fraction(1), Fraction(1, 3), Fraction(2))


@pytest.mark.parametrize("instance", [DIAGONAL_BIASED, DIAGONAL_UNBIASED], ids=lambda i: i.name)
def test_direction_is_the_derivative_of_the_minimiser(instance: Instance) -> None:
    """(θ(ξe^{−hΦ}) − θ(ξe^{hΦ}))/2h → −P(Φ⊙θ); e^{∓hΦ} to second order is rational enough."""
    problem, h = instance.case.problem, Fraction(1, 10**6)
    assert isinstance(problem, Regression)
    start = gradient_flow_prediction(instance.case)

    def minimiser(sign: int) -> tuple[Fraction, ...]:
        scales = [x * (1 - sign * h * p + (h * p) ** 2 / 2) for x, p in zip(start.xi, PHI, strict=True)]
        return row(certified_minimiser(problem, scales, start.linear, 30, cross_check=False), "theta")

    slopes = [(a - b) / (2 * h) for a, b in zip(minimiser(1), minimiser(-1), strict=True)]
    said = projected(problem, start.xi, minimiser(0), PHI)
    assert all(abs(float(a - b)) < 1e-10 for a, b in zip(slopes, said, strict=True))


@pytest.mark.parametrize("name", ["heavy_ball", "nesterov"])
def test_rate_is_alpha_times_c_over_eta(name: str) -> None:
    """κ = αc/η with the α of paper 000, Prop. 1."""
    eta, mu = Fraction(1, 7), Fraction(3, 5)
    flow = Flow("momentum_flow", eta, mu, of=name)
    assert rate(Method(name, eta, mu)) == inertia(flow) * gradient_factor(flow) / eta


def test_truths_that_are_l1_solutions_are_told() -> None:
    """By a dual where there is one; by a shorter point for one row; not at all for two non-zeros."""
    assert is_l1_solution(ONE_ROW_SPARSE) is True
    assert is_l1_solution(RANDOM_SPARSE) is True
    assert is_l1_solution(ONE_ROW_FAVOURABLE) is False
    assert is_l1_solution(TWO_ROWS_FAVOURABLE) is None
