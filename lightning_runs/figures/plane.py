"""Trajectories in the plane: a bold line for the first start, which is the paper's, thin ones for the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lightning_runs.figures.line_styles import line_styles
from oracle.records.figure import Figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["BESIDE", "draw_plane"]

BESIDE = "minima"  # a pair whose name begins so is the ground that the others move over


def draw_plane(axes: Axes, figure: Figure) -> None:
    """Draw the pairs of a figure on axes."""
    pairs = figure.pairs()
    moving = [pair for pair in pairs if not pair[0].startswith(BESIDE)]
    styles = line_styles([name for name, _, _ in moving], [len(first.x) for _, first, _ in moving])
    for name, first, second in pairs:
        if name.startswith(BESIDE):
            axes.plot(
                first.values[0], second.values[0], color="#1f2933", linestyle=":", linewidth=1.2, label=name
            )
    for (name, first, second), style in zip(moving, styles, strict=True):
        across, up = np.array(first.values), np.array(second.values)
        axes.plot(across[1:].T, up[1:].T, color=style.colour, linewidth=0.5, alpha=0.22)
        axes.plot(across[0], up[0], color=style.colour, linestyle=style.dash, linewidth=1.7, label=name)
        axes.plot(across[1:, -1], up[1:, -1], ".", color=style.colour, markersize=3.5, alpha=0.6)
        axes.plot(
            across[0, -1],
            up[0, -1],
            "*",
            color=style.colour,
            markersize=11,
            markeredgecolor="white",
            zorder=5,
        )  # above the lines of all the others
