"""Flows followed in parts of a step: closed forms, orders, and what leaves every bound."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lightning_runs.figures.integration import euler, followed, runge_kutta


def decay(at: Any) -> Any:
    """Return β' = −β."""
    return -at


def test_euler_multiplies_by_its_factor() -> None:
    """(1 − η/p)^(pk), exactly the powers of Euler's factor."""
    found = followed(decay, np.array([1.0]), 0.5, [0, 1, 3], advance=euler, parts=10)
    assert found[:, 0] == pytest.approx([1, 0.95**10, 0.95**30], rel=1e-12)


@pytest.mark.parametrize(("advance", "order"), [(euler, 1), (runge_kutta, 4)])
def test_error_falls_with_the_order(advance: Any, order: int) -> None:
    """Against e⁻¹, parts doubled."""
    errors = [
        abs(followed(decay, np.ones(1), 0.5, [2], advance=advance, parts=parts)[0, 0] - np.exp(-1))
        for parts in (8, 16)
    ]
    assert np.log2(errors[0] / errors[1]) == pytest.approx(order, abs=0.1)


def test_flow_that_leaves_every_bound_is_told() -> None:
    """β' = β³ from 10: what is not finite comes back as it is, without a warning."""
    found = followed(lambda at: at**3, np.array([10.0]), 1.0, [0, 5], advance=euler, parts=10)
    assert not np.isfinite(found[-1, 0])
