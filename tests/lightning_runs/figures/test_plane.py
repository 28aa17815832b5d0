"""Trajectories in the plane, and what lines look like."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure as Canvas

from lightning_runs.figures.line_styles import COLOURS, line_styles
from lightning_runs.figures.plane import draw_plane
from lightning_runs.figures.scalar_runs import ScalarSetting, spread_steps, trajectory, valley
from oracle.records.figure import Figure

SETTING = ScalarSetting("1", "0.6", (("2.8", "3.4"), ("2.5", "3")))


def figure() -> Figure:
    """Return one trajectory from two starts over the minima."""
    positions = np.array([[[2.8, 3.4], [0.5, 1.2]], [[2.5, 3.0], [0.6, 1.0]]])
    curves = (*trajectory("GD", [0, 10], positions), *valley(SETTING, 0.2, 1.0))
    return Figure("f", "001", "Fig. 1", "", "", "", "w1", "w2", curves, (0, 1), plane=True)


def test_pairs_come_back_by_name() -> None:
    """Two coordinates a trajectory, x the steps."""
    (name, first, second), (ground, *_) = figure().pairs()
    assert (name, first.values[0], second.values[1]) == ("GD", (2.8, 0.5), (3.0, 1.0))
    assert ground == "minima (product 0.6)"


def test_every_start_is_drawn_and_ends_in_a_mark() -> None:
    """The minima, a thin line a further start, the bold one, dots and the star."""
    axes = Canvas().add_subplot()
    draw_plane(axes, figure())
    assert len(axes.lines) == 5
    assert axes.get_legend_handles_labels()[1] == ["minima (product 0.6)", "GD"]


def test_minima_have_the_product() -> None:
    """a1 a2 = y/x along the whole curve."""
    first, second = valley(SETTING, 0.2, 1.0)
    assert np.multiply(first.values[0], second.values[0]) == pytest.approx(0.6, rel=1e-6)


def test_starts_are_all_pairs_with_the_papers_first() -> None:
    """2 × 3 starts, each once."""
    setting = ScalarSetting.read(
        {"x": "1", "y": "0.6", "starts": {"a1": ["2.8", "2"], "a2": ["3.4", "3", "4"]}}
    )
    assert setting.starts[0] == ("2.8", "3.4")
    assert len(set(setting.starts)) == len(setting.starts) == 6


def test_steps_spread_out() -> None:
    """All of the first ones, then ever fewer, the last one among them."""
    steps = spread_steps(5, 100, 4)
    assert steps[:6] == [0, 1, 2, 3, 4, 5]
    assert steps[-1] == 100
    assert np.all(np.diff(np.diff(steps[5:])) > 0)


def test_lines_that_share_a_part_of_their_name_look_alike() -> None:
    """RGF and HBF of one μ have one colour, all RGF one dash."""
    names = ["RGF, μ = 0.5", "RGF, μ = 0.9", "HBF, μ = 0.5", "HBF, μ = 0.9"]
    first, second, third, fourth = line_styles(names, [40] * 4)
    assert (first.colour, second.colour) == (third.colour, fourth.colour) == COLOURS[:2]
    assert first.dash == second.dash != third.dash == fourth.dash
