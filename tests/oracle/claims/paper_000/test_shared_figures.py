"""The loop that makes runs of the figures again, and the ratios that claims count."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from oracle.claims.claim import Setting
from oracle.claims.paper_000.shared_figures import (
    GRADIENT,
    HEAVY,
    NESTEROV,
    STOCHASTIC,
    Again,
    end_distance,
    log_ratios,
    medians,
    met,
    ratio_plot,
)  # fmt: skip
from oracle.records.figure import Curve, Figure
from oracle.sparse_regression import generate

RUN = Again(
    HEAVY, 3, Fraction(3, 5), (Fraction(1, 20), Fraction(1, 10)), Fraction(3, 100), Fraction(9, 10), 300
)


def _written_out(run: Again) -> float:
    """Return D by u, v and their momenta, as the paper writes the methods."""
    data = generate(40, 100, 5, run.seed, run.data_scale)
    X, y, truth = (np.array(part, dtype=float) for part in (data.X, data.y, data.truth))
    u, v = (np.full(100, float(value)) for value in run.start)
    p, q, eta, mu = np.zeros(100), np.zeros(100), float(run.step_size), float(run.momentum)
    for _ in range(run.steps):
        a, b = (u + mu * p, v + mu * q) if run.name == NESTEROV else (u, v)
        g = X.T @ (X @ (a * a - b * b) - y) / 40
        p, q = mu * p - eta * 2 * a * g, mu * q + eta * 2 * b * g
        u, v = u + p, v + q
    return float(np.square(u * u - v * v - truth).sum())


@pytest.mark.parametrize(("name", "momentum"), [(GRADIENT, "0"), (HEAVY, "9/10"), (NESTEROV, "9/10")])
@pytest.mark.parametrize("precision", [1, 2])
def test_the_loop_makes_the_methods_of_the_paper(name: str, momentum: str, precision: int) -> None:
    """In u and v with momenta the same distance comes out, in doubles and in extended numbers."""
    run = replace(RUN, name=name, momentum=Fraction(momentum))
    assert end_distance(run, Setting(precision)) == pytest.approx(_written_out(run), rel=1e-9)


def test_batches_of_one_take_another_way() -> None:
    """SGD is not gradient descent, and both move."""
    plain, stochastic = (
        end_distance(replace(RUN, name=name, momentum=Fraction(0)), Setting())
        for name in (GRADIENT, STOCHASTIC)
    )
    assert plain != pytest.approx(stochastic, rel=1e-3)


def _figure() -> Figure:
    curves = (
        Curve("a", (0.1, 1.0), ((2.0, 8.0), (1.0, 1.0))),
        Curve("b", (0.1, 1.0, 5.0), ((1.0, 2.0, 9.0), (4.0, 1.0, 9.0))),
    )
    return Figure("x", "000", "Fig. 0", "", "", "", "x", "y", curves, (0, 1))


def test_ratios_are_by_seed_over_shared_points() -> None:
    """Means of logarithms: of 2 and 4, of 1/4 and 1; at the point asked for alone, 4 and 1."""
    assert np.exp(log_ratios(_figure(), "a", "b")) == pytest.approx([8**0.5, 0.5])
    assert np.exp(log_ratios(_figure(), "a", "b", [1.001])) == pytest.approx([4.0, 1.0])
    assert medians([0.0, 0.0, 5.0]) == 1.0
    assert ratio_plot(_figure(), [("a", "b")], "", "").lines[0].x == (0.1, 1.0)


def test_stored_numbers_are_met_or_missed() -> None:
    """One miss is a miss."""
    assert met([(1.0, 1.0005), (2.0, 2.0)], 1e-3)
    assert not met([(1.0, 1.0005), (2.0, 2.1)], 1e-3)
