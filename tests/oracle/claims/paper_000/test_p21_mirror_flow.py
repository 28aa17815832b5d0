"""P21: the printed mirror flow is one up to O(η²), and its parts are what the derivation says."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from oracle.claims.instances import DIAGONAL_UNBIASED
from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_000 import p21_mirror_flow as module
from oracle.claims.paper_000 import shared_mirror as shared
from oracle.claims.paper_000.shared_mirror import dual_variable, momentum_flow
from oracle.claims.verdict import Verdict
from reference.case import FlowCase, Regression
from reference.flows.integrals import Moment

ETA = Fraction(1, 40)


def test_mirror_flow_holds_up_to_second_order() -> None:
    """Not exact, and O(η²) from rest as from the slow manifold."""
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.HOLDS_WITH_CORRECTION


@pytest.mark.parametrize("part", ["scale", "velocity"])
def test_mirror_flow_is_refuted_without_its_parts(monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    """With ξ instead of ξ̄(t), or θ instead of θ + αθ', only O(η) is left."""
    right = shared.mirror_of

    def spoilt(case: FlowCase, moment: Moment) -> list[Any]:
        if part == "scale":
            moment = replace(moment, square=0 * moment.square)
        else:
            moment = replace(moment, blocks=[moment.blocks[0], 0 * moment.blocks[1]])
        return right(case, moment)

    monkeypatch.setattr(shared, "mirror_of", spoilt)
    ruling = adjudicate_one(module.CLAIM).ruling
    assert ruling.verdict is Verdict.REFUTED
    assert ruling.correction is None


def test_dual_variable_is_that_of_another_integrator() -> None:
    """M(1) by scipy's Runge-Kutta in floats."""
    problem = DIAGONAL_UNBIASED.case.problem
    assert isinstance(problem, Regression)
    X, y = np.array(problem.X, dtype=float), np.array(problem.y, dtype=float)
    alpha = float(ETA) * 1.5  # η(1 + μ)/(2(1 − μ)) at μ = 1/2

    def field(_: float, z: np.ndarray) -> np.ndarray:
        u, v, p, q = z[:12].reshape(4, 3)
        g = X.T @ (X @ (u * u - v * v) - y) / 2
        return np.concatenate([p, q, -(p + 4 * u * g) / alpha, -(q - 4 * v * g) / alpha, g, g * g])

    start = np.concatenate([np.full(6, 0.375), np.zeros(12)])
    z = solve_ivp(field, (0, 1), start, rtol=1e-11, atol=1e-13).y[:, -1]
    u, v, p, q, slope, square = z.reshape(6, 3)
    scale = 0.375**2 * np.exp(-32 * alpha * square)
    theta = u * u - v * v + 2 * alpha * (u * p - v * q)
    expected = np.arcsinh(theta / (2 * scale)) / 4 + 2 * slope
    case = momentum_flow(DIAGONAL_UNBIASED, ETA, Fraction(1, 2), "heavy_ball", "zero")
    (found,) = dual_variable(case, [Fraction(1)], 96)
    assert [float(value) for value in found] == pytest.approx(list(expected), abs=1e-9)
