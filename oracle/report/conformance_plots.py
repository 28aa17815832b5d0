"""The largest error of every problem in units of its bound, as inline SVG in the page's colours."""

# ruff: noqa: PLC0415 - matplotlib is slow to import, and only a report needs it

from __future__ import annotations

from io import StringIO
from itertools import groupby
from math import isfinite
from typing import TYPE_CHECKING

from oracle.report.conformance import Conformance, ConformanceRow, Status
from oracle.report.plots import BOUND, FAINT, SERIES, STYLE, inline_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["ratios_svg"]

LOWEST, HIGHEST = 0.005, 2000.0  # what lies outside is drawn on the edge


def ratios_svg(found: Conformance, prefix: str) -> str:
    """Return one SVG: a column a problem, a mark a dtype; crosses do not agree.

    Parameters
    ----------
    found : Conformance
    prefix : str
        Put before every identifier inside.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    problems = list(dict.fromkeys(row.problem for row in found.rows))
    if not any(row.ratio is not None for row in found.rows):
        return ""
    with rc_context(STYLE):
        figure = Figure(figsize=(9.6, 4.6), layout="constrained")
        axes = figure.subplots()
        for i, dtype in enumerate(found.dtypes):
            _draw(axes, [row for row in found.rows if row.dtype == dtype], problems, i)
        _dress(axes, found, problems)
        text = StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    return inline_svg(
        text.getvalue(), prefix, "Largest error of every problem in units of its rounding bound"
    )


def _draw(axes: Axes, rows: list[ConformanceRow], problems: list[str], i: int) -> None:
    """Draw one dtype, a little beside the others."""
    for good, marker in ((True, "o"), (False, "x")):
        chosen = [row for row in rows if (row.status is Status.AGREES) is good and row.ratio is not None]
        x = [problems.index(row.problem) + 0.22 * (i - 1) for row in chosen]
        y = [_height(row.ratio) for row in chosen]
        label = rows[0].dtype if good else "_"
        axes.plot(
            x,
            y,
            marker,
            color=SERIES[i % len(SERIES)],
            markersize=3 if good else 5,
            label=label,
            clip_on=False,
        )


def _height(ratio: float | None) -> float:
    """Return a ratio inside the picture."""
    if ratio is None or not isfinite(ratio):
        return HIGHEST
    return min(max(ratio, LOWEST), HIGHEST)


def _dress(axes: Axes, found: Conformance, problems: list[str]) -> None:
    from matplotlib.ticker import FuncFormatter, NullFormatter

    failing = any(row.status is not Status.AGREES for row in found.rows)
    axes.set(yscale="log", xlim=(-0.8, len(problems) - 0.2), ylim=(LOWEST, HIGHEST if failing else 3))
    axes.set_ylabel("largest error / its bound")
    axes.set_xticks(range(len(problems)), problems, rotation=90, fontsize=6)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.axhline(1, color=BOUND, linestyle="--", label="rounding bound")
    axes.grid(visible=False, axis="x")
    theme_of = {row.problem: row.theme for row in found.rows}
    start = 0
    for theme, members in groupby(problems, key=theme_of.__getitem__):
        count = len(list(members))
        if start:
            axes.axvline(start - 0.5, color=FAINT, linewidth=0.6)
        if count > 2:  # else the next theme would be written over it
            axes.text(start - 0.35, 1.02, theme, fontsize=6.5, transform=axes.get_xaxis_transform())
        start += count
    axes.legend(frameon=False, fontsize=8, ncols=4, loc="lower right", handlelength=1.6, borderaxespad=0)
