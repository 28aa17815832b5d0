"""The integrator of printed coefficients agrees with the reference's enclosed flows."""

from __future__ import annotations

from fractions import Fraction
from itertools import count

import pytest

from oracle.claims.claim import Setting
from oracle.claims.instances import QUARTIC_TWO
from oracle.claims.measures import LADDER, measured_order
from oracle.claims.paper_001.shared_momentum_flows import equation_4, series_of_steps
from oracle.claims.paper_001.shared_printed_ladder import PrintedFlow, printed_ladder
from reference.case import Flow, Method

BETA = Fraction(1, 2)


def test_printed_flow_4_is_as_far_as_the_enclosed_flow() -> None:
    """Three step sizes, to four digits: Runge-Kutta of the printed numbers and Arb of the derived ones."""
    flow = PrintedFlow(lambda: series_of_steps(equation_4(BETA, BETA**k, k) for k in count()))
    ladder, horizon = LADDER[:3], Fraction(1, 4)
    printed = printed_ladder(
        QUARTIC_TWO, lambda h: Method("heavy_ball", h, BETA), flow, Setting(), ladder=ladder, horizon=horizon
    )
    known = measured_order(
        QUARTIC_TWO,
        Method("heavy_ball", Fraction(1), BETA),
        lambda h: Flow("hb_flow", h, BETA, order=2, variant="piecewise"),
        Setting(),
        ladder=ladder,
        horizon=horizon,
    )
    for mine, theirs in zip(printed.rungs, known.rungs, strict=True):
        assert mine.steps == theirs.steps
        assert mine.whole == pytest.approx(theirs.whole, rel=1e-3)
        assert mine.settled == pytest.approx(theirs.settled, rel=1e-3)
