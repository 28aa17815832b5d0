"""S2-1: the verdict turns with the clock, and the orbits are one by quadrature."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_002 import s2_01_same_limits as claim
from oracle.claims.verdict import Verdict
from reference.case import Flow


@pytest.fixture(autouse=True)
def few_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half the digits of the ledger, for time."""
    monkeypatch.setattr(claim, "DIGITS", 8)


def test_it_holds_as_printed() -> None:
    """One orbit, one limit."""
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.HOLDS


def test_another_clock_refutes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """β†(t) = β*((1 − μ)² t) has other Lie series."""
    monkeypatch.setattr(claim, "clock", lambda: 2)
    monkeypatch.setattr(claim, "rescaled", lambda: Flow("gradient_flow"))
    assert adjudicate_one(claim.CLAIM).ruling.verdict is Verdict.REFUTED


def test_the_orbit_is_one_by_quadrature() -> None:
    """On L = ½(1 − uv)² the flows meet at t and (1 − μ)t."""

    def end(factor: float) -> Any:
        def right(_: float, w: Any) -> Any:
            return factor * (1 - w[0] * w[1]) * w[::-1]

        return solve_ivp(right, (0, 0.7 / factor), [0.3, 0.8], rtol=1e-11, atol=1e-12).y[:, -1]

    assert np.allclose(end(1.0), end(4.0), atol=1e-9)
