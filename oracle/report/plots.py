"""Error against bound over the steps, as inline SVG.

The picture takes its colours from the page (CSS variables), so it reads in light and in dark, and
its bytes depend on the curves alone: no date, no random identifiers.
"""

# ruff: noqa: PLC0415 - jinja2 and matplotlib are slow to import, and only a report needs them

from __future__ import annotations

import re
from io import StringIO
from typing import TYPE_CHECKING, Any

import numpy as np

from oracle.records.candidate import Array
from oracle.verdict import Curves

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "INK",
    "MARKERS",
    "MOST_POINTS",
    "SERIES",
    "STYLE",
    "curves_svg",
    "inline_svg",
    "power_of_ten",
    "thinned",
]

MOST_POINTS = 240
FEW_POINTS = 30
FEW_STEPS = 20
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

# Colours that stand for variables of the page's style sheet.
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "*")
INK, FAINT, BOUND, ALARM = "#010101", "#020202", "#030303", "#040404"
SERIES = ("#110101", "#110202", "#110303", "#110404", "#110505")
VARIABLES = {
    INK: "var(--ink)",
    FAINT: "var(--faint)",
    BOUND: "var(--bound)",
    ALARM: "var(--alarm)",
    **{colour: f"var(--series-{i})" for i, colour in enumerate(SERIES)},
}
STYLE: Any = {  # matplotlib's own type for this lists every setting by name
    "svg.fonttype": "none",
    "svg.hashsalt": "momentum-oracle",
    "font.size": 9,
    "font.family": "DejaVu Sans",  # ships with matplotlib: the layout is the same on every machine
    "text.color": INK,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.grid": True,
    "grid.color": FAINT,
    "grid.alpha": 0.35,
    "grid.linewidth": 0.5,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "lines.linewidth": 1.3,
    "path.simplify": False,
}


def curves_svg(curves: Curves, prefix: str, divergent_step: int | None = None) -> str:
    """Return one SVG of two panels: distance from the golden, and local error against its bound.

    Parameters
    ----------
    curves : Curves
    prefix : str
        Put before every identifier inside, so that many pictures can share a page.
    divergent_step : int, optional
        Marked by a vertical line.
    """
    from matplotlib import rc_context  # here: half a second that `oracle --help` need not wait
    from matplotlib.figure import Figure

    with rc_context(STYLE):
        figure = Figure(figsize=(9.6, 3.6), layout="constrained")
        left, right = figure.subplots(1, 2)
        scale = _step_scale(curves)
        for axes in (left, right):
            axes.set_xscale(scale)
        _draw_golden_error(left, curves)
        _draw_local_error(right, curves)
        for axes in (left, right):
            _dress(axes, divergent_step)
        text = StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    return inline_svg(text.getvalue(), prefix, "Error against bound over the steps")


def thinned(steps: Array, heights: Array, most: int = MOST_POINTS) -> Array:
    """Return the indices of at most `most` points: the highest of each of as many bins in log step.

    A peak is never hidden: every bin keeps its highest point, at the step where it stands, and a
    height that is not a number counts as the highest.

    Parameters
    ----------
    steps : ndarray, shape (K,)
        Ascending.
    heights : ndarray, shape (K,)
    most : int
    """
    if len(steps) <= most:
        return np.arange(len(steps))
    position = np.log1p(steps - steps[0])
    bins = np.minimum((position / position[-1] * most).astype(int), most - 1)
    order = np.lexsort((-np.where(np.isnan(heights), np.inf, heights), bins))  # by bin, the highest first
    first_of_bin = np.unique(bins[order], return_index=True)[1]
    return np.sort(order[first_of_bin])


def _step_scale(curves: Curves) -> str:
    """Return the scale of the steps: logarithmic, unless they are so few that it would label hardly one."""
    steps = np.concatenate([curves.steps, curves.replay_steps])
    after = steps[steps > 0]
    return "linear" if not len(after) or after.max() < max(FEW_STEPS, 10 * after.min()) else "log"


def _draw_golden_error(axes: Axes, curves: Curves) -> None:
    """Draw |candidate − golden| per observable, with the global envelope where there is one."""
    axes.set_title("Distance from the golden", loc="left", fontsize=10)
    axes.set_ylabel("largest |error|")
    for i, (name, error) in enumerate(curves.error.items()):
        colour, kept = SERIES[i % len(SERIES)], thinned(curves.steps, error)
        _line(axes, curves.steps[kept], error[kept], colour, name)
        if curves.envelope is not None and name in curves.envelope:
            kept = thinned(curves.steps, curves.envelope[name])
            _line(axes, curves.steps[kept], curves.envelope[name][kept], colour, "_", "--")
    if curves.envelope:
        axes.plot([], [], "--", color=BOUND, label="typical rounding")
    if not any(_drawable(axes, curves.steps, error).any() for error in curves.error.values()):
        _note(axes, _why_empty(list(curves.error.values())))


def _why_empty(errors: list[Array]) -> str:
    """Return why no error can be drawn."""
    values = np.concatenate([np.ravel(error) for error in errors]) if errors else np.empty(0)
    if not len(values):
        return "nothing was compared"
    if not values.any():
        return "nothing to draw: every error is 0"
    return "nothing to draw: no error after the start is finite and above 0"


def _note(axes: Axes, text: str) -> None:
    axes.text(0.5, 0.5, text, ha="center", va="center", transform=axes.transAxes)


def _draw_local_error(axes: Axes, curves: Curves) -> None:
    """Draw the local error at its worst coordinate in units of its bound, and the bound, which is 1."""
    axes.set_title("Error of one step, from the candidate's own state", loc="left", fontsize=10)
    axes.set_ylabel("largest |error| / its bound")
    if not len(curves.replay_steps):
        _note(axes, "not replayed")
        return
    kept = thinned(curves.replay_steps, curves.replay_ratio)
    _line(axes, curves.replay_steps[kept], curves.replay_ratio[kept], SERIES[0], "local error")
    axes.axhline(1, color=SERIES[1], linestyle="--", label="rounding bound")
    axes.plot(
        curves.replay_steps[:1].clip(1), [0.1], color=FAINT, alpha=0
    )  # keeps a factor of ten on both sides in view
    axes.plot(curves.replay_steps[:1].clip(1), [10], color=FAINT, alpha=0)


def _line(axes: Axes, x: Array, y: Array, colour: str, label: str, style: str = "-") -> None:
    """Draw one curve, without what has no place on its axes."""
    drawable = _drawable(axes, x, y)
    marker = "." if drawable.sum() < FEW_POINTS else ""
    axes.plot(x[drawable], y[drawable], style, color=colour, label=label, marker=marker)


def _drawable(axes: Axes, x: Array, y: Array) -> Array:
    """Return which points have a place: zero has none on a log axis."""
    return ((x > 0) | (axes.get_xscale() == "linear")) & np.isfinite(y) & (y > 0)


def _dress(axes: Axes, divergent_step: int | None) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

    axes.set_xlabel("step")
    if not any(np.size(line.get_xdata()) for line in axes.lines):
        axes.set(xticks=[], yticks=[])
        return
    axes.set_yscale("log")
    if axes.get_xscale() == "linear":
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_major_formatter(FuncFormatter(power_of_ten))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_minor_formatter(NullFormatter())
    if divergent_step:
        axes.axvline(divergent_step, color=ALARM, linewidth=1, linestyle=":", label=f"step {divergent_step}")
    below: Any = {"loc": "upper left", "bbox_to_anchor": (0, -0.17), "ncols": 6, "borderaxespad": 0}
    axes.legend(frameon=False, fontsize=8, handlelength=1.6, columnspacing=1.2, **below)


def power_of_ten(value: float, _position: int) -> str:
    """Return the label of a power of ten on a log axis."""
    return "10" + str(round(np.log10(value))).translate(SUPERSCRIPTS)


def inline_svg(svg: str, prefix: str, label: str) -> str:
    """Return the SVG element alone, coloured by the page and with identifiers of its own.

    Parameters
    ----------
    svg : str
        As matplotlib wrote it, in the colours of this module.
    prefix : str
        Put before every identifier.
    label : str
        What the picture shows, for those who cannot see it.
    """
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(
        r"<style[^>]*>.*?</style>", "", svg, flags=re.DOTALL
    )  # a bare `*` rule would restyle the page
    svg = re.sub(r'\bid="', f'id="{prefix}-', svg)
    svg = re.sub(r'(xlink:href="#|url\(#)', rf"\g<1>{prefix}-", svg)
    svg = re.sub(r"<svg [^>]*?viewBox=\"([^\"]*)\"[^>]*>", _OPENING.replace("LABEL", label), svg, count=1)
    for colour, variable in VARIABLES.items():
        svg = svg.replace(colour, variable)
    return svg.strip()


_OPENING = (
    r'<svg class="curves" role="img" aria-label="LABEL" '
    r'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="\1">'
)
