"""P24: u⊙v is u⊙u − v⊙v with twice the step size."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from oracle.claims.ledger import adjudicate_one
from oracle.claims.paper_000 import p24_two_parameterisations as module
from oracle.claims.verdict import Verdict


def test_equivalence_holds_with_twice_the_step_size() -> None:
    """Equal runs with 2η, unequal ones with η."""
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.HOLDS_WITH_CORRECTION


@pytest.mark.parametrize("factor", [1, 4, Fraction(1, 2)])
def test_equivalence_is_refuted_with_another_factor(
    monkeypatch: pytest.MonkeyPatch, factor: Fraction
) -> None:
    """Neither η, 4η nor η/2."""
    monkeypatch.setattr(module, "matched_step", lambda eta: factor * eta)
    assert adjudicate_one(module.CLAIM).ruling.verdict is Verdict.REFUTED


def test_equivalence_holds_for_starts_and_steps_in_floats() -> None:
    """Twenty steps of heavy ball in numpy on random data."""
    generator = np.random.default_rng(3)
    X, y = generator.standard_normal((3, 5)), generator.standard_normal(3)
    u, v = generator.standard_normal(5) / 4, generator.standard_normal(5) / 4
    a, b, p, q, r, s = u + v, u - v, *(np.zeros(5) for _ in range(4))
    for _ in range(20):
        g, h = (X.T @ (X @ theta - y) / 3 for theta in (u * u - v * v, a * b))
        p, q = 0.5 * p - 0.01 * 2 * u * g, 0.5 * q + 0.01 * 2 * v * g
        r, s = 0.5 * r - 0.02 * b * h, 0.5 * s - 0.02 * a * h
        u, v, a, b = u + p, v + q, a + r, b + s
        assert np.allclose(a * b, u * u - v * v, rtol=0, atol=1e-12)
