"""Throughput against batch size under the roofline, as inline SVG in the page's colours."""

# ruff: noqa: PLC0415 - matplotlib is slow to import, and only a report needs it

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING, Any

from oracle.findings import Outcome
from oracle.report.plots import BOUND, INK, MARKERS, SERIES, STYLE, inline_svg, power_of_ten
from oracle.report.race import Race

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["race_svg"]

DASHES = ("-", "--", ":", "-.")


def race_svg(race: Race, prefix: str) -> str:
    """Return one SVG, a panel a dtype: run-steps a second by number of runs, with the limits above them.

    Parameters
    ----------
    race : Race
    prefix : str
        Put before every identifier inside.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    dtypes = list(dict.fromkeys(row.dtype for row in race.rows))
    if not dtypes:
        return ""
    with rc_context(STYLE):
        figure = Figure(figsize=(9.6, 5.2), layout="constrained")
        panels = figure.subplots(1, len(dtypes), sharey=True, squeeze=False)[0]
        for axes, dtype in zip(panels, dtypes, strict=True):
            _draw_limits(axes, race, dtype)
            _draw_racers(axes, race, dtype)
            _dress(axes, race, dtype)
        panels[0].set_ylabel("run-steps a second")
        handles = {
            label: handle
            for axes in panels
            for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
        }
        figure.legend(
            handles.values(), handles.keys(), loc="outside lower left", ncols=5, frameon=False, fontsize=8,
            handlelength=2.4, columnspacing=1.4,
        )  # fmt: skip
        text = StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    return inline_svg(text.getvalue(), prefix, "Run-steps a second against the number of runs")


def _draw_limits(axes: Axes, race: Race, dtype: str) -> None:
    """Draw the rate at which the two products alone could be made: on these shapes, and at the peak."""
    flop = race.rows[0].flop
    runs = sorted({roof.runs for roof in race.roofs if roof.dtype == dtype})
    roofs = [(count, race.best_roof(dtype, count)) for count in runs]
    drawn = [(count, roof.flops / flop) for count, roof in roofs if roof]
    if drawn:
        axes.plot(*zip(*drawn, strict=True), color=INK, linewidth=1.8, label="GEMM, same shapes")
    if dtype in race.machine.peak:
        axes.axhline(race.machine.peak[dtype] / flop, color=BOUND, linestyle="--", label="GEMM peak")


def _draw_racers(axes: Axes, race: Race, dtype: str) -> None:
    """Draw a line a racer; one that disagrees somewhere is dotted there and says so in its name."""
    for i, name in enumerate(dict.fromkeys(row.racer for row in race.rows)):
        rows = sorted((r for r in race.rows if (r.racer, r.dtype) == (name, dtype)), key=lambda r: r.runs)
        if rows:
            bad = any(row.outcome is not Outcome.AGREES for row in rows)
            label = f"{name} ({rows[0].outcome})" if bad else name
            axes.plot([r.runs for r in rows], [r.rate for r in rows], label=label, **_look(i, bad))


def _dress(axes: Axes, race: Race, dtype: str) -> None:
    from matplotlib.ticker import FuncFormatter, NullFormatter

    axes.set_title(dtype, loc="left", fontsize=10)
    axes.set(xscale="log", yscale="log", xlabel="runs in a batch")
    ticks = sorted({row.runs for row in race.rows})
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.yaxis.set_major_formatter(FuncFormatter(power_of_ten))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_minor_formatter(NullFormatter())


def _look(i: int, bad: bool) -> dict[str, Any]:
    """Return colour, marker and line of the i-th racer."""
    return {
        "color": SERIES[i % len(SERIES)],
        "marker": "x" if bad else MARKERS[i % len(MARKERS)],
        "markersize": 4.5,
        "linestyle": ":" if bad else DASHES[i // len(SERIES) % len(DASHES)],
    }
