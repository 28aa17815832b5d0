"""Paper 000, Fig. 3: the distance to the truth along the training, as η (a) or μ (b) becomes smaller."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from lightning_runs.figures.bands import thinned
from lightning_runs.figures.experiment import Experiment, Runs
from lightning_runs.figures.made_sweep import MadeSweep
from lightning_runs.figures.paper_000_limits import DISTANCE, common_setting
from oracle.records.figure import Curve, Figure

__all__ = ["EXPERIMENTS"]

METHODS = {"heavy_ball": "heavy ball", "nesterov": "Nesterov"}
SYMBOLS = {"step_size": "η", "momentum": "μ"}
GRADIENT = "gradient descent, η = 0.01"

Floats = NDArray[np.float64]


def draw_3a(runs: Runs) -> Figure:
    """Return Fig. 3(a)."""
    return _drawn(runs, "step_size", "000-fig-3a", "Fig. 3(a)")


def draw_3b(runs: Runs) -> Figure:
    """Return Fig. 3(b)."""
    return _drawn(runs, "momentum", "000-fig-3b", "Fig. 3(b)")


def _drawn(runs: Runs, axis: str, identifier: str, place: str) -> Figure:
    plain, momentum = runs.sweep("gradient"), runs.sweep("momentum")
    values = getattr(momentum.grid, axis)
    gaps = {method: _gaps(plain, momentum, method, axis) for method in METHODS}
    elsewhere = {
        method: _gaps(runs.sweep("gradient-at-0.6"), runs.sweep("momentum-at-0.6"), method, axis)
        for method in METHODS
    }
    curves = [_curve(plain, GRADIENT, {})]
    curves += [
        _curve(momentum, f"{name}, {SYMBOLS[axis]} = {float(value):g}", {"method": method, axis: value})
        for method, name in METHODS.items()
        for value in values
    ]
    fixed = "μ = 0.9" if axis == "step_size" else "η = 0.01"
    return Figure(
        identifier=identifier,
        paper="000",
        place=place,
        claimed=f"the difference between heavy ball or Nesterov and gradient descent vanishes as {SYMBOLS[axis]} decreases.",
        seen=_seen(gaps, values, SYMBOLS[axis]),
        robustness=_robustness(gaps, elsewhere),
        x_label="iteration",
        y_label=DISTANCE,
        curves=tuple(curves),
        seeds=momentum.seeds,
        x_log=True,
        y_log=True,
        numbers={
            "over": GRADIENT,
            "relative": {curve.name: GRADIENT for curve in curves[1:]},
            "values": [float(value) for value in values],
            "relative gap at the end": {
                name: np.round(np.median(gaps[method], axis=0), 7).tolist()
                for method, name in METHODS.items()
            },
        },
        setting={
            **common_setting(momentum),
            "start": "u(0) = v(0) = c = 0.03521: ‖ξ‖₁ = 0.1240",
            "fixed": f"{fixed}; gradient descent with η = 0.01",
            SYMBOLS[axis]: ", ".join(f"{float(value):g}" for value in values),
            "steps": str(momentum.steps[-1]),
            "not in the paper": "which ε (1 here), which η and μ, the number of steps, the law of θ*",
        },
    )


def _curve(sweep: MadeSweep, name: str, axes: dict[str, object]) -> Curve:
    """Return D along the training, from the first step on: step 0 has no place on a logarithmic axis."""
    rows = [sweep.distances(run)[1:] for run in sweep.runs(**axes)]
    return thinned(name, sweep.steps[1:], rows)


def _gaps(plain: MadeSweep, momentum: MadeSweep, method: str, axis: str) -> Floats:
    """Return |D − D of gradient descent|, over the latter, at the end; shape (seeds, values)."""
    rows = []
    for seed in momentum.seeds:
        base = plain.distances(*plain.runs(seed=seed))[-1]
        ends = [
            momentum.distances(*momentum.runs(seed=seed, method=method, **{axis: value}))[-1]
            for value in getattr(momentum.grid, axis)
        ]
        rows.append(np.abs(np.array(ends) - base) / base)
    return np.array(rows)


def _seen(gaps: dict[str, Floats], values: Sequence[Fraction], symbol: str) -> str:
    """Say how large the difference is at the end, value by value."""
    parts = []
    for method, name in METHODS.items():
        told = ", ".join(
            f"{gap:.2g} ({float(value):g})"
            for value, gap in zip(values, np.median(gaps[method], axis=0), strict=True)
        )
        parts.append(f"{name} {told}")
    return (
        f"median of |D − D of gradient descent|, relative to it, after all steps, by {symbol} in brackets: "
        f"{'; '.join(parts)}."
    )


def _robustness(gaps: dict[str, Floats], elsewhere: dict[str, Floats]) -> str:
    """Say in how many seeds each smaller value brings a smaller difference."""
    told = {
        where: " and ".join(
            f"{_shrinking(found[method])} of {len(found[method])} ({name})"
            for method, name in METHODS.items()
        )
        for where, found in (("ε = 1", gaps), ("ε = 0.6", elsewhere))
    }
    return (
        "seeds in which every smaller value brings a smaller difference: "
        + "; ".join(f"{counts} at {where}" for where, counts in told.items())
        + "."
    )


def _shrinking(gaps: Floats) -> int:
    """Return in how many seeds the gaps fall along the row, step by step."""
    return int((np.diff(gaps, axis=1) < 0).all(axis=1).sum())


EXPERIMENTS = (
    Experiment("000-fig-3a", "000-fig-3a.yaml", draw_3a),
    Experiment("000-fig-3b", "000-fig-3b.yaml", draw_3b),
)
