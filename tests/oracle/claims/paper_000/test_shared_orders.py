"""The expansion of the recurrences, against the reference's B-series, and the free inertia against its own flow."""

from __future__ import annotations

from fractions import Fraction

import pytest

from oracle.claims.claim import Setting
from oracle.claims.instances import QUARTIC_ONE
from oracle.claims.measures import measured_order
from oracle.claims.paper_000.shared_orders import (
    RUNGS,
    Oscillator,
    along_gradient,
    constants,
    inertial_order,
    leaves_nothing,
    residue,
)
from reference.case import Flow, Method
from reference.heavy_ball_series import stationary_field
from reference.rooted_trees import LEAF, grow, trees_up_to

MU = Fraction(1, 3)


def test_residue_vanishes_on_the_stationary_field_of_heavy_ball() -> None:
    """c and e of the B-series of the slow map: an independent recursion."""
    field = stationary_field(MU, trees_up_to(2))
    assert residue("heavy_ball", MU, field[LEAF], field[grow([LEAF])]) == (0, 0)


@pytest.mark.parametrize("method", ["heavy_ball", "nesterov"])
def test_residue_of_a_wrong_factor_stays(method: str) -> None:
    """c(1 + δ) leaves δ."""
    mu, c, delta = constants("mu", "c", "delta")
    left = residue(method, mu, c * (1 + delta), 0 * c)[0]
    assert not leaves_nothing(left, mu, c)
    assert leaves_nothing(left - delta, mu, c)


def test_free_inertia_measures_what_the_momentum_flow_does() -> None:
    """The same flow on another clock: the same distances."""
    method = Method("heavy_ball", Fraction(1), MU)
    oscillator = Oscillator((1 + MU) / (2 * (1 - MU)), 1 / (1 - MU))
    rest = along_gradient(QUARTIC_ONE, Fraction(0))
    free = inertial_order(QUARTIC_ONE, method, oscillator, lambda _: rest, Setting())
    own = measured_order(
        QUARTIC_ONE,
        method,
        lambda eta: Flow("momentum_flow", eta, MU),
        Setting(),
        ladder=RUNGS,
        horizon=Fraction(1, 4),
    )
    assert [rung.whole for rung in free.rungs] == pytest.approx([rung.whole for rung in own.rungs], rel=1e-12)
