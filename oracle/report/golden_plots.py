"""A golden as a picture: its trajectories, or its coordinates where it is a single point, as inline SVG."""

# ruff: noqa: PLC0415 - matplotlib is slow to import, and only a page needs it

from __future__ import annotations

from fractions import Fraction
from io import StringIO
from typing import TYPE_CHECKING, Any

import numpy as np

from oracle.records.candidate import Array
from oracle.records.golden import Golden
from oracle.records.limbs import LimbArray
from oracle.report.plots import FAINT, INK, SERIES, STYLE, inline_svg, power_of_ten

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["golden_svg", "shown_array"]

MOST_POINTS = 240
MOST_FAINT = 40  # coordinates drawn thin behind the named ones
MOST_BARS = 400
FEW_POINTS = 30
SPREAD = 30  # last place over the middle one, from which on a log axis reads better
SCALARS = ("loss", "objective")


def golden_svg(golden: Golden, prefix: str) -> str:
    """Return one SVG: the coordinates of θ (or of the first array) over steps or times, and the loss beside them.

    A golden of one row is drawn as one bar a coordinate. Values are rounded to float64 for drawing.

    Parameters
    ----------
    golden : Golden
    prefix : str
        Put before every identifier inside, so that many pictures can share a page.
    """
    from matplotlib import rc_context  # half a second that nothing else of the page needs
    from matplotlib.figure import Figure

    name, scalar = shown_array(golden), _scalar(golden)
    with rc_context(STYLE):
        figure = Figure(figsize=(9.6, 3.4), layout="constrained")
        if golden.rows == 1:
            _draw_bars(figure.subplots(), name, _values(golden.limbs[name])[0])
        else:
            panels = figure.subplots(1, 1 if scalar is None else 2, squeeze=False)[0]
            _draw_paths(panels[0], golden, name)
            if scalar is not None:
                _draw_scalar(panels[1], golden, scalar)
        text = StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    return inline_svg(text.getvalue(), prefix, _label(golden, name, scalar))


def shown_array(golden: Golden) -> str:
    """Return the array that is drawn: θ where there is one, else the first with coordinates, else the first."""
    with_coordinates = [name for name, grid in golden.arrays.items() if not grid.scalar]
    return "theta" if "theta" in with_coordinates else next(iter(with_coordinates or golden.arrays))


def _scalar(golden: Golden) -> str | None:
    """Return the scalar drawn beside it, where there is one that a log axis can show."""
    known = [name for name in SCALARS if name in golden.arrays and golden.arrays[name].scalar]
    return next((name for name in known if (_values(golden.limbs[name]) > 0).any()), None)


def _draw_paths(axes: Axes, golden: Golden, name: str) -> None:
    """Draw each coordinate over the rows; the largest in the end in colour, the others faint."""
    values, at = _values(golden.limbs[name]), _places(golden)
    kept = _thinned(len(at))
    order = np.argsort(-np.abs(values[-1]), kind="stable")
    for i in order[len(SERIES) : len(SERIES) + MOST_FAINT]:
        axes.plot(at[kept], values[kept, i], color=FAINT, linewidth=0.7)
    for colour, i in zip(SERIES, sorted(order[: len(SERIES)]), strict=False):
        label = name if golden.arrays[name].scalar else f"{name}[{i}]"
        axes.plot(at[kept], values[kept, i], color=colour, label=label, marker=_marker(at))
    axes.set_title(f"{name}, by coordinate", loc="left", fontsize=10)
    _dress(axes, golden, at)
    below: Any = {"loc": "upper left", "bbox_to_anchor": (0, -0.17), "borderaxespad": 0}
    axes.legend(frameon=False, fontsize=8, ncols=5, handlelength=1.4, columnspacing=1.1, **below)


def _draw_scalar(axes: Axes, golden: Golden, name: str) -> None:
    from matplotlib.ticker import FuncFormatter, NullFormatter

    values, at = _values(golden.limbs[name])[:, 0], _places(golden)
    kept = _thinned(len(at))
    kept = kept[values[kept] > 0]
    axes.plot(at[kept], values[kept], color=INK, marker=_marker(at))
    axes.set_yscale("log")
    if values[kept].max() >= 10 * values[kept].min():
        axes.yaxis.set_major_formatter(FuncFormatter(power_of_ten))
        axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_title(f"{name}, log scale", loc="left", fontsize=10)
    _dress(axes, golden, at)


def _draw_bars(axes: Axes, name: str, values: Array) -> None:
    """Draw a single point, a bar a coordinate."""
    from matplotlib.ticker import MaxNLocator

    shown = values[:MOST_BARS]
    axes.bar(np.arange(len(shown)), shown, color=SERIES[0], width=0.7)
    axes.axhline(0, color=INK, linewidth=0.6)
    rest = (
        f", the first {MOST_BARS} of {len(values)} coordinates"
        if len(values) > MOST_BARS
        else ", by coordinate"
    )
    axes.set_title(name + rest, loc="left", fontsize=10)
    axes.set_xlabel("coordinate")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def _dress(axes: Axes, golden: Golden, at: Array) -> None:
    axes.set_xlabel("step" if golden.steps else "time")
    positive = at[at > 0]
    if len(positive) > 1 and positive[-1] > SPREAD * np.median(positive):
        axes.set_xscale("symlog", linthresh=float(positive[0]))
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")


def _values(limbs: LimbArray) -> Array:
    """Return float64 values, shape (K, d); a scalar has d = 1."""
    exponents = limbs.limb_exponents.reshape((-1,) + (1,) * (limbs.limbs.ndim - 1))
    with np.errstate(over="ignore", under="ignore"):
        values: Array = np.ldexp(limbs.limbs, exponents).sum(axis=0)
    return values.reshape(len(values), -1)


def _places(golden: Golden) -> Array:
    """Return the steps or times as float64, shape (K,)."""
    return np.array([float(Fraction(str(place))) for place in golden.steps or golden.times])


def _thinned(count: int) -> Array:
    """Return the indices of at most `MOST_POINTS` rows, evenly spaced, the first and the last among them."""
    return np.unique(np.linspace(0, count - 1, min(count, MOST_POINTS)).round().astype(int))


def _marker(at: Array) -> str:
    return "." if len(at) < FEW_POINTS else ""


def _label(golden: Golden, name: str, scalar: str | None) -> str:
    """Return what the picture shows, in words."""
    if golden.rows == 1:
        return f"The coordinates of {name} as bars"
    axis = "steps" if golden.steps else "times"
    return f"The coordinates of {name}{f' and the {scalar}' if scalar else ''} over the {axis}"
