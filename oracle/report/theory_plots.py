"""Orders on log-log axes, and limits beside minimisers coordinate by coordinate, as inline SVG."""

# ruff: noqa: PLC0415 - matplotlib is slow to import, and only a report needs it

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING, Any

from oracle.report.plots import MARKERS, SERIES, STYLE, inline_svg, power_of_ten
from oracle.report.theory import TheorySection

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["section_svg"]


def section_svg(section: TheorySection, prefix: str) -> str:
    """Return the pictures of a section side by side, or an empty text if it has none.

    Parameters
    ----------
    section : TheorySection
    prefix : str
        Put before every identifier inside, so that many pictures can share a page.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    draws = [
        draw for draw, series in ((_ladders, section.ladders), (_coordinates, section.coordinates)) if series
    ]
    if not draws:
        return ""
    with rc_context(STYLE):
        figure = Figure(figsize=(9.6, 4.2), layout="constrained")
        panels = figure.subplots(1, len(draws), squeeze=False)[0]
        for axes, draw in zip(panels, draws, strict=True):
            draw(axes, section)
        text = StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    return inline_svg(text.getvalue(), prefix, section.title)


def _ladders(axes: Axes, section: TheorySection) -> None:
    """Draw errors against step sizes; the slope of a line is its order."""
    from matplotlib.ticker import FuncFormatter, NullFormatter

    axes.set_title("Error against step size: the slope is the order", loc="left", fontsize=10)
    for i, series in enumerate(section.ladders):
        drawn = [(x, y) for x, y in zip(series.x, series.y, strict=True) if y > 0]
        if drawn:
            axes.plot(*zip(*drawn, strict=True), label=series.name, **_look(i))
    axes.set(xscale="log", yscale="log", xlabel="step size η", ylabel="largest error")
    ticks = sorted({x for series in section.ladders for x in series.x})
    axes.set_xticks(ticks, [f"1/{round(1 / x)}" for x in ticks])
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_major_formatter(FuncFormatter(power_of_ten))
    axes.yaxis.set_minor_formatter(NullFormatter())
    _legend(axes)


def _coordinates(axes: Axes, section: TheorySection) -> None:
    """Draw values by coordinate, one marker for each series."""
    axes.set_title("Limit and minimisers, coordinate by coordinate", loc="left", fontsize=10)
    for i, series in enumerate(section.coordinates):
        offset = 0.12 * (i - (len(section.coordinates) - 1) / 2)
        axes.plot(
            [x + offset for x in series.x], series.y, label=series.name, **_look(i) | {"linestyle": "none"}
        )
    axes.set(xlabel="coordinate j", ylabel="θ")
    axes.set_xticks(sorted({round(x) for series in section.coordinates for x in series.x}))
    _legend(axes)


def _look(i: int) -> dict[str, Any]:
    """Return colour, marker and line of the i-th series: all different for the first fifty."""
    style = ("-", "--", ":", "-.")[i // len(SERIES) % 4]
    return {
        "color": SERIES[i % len(SERIES)],
        "marker": MARKERS[i % len(MARKERS)],
        "markersize": 4,
        "linestyle": style,
    }


def _legend(axes: Axes) -> None:
    below: Any = {"loc": "upper left", "bbox_to_anchor": (0, -0.2), "ncols": 2, "borderaxespad": 0}
    axes.legend(frameon=False, fontsize=8, handlelength=2.2, columnspacing=1.2, **below)
