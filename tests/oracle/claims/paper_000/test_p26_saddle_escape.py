"""P26: a start ten times smaller costs ln 10/ln ρ steps more."""

from __future__ import annotations

from math import asinh, log

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from oracle.claims.instances import DIAGONAL_ONE_ROW
from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_000 import p26_saddle_escape as module
from oracle.claims.verdict import Verdict
from reference.case import Method, Regression

RIGHT = module.growth


def test_escape_takes_the_steps_that_the_growth_says() -> None:
    """On two problems, for GD, HB and NAG."""
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.HOLDS


def test_escape_is_refuted_with_another_growth(monkeypatch: pytest.MonkeyPatch) -> None:
    """ρ² would halve the steps."""

    def squared(problem: Regression, method: Method) -> float:
        return RIGHT(problem, method) ** 2

    monkeypatch.setattr(module, "RUNS", module.RUNS[3:])
    monkeypatch.setattr(module, "growth", squared)
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.REFUTED


@pytest.mark.parametrize("method", module.METHODS, ids=lambda method: method.name)
def test_growth_is_the_spectral_radius_of_the_linearised_step(method: Method) -> None:
    """(u, p) → (u + p⁺, p⁺), p⁺ = μp + 2ηG(u + νμp), by numpy's eigenvalues."""
    problem = DIAGONAL_ONE_ROW.case.problem
    assert isinstance(problem, Regression)
    push, mu = 2 * float(method.step_size), float(method.momentum)  # G = 1 here
    carried = mu * (1 + push) if method.name == "nesterov" else mu
    matrix = np.array([[1 + push, carried], [push, carried]])
    assert RIGHT(problem, method) == pytest.approx(max(abs(np.linalg.eigvals(matrix))), abs=1e-12)


def test_escape_time_of_gradient_flow_has_the_same_logarithm() -> None:
    """One coordinate in closed form: θ = 2σ² sinh(4s), s' = 1 − θ, so a tenth of σ costs (ln 10)/2 of time."""

    def time(scale: float) -> float:
        half = asinh((1 - 2**-0.5) / (2 * scale**2)) / 4  # where (1 − θ)² = 1/2
        found = solve_ivp(
            lambda s, _: [1 / (1 - 2 * scale**2 * np.sinh(4 * s))], (0, half), [0.0], rtol=1e-10
        )
        return float(found.y[0, -1])

    assert time(1e-5) - time(1e-4) == pytest.approx(log(10) / 2, abs=1e-6)
