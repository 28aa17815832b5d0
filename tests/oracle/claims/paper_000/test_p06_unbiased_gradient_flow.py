"""P6: the minimiser is that of ξ = |u(0)||v(0)|, checked by integrating gradient flow in floats as well."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_000 import p06_unbiased_gradient_flow as module
from oracle.claims.paper_000 import shared_mirror_flow
from oracle.claims.paper_000.shared_limits import UNBIASED, Theory, minimiser, problem_of, start_of
from oracle.claims.verdict import Verdict


def test_unbiased_gradient_flow_holds_and_is_refuted_with_another_scale(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """2ξ in the place of ξ moves the minimiser."""
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.HOLDS
    printed = module.predicted

    def doubled(u: Any, v: Any) -> Theory:
        theory = printed(u, v)
        return Theory(tuple(2 * x for x in theory.xi), theory.linear)

    monkeypatch.setattr(module, "predicted", doubled)
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.REFUTED


def test_unbiased_gradient_flow_conserves_nothing_with_a_wrong_velocity(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """v' = −2vg breaks (uv)' = 0."""
    monkeypatch.setattr(shared_mirror_flow, "velocities", lambda u, v, g: (-2 * u * g, -2 * v * g))
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.REFUTED


@pytest.mark.parametrize("name", UNBIASED)
def test_unbiased_minimiser_is_where_gradient_flow_ends_in_floats(name: str) -> None:
    """scipy's integrator to t = 300 against Krawczyk's minimiser."""
    u, v = (np.array(block, dtype=float) for block in start_of(name))
    X, y = np.array(problem_of(name).X, dtype=float), np.array(problem_of(name).y, dtype=float)

    def slope(_: float, w: Any) -> Any:
        a, b = np.split(w, 2)
        g = X.T @ (X @ (a * a - b * b) - y) / len(y)
        return np.concatenate([-2 * a * g, 2 * b * g])

    end = solve_ivp(slope, (0, 300), np.concatenate([u, v]), rtol=1e-10, atol=1e-12, method="LSODA").y[:, -1]
    a, b = np.split(end, 2)
    expected = minimiser(name, module.predicted(*start_of(name)), 12)
    assert np.allclose(a * a - b * b, [float(t) for t in expected], rtol=0, atol=1e-6)
    assert isinstance(expected[0], Fraction)
