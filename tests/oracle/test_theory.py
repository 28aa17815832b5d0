"""The main job's sections on the formulas: what they measure, and that they can fail."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

import oracle.theory as module
from oracle.report.theory import TheorySection
from oracle.theory import flow_orders, limits_and_minimisers
from oracle.verdict import Outcome
from reference.case import Flow, FlowCase
from reference.observed_order import OrderEstimate, estimate_order


@pytest.fixture(scope="module")
def orders() -> TheorySection:
    """Return the orders on the smallest problem."""
    return flow_orders(("quartic in one variable",), 2)


def test_every_flow_has_its_order(orders: TheorySection) -> None:
    """Gradient, rescaled and momentum flows, and the modified equations of order two."""
    assert len(orders.rows) == 7
    assert {row.outcome for row in orders.rows} == {Outcome.AGREES}
    assert all(len(series.y) == 4 for series in orders.ladders)


def test_a_flow_passed_off_as_another_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted fault: every modified equation of heavy ball loses its last term."""
    right = module._hb_flow
    monkeypatch.setattr(module, "_hb_flow", lambda order, variant, start: right(order - 1, variant, start))
    section = flow_orders(("quartic in one variable",), 2)
    assert section.outcome is Outcome.DISAGREES
    assert sum(row.outcome is Outcome.DISAGREES for row in section.rows) == 2


def test_an_order_with_a_wide_error_bar_is_undecided() -> None:
    """Nothing is decided by an estimate that may move by a third."""
    assert module._order_outcome(OrderEstimate(2.0, 0.3, (1.7,)), 2) is Outcome.UNDECIDED
    assert module._order_outcome(OrderEstimate(2.0, 0.01, (2.0,)), 2) is Outcome.AGREES
    assert module._order_outcome(OrderEstimate(2.1, 0.01, (2.1,)), 2) is Outcome.DISAGREES


def test_an_undecided_order_is_measured_on_one_halving_more() -> None:
    """The fourth-order flow of the scalar product bends on 1/80 to 1/640; with 1/1280 it is of order 4."""
    approximation = module.Approximation("flow", "heavy_ball", module._hb_flow(4, "piecewise", "plain"), 4)
    seen, estimate = module._observed(approximation, module.PROBLEMS["scalar product"])
    coarse = estimate_order([rung.whole for rung in seen.rungs[:4]])
    assert module._order_outcome(coarse, 4) is Outcome.UNDECIDED
    assert module._order_outcome(estimate, 4) is Outcome.AGREES


def test_limits_meet_their_minimisers() -> None:
    """Three statements for the heavy-ball flow: η, η², and equality."""
    told: list[tuple[int, int]] = []
    section = limits_and_minimisers(("heavy-ball flow",), lambda done, whole: told.append((done, whole)))
    assert [row.outcome for row in section.rows] == [Outcome.AGREES] * 3
    assert told == [(3, 3)]


def test_a_limit_that_theory_misses_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted fault: the flow starts with a velocity that the theory is not told of."""
    moving = {"u": (0, 0, 0), "v": (1, 0, 0)}
    cases = module._link_cases()

    def faulty() -> dict[str, object]:
        velocity = {name: tuple(map(Fraction, entries)) for name, entries in moving.items()}

        def case_of(eta: Fraction) -> object:
            case = cases["heavy-ball flow"](eta)
            assert isinstance(case, FlowCase)
            flow = Flow("momentum_flow", eta, module.MU, initial_velocity=velocity)
            return replace(case, flow=flow)

        return {"heavy-ball flow": case_of}

    monkeypatch.setattr(module, "_link_cases", faulty)
    section = limits_and_minimisers(("heavy-ball flow",))
    outcomes = {row.case: row.outcome for row in section.rows}
    assert outcomes["minimiser of first order theory"] is not Outcome.AGREES
    assert outcomes["minimiser of the exact theory"] is Outcome.AGREES
