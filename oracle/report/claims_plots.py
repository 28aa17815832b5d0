"""The plots that claims carry, and the papers' figures drawn again, as inline SVG."""

# ruff: noqa: PLC0415 - matplotlib is slow to import, and only a report needs it

from __future__ import annotations

from collections.abc import Callable, Sequence
from io import StringIO
from statistics import quantiles
from textwrap import fill
from typing import TYPE_CHECKING, Any

from oracle.claims.evidence import Line, Plot
from oracle.records.figure import Curve, Figure
from oracle.report.plots import MARKERS, SERIES, STYLE, inline_svg, power_of_ten

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["figure_svg", "plots_svg"]

STYLES = ("-", "--", ":", "-.")
FEW = 40  # points up to which each gets its marker
COLUMNS = 2
TITLE = 52  # characters of a title's line
LONG_NAME = 34  # characters, past which two names do not fit beside each other
LEGEND_LINE = 0.19  # inches


def plots_svg(plots: Sequence[Plot], prefix: str) -> str:
    """Return a claim's plots, two beside each other; an empty text for none.

    Parameters
    ----------
    plots : sequence of Plot
    prefix : str
        Put before every identifier inside, so that many pictures can share a page.
    """
    if not plots:
        return ""
    columns = min(COLUMNS, len(plots))
    rows = -(-len(plots) // columns)

    def draw(axes: Sequence[Axes]) -> None:
        for panel, plot in zip(axes, plots, strict=False):
            _draw(panel, plot)
        for panel in axes[len(plots) :]:
            panel.set_visible(False)

    lines = max(_legend_lines(plot) for plot in plots)
    return _svg(draw, (rows, columns), lines, prefix, "; ".join(plot.title for plot in plots))


def figure_svg(figure: Figure, prefix: str) -> str:
    """Return a figure: medians over the seeds with a band from the tenth to the ninetieth percentile.

    Of trajectories in the plane the first start's are drawn, which are the paper's.
    """
    lines = _trajectories(figure) if figure.plane else [_banded(curve) for curve in figure.curves]
    plot = Plot(
        title="",
        x_label=figure.x_label,
        y_label=figure.y_label,
        lines=tuple(lines),
        x_log=figure.x_log,
        y_log=figure.y_log,
    )
    label = f"{figure.place} of paper {figure.paper}"
    return _svg(lambda axes: _draw(axes[0], plot), (1, 1), _legend_lines(plot), prefix, label)


def _trajectories(figure: Figure) -> list[Line]:
    return [Line(name, across.values[0], up.values[0]) for name, across, up in figure.pairs()]


def _banded(curve: Curve) -> Line:
    columns = list(zip(*curve.values, strict=True))
    if len(curve.values) == 1:
        return Line(curve.name, curve.x, curve.values[0])
    tenths = [quantiles(column, n=10, method="inclusive") for column in columns]
    return Line(
        curve.name,
        curve.x,
        tuple(found[4] for found in tenths),
        tuple(found[0] for found in tenths),
        tuple(found[8] for found in tenths),
    )


def _svg(
    draw: Callable[[Sequence[Axes]], None], shape: tuple[int, int], lines: int, prefix: str, label: str
) -> str:
    """Return a drawing of panels whose legends have so many lines at most."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure as Canvas

    rows, columns = shape
    width, height = (4.9 * columns if columns > 1 else 6.4), (3.3 + LEGEND_LINE * lines) * rows
    with rc_context(STYLE):
        canvas = Canvas(figsize=(width, height), layout="constrained")
        draw(list(canvas.subplots(rows, columns, squeeze=False).flat))
        text = StringIO()
        canvas.savefig(text, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    return inline_svg(text.getvalue(), prefix, label.replace('"', "'").replace("<", "‹").replace("&", "and"))


def _draw(axes: Axes, plot: Plot) -> None:
    axes.set_title(fill(plot.title, TITLE), loc="left", fontsize=10)
    for i, line in enumerate(plot.lines):
        _line(axes, line, i, plot)
    axes.set(xlabel=plot.x_label, ylabel=plot.y_label)
    if plot.x_log:
        axes.set_xscale("log")
    if plot.y_log:
        axes.set_yscale("log")
    _tick(axes, plot)
    below: Any = {"loc": "upper left", "bbox_to_anchor": (0, -0.2), "ncols": _legend_columns(plot)}
    axes.legend(frameon=False, fontsize=8, handlelength=2.2, columnspacing=1.2, borderaxespad=0, **below)


def _legend_columns(plot: Plot) -> int:
    """Return one column for long names, two for others."""
    return 1 if max((len(line.name) for line in plot.lines), default=0) > LONG_NAME else 2


def _legend_lines(plot: Plot) -> int:
    return -(-len(plot.lines) // _legend_columns(plot))


def _line(axes: Axes, line: Line, i: int, plot: Plot) -> None:
    """Draw one line and its band; what has no place on a logarithmic axis is left out."""
    kept = [
        k
        for k, (x, y) in enumerate(zip(line.x, line.y, strict=True))
        if (x > 0 or not plot.x_log) and (y > 0 or not plot.y_log)
    ]
    x, y = [line.x[k] for k in kept], [line.y[k] for k in kept]
    look: dict[str, Any] = {"color": SERIES[i % len(SERIES)], "label": line.name}
    look["linestyle"] = "none" if line.points else STYLES[i // len(SERIES) % len(STYLES)]
    if line.points or len(kept) <= FEW:
        look |= {"marker": MARKERS[i % len(MARKERS)], "markersize": 4}
    axes.plot(x, y, **look)
    if line.lower:
        floor = min((v for v in line.lower if v > 0), default=None) if plot.y_log else None
        low = [line.lower[k] if floor is None else max(line.lower[k], floor) for k in kept]
        axes.fill_between(x, low, [line.upper[k] for k in kept], color=look["color"], alpha=0.15, linewidth=0)


def _tick(axes: Axes, plot: Plot) -> None:
    """Label powers of ten, or the values themselves where the axis spans less than a decade and a half."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    for logarithmic, axis in ((plot.x_log, axes.xaxis), (plot.y_log, axes.yaxis)):
        if not logarithmic:
            continue
        low, high = axis.get_view_interval()
        if low > 0 and high / low < 50:
            axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        else:
            axis.set_major_formatter(FuncFormatter(power_of_ten))
        axis.set_minor_formatter(NullFormatter())
