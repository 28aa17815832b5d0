"""Draw a figure's record: a median and a band over seeds a curve, the sentences beneath; SVG and PNG.

Seeds differ more among themselves than methods do on one seed.  Where a figure's numbers hold ``relative``, from a
curve's name to that of the curve it is compared with, a second panel shows the ratio of both, seed by seed.  Curves that
are pairs of coordinates are drawn as trajectories in the plane.
"""

# ruff: noqa: PLC0415 - matplotlib is slow to import, and `--help` need not wait for it

from __future__ import annotations

import io
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lightning_runs.figures.bands import BAND, Band, band_of, ratio_of
from lightning_runs.figures.line_styles import LineStyle, line_styles
from lightning_runs.figures.plane import draw_plane
from oracle.records.atomic_files import write_atomically
from oracle.records.figure import Curve, Figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

__all__ = ["draw"]

PANEL_WIDTH, PANEL_HEIGHT = 6.0, 4.6  # inches, with labels and legend
ONE_PANEL = 8.0  # inches wide
LEGEND_INCHES = 0.2  # of a row
LINE_INCHES, CHARACTERS_PER_INCH = 0.172, 15.6  # of the text beneath
STYLE: Any = {
    "font.family": "DejaVu Sans",  # ships with matplotlib: the layout is the same on every machine
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#5b6770",
    "axes.labelcolor": "#1f2933",
    "axes.titleweight": "bold",
    "axes.titlesize": 10.5,
    "axes.titlelocation": "left",
    "axes.grid": True,
    "grid.color": "#e4e7eb",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "xtick.color": "#5b6770",
    "ytick.color": "#5b6770",
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "svg.hashsalt": "momentum-oracle",  # so that equal figures give equal files
    "svg.fonttype": "none",
}


def draw(figure: Figure, folder: Path) -> tuple[Path, Path]:
    """Write ``<identifier>.svg`` and ``.png`` into a folder, each whole or not at all.

    Returns
    -------
    tuple of Path
        The SVG and the PNG.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure as Canvas

    relative = figure.numbers.get("relative", {})
    panels = 2 if relative else 1
    width = 2 * PANEL_WIDTH if relative else ONE_PANEL
    told = _sentences(figure, int(CHARACTERS_PER_INCH * width))
    foot = LINE_INCHES * (len(told) + 1)
    with rc_context(STYLE):
        canvas = Canvas(figsize=(width, PANEL_HEIGHT + foot))
        drawn = [canvas.add_axes((0, 0, 1, 1)) for _ in range(panels)]
        _lines(drawn[0], figure)
        if relative:
            _ratios(drawn[1], figure, relative)
        rows = _legend(canvas, drawn[0], foot)
        _place(canvas, drawn, foot + LEGEND_INCHES * (rows + 1))
        canvas.text(
            0.12 / width, foot / (PANEL_HEIGHT + foot), "\n".join(told), va="top", fontsize=8,
            linespacing=1.4, color="#323f4b",
        )  # fmt: skip
        return _saved(canvas, folder / figure.identifier)


def _legend(canvas: Canvas, axes: Axes, foot: float) -> int:
    """Name the lines in as many columns as there is room for, between axes and text; return the rows."""
    handles, labels = axes.get_legend_handles_labels()
    width, height = canvas.get_size_inches()
    columns = max(1, min(len(labels), int(width * CHARACTERS_PER_INCH / (max(map(len, labels)) + 10))))
    rows = -(-len(labels) // columns)
    columns = -(-len(labels) // rows)  # no more than these rows need
    at = (0.12 / width, (foot + 0.02) / height)
    canvas.legend(handles, labels, loc="lower left", bbox_to_anchor=at, ncols=columns, columnspacing=1.6)
    return rows


def _place(canvas: Canvas, drawn: Sequence[Axes], below: float) -> None:
    """Put the axes side by side above `below` inches, with room for their labels."""
    width, height = canvas.get_size_inches()
    each = width / len(drawn)
    for i, axes in enumerate(drawn):
        left, right = (i * each + 0.78) / width, ((i + 1) * each - 0.2) / width
        bottom, top = (below + 0.45) / height, 1 - 0.38 / height
        axes.set_position((left, bottom, right - left, top - bottom))


def _saved(canvas: Any, stem: Path) -> tuple[Path, Path]:
    """Write a canvas as SVG and PNG; equal figures give equal files."""
    options: dict[str, Any] = {"svg": {"metadata": {"Date": None}}, "png": {"dpi": 160}}
    paths = []
    for suffix, more in options.items():
        buffer = io.BytesIO()
        canvas.savefig(buffer, format=suffix, **more)
        paths.append(stem.with_name(f"{stem.name}.{suffix}"))
        write_atomically(paths[-1], buffer.getvalue())
    return paths[0], paths[1]


def _lines(axes: Axes, figure: Figure) -> None:
    """Draw every curve, or every trajectory where curves are pairs of coordinates."""
    axes.set_title(f"Paper {figure.paper}, {figure.place}, drawn again", pad=8)
    axes.set_yscale("log" if figure.y_log else "linear")
    if figure.plane:
        draw_plane(axes, figure)
    else:
        for curve, style in zip(figure.curves, _styles(figure), strict=True):
            _line(axes, curve, style, curve.name)
    _dress(axes, figure, figure.y_label, figure.y_log)


def _ratios(axes: Axes, figure: Figure, relative: Mapping[str, str]) -> None:
    """Draw the ratio of each curve to the one that it is compared with, in its own style."""
    base = next(iter(relative.values())).rpartition(", ")[2]  # as in `at the end, gradient descent`
    axes.set_title(f"Over {figure.numbers.get('over', base)}, seed by seed", pad=8)
    axes.set_yscale("log" if figure.y_log else "linear")
    axes.axhline(1, color="#5b6770", linewidth=0.9)
    for curve, style in zip(figure.curves, _styles(figure), strict=True):
        if curve.name in relative:
            _line(axes, ratio_of(curve, figure.curve(relative[curve.name])), style, curve.name)
    _dress(axes, figure, "ratio (below 1: the smaller)", figure.y_log)


def _styles(figure: Figure) -> list[LineStyle]:
    return line_styles([curve.name for curve in figure.curves], [len(curve.x) for curve in figure.curves])


def _dress(axes: Axes, figure: Figure, y_label: str, y_log: bool) -> None:
    """Set scales and labels."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    if figure.x_log:
        axes.set_xscale("log")
    if y_log:
        low, high = axes.get_ylim()
        if high < 60 * low:  # too short for powers of ten alone
            axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel(figure.x_label)
    axes.set_ylabel(y_label)
    axes.margins(x=0.02)


def _line(axes: Axes, curve: Curve, style: LineStyle, label: str) -> None:
    """Draw a median with its band; each line is thinner than the one before, which it may cover."""
    width = max(1.2, 3.2 - 0.5 * len(axes.lines))
    band = _drawable(band_of(curve), axes.get_yscale() == "log")
    axes.fill_between(curve.x, band.lower, band.upper, color=style.colour, alpha=0.11, linewidth=0)
    axes.plot(
        curve.x, band.median, color=style.colour, linestyle=style.dash, marker=style.mark, label=label, linewidth=width,
        markersize=4,
    )  # fmt: skip


def _drawable(band: Band, y_log: bool) -> Band:
    """Return a band without what a logarithmic axis has no place for; what reaches to zero ends below the line."""
    if not y_log:
        return band
    foot = min((value for value in band.median if value > 0), default=1.0) / 3
    median, upper = (np.where(values > 0, values, np.nan) for values in (band.median, band.upper))
    return Band(median, np.where(band.lower > 0, band.lower, foot), upper)


def _sentences(figure: Figure, characters: int) -> list[str]:
    """Return the three sentences, and what line and band are, wrapped."""
    over = f"{len(figure.seeds)} {figure.seeds_are}"
    lines = f"Lines: medians over {over}; bands: from their {BAND[0]:.0%} to their {BAND[1]:.0%} quantile."
    if figure.plane:
        lines = f"Bold: the paper's start; thin: all {over}; stars and dots: where they end."
    told = (f"Claimed: {figure.claimed}", f"Seen: {figure.seen}", f"How robustly: {figure.robustness}", lines)
    return [
        line for sentence in told for line in textwrap.wrap(sentence, characters, subsequent_indent="   ")
    ]
