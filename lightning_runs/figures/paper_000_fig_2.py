"""Paper 000, Fig. 2: limits from a biased start, against its scale (a) and against how unbiased it is (b)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from lightning_runs.figures.bands import paired
from lightning_runs.figures.experiment import Experiment, Runs
from lightning_runs.figures.made_sweep import MadeSweep
from lightning_runs.figures.paper_000_limits import (
    DISTANCE,
    NAMES,
    Distances,
    against_gradient,
    common_setting,
    curves_of,
    distances_of,
    distances_on,
    settled_words,
)  # fmt: skip
from oracle.records.figure import Figure

__all__ = ["EXPERIMENTS"]

OTHERS = ("stochastic", "heavy_ball", "nesterov")
UNKNOWN = "which ε, the number of steps, SGD's batches (of one here), the law of θ*, the range of the axis"


def draw_2a(runs: Runs) -> Figure:
    """Return Fig. 2(a)."""
    return _drawn(
        runs,
        "scale",
        Figure(
            identifier="000-fig-2a",
            paper="000",
            place="Fig. 2(a)",
            claimed="from a biased start, φ = 0.03, heavy ball, Nesterov and SGD generalise better than gradient descent.",
            seen="",
            robustness="",
            x_label="scale of the start, ‖ξ‖₁",
            y_label=DISTANCE,
            curves=(),
            seeds=(),
            x_log=True,
            y_log=True,
            setting={
                "start": "u(0) = φ c, v(0) = c/φ, φ = 0.03",
                "η": "0.1",
                "μ": "0.9",
                "not in the paper": UNKNOWN,
            },
        ),
    )


def draw_2b(runs: Runs) -> Figure:
    """Return Fig. 2(b)."""
    return _drawn(
        runs,
        "biasedness",
        Figure(
            identifier="000-fig-2b",
            paper="000",
            place="Fig. 2(b)",
            claimed="as φ grows and the start becomes less biased, the benefit of heavy ball and Nesterov disappears.",
            seen="",
            robustness="",
            x_label="how unbiased the start is, φ",
            y_label=DISTANCE,
            curves=(),
            seeds=(),
            x_log=True,
            y_log=True,
            setting={
                "start": "u(0) = φ c, v(0) = c/φ, c = 0.00678: ‖ξ‖₁ = 0.0046",
                "η": "0.1",
                "μ": "0.9",
                "not in the paper": UNKNOWN,
            },
        ),
    )


def _drawn(runs: Runs, axis: str, blank: Figure) -> Figure:
    """Fill a figure with what its runs came to."""
    values, distances = distances_of(runs, axis)
    sweep = runs.sweep("momentum")
    x = [100 * float(value) ** 2 if axis == "scale" else float(value) for value in values]
    kept = {name: np.nonzero(np.isfinite(each.last).all(axis=0))[0] for name, each in distances.items()}
    variants = {name: runs.sweep(name) for name in runs.config["variants"]}
    curves = tuple(
        curve
        for name, each in distances.items()
        for curve in curves_of([x[i] for i in kept[name]], {name: each.last[:, kept[name]]})
    )
    return replace(
        blank,
        seen=_seen(distances, x, "‖ξ‖₁" if axis == "scale" else "φ"),
        robustness=_robustness(distances, variants, axis),
        curves=curves,
        seeds=sweep.seeds,
        numbers={"relative": against_gradient(distances), "closer at other ε": _closer(variants, axis)},
        setting={
            **common_setting(sweep),
            **blank.setting,
            "steps": ", ".join(f"{each.steps[-1]} of {NAMES[name]}" for name, each in distances.items()),
        },
    )


def _seen(distances: Mapping[str, Distances], x: Sequence[float], symbol: str) -> str:
    """Say for each method where it ends closer to the truth than gradient descent."""
    plain, parts = distances["gradient"].last, []
    for name in OTHERS:
        counts = [paired(distances[name].last[:, i], plain[:, i]) for i in range(len(x))]
        parts.append(f"{NAMES[name]} {' '.join(str(count.below) for count in counts)}")
    points = ", ".join(f"{at:.2g}" for at in x)
    return (
        f"of {len(plain)} seeds so many end closer to θ* than gradient descent, at {symbol} = {points}: "
        f"{'; '.join(parts)}."
    )


def _robustness(distances: Mapping[str, Distances], variants: Mapping[str, MadeSweep], axis: str) -> str:
    seeds, points = distances["gradient"].last.shape
    diverged = {NAMES[n]: int((~np.isfinite(each.last)).sum()) for n, each in distances.items()}
    lost = ", ".join(f"{number} ({name})" for name, number in diverged.items() if number) or "none"
    other = "; ".join(
        f"at ε = {name.removeprefix('at-')} heavy ball in {' '.join(map(str, found['heavy ball']))}, Nesterov in "
        f"{' '.join(map(str, found['Nesterov']))}"
        for name, found in _closer(variants, axis).items()
    )
    return (
        f"{seeds} data seeds at {points} points; {settled_words(distances)}; diverged: {lost}. "
        f"Seeds that end closer, likewise: {other}."
    )


def _closer(variants: Mapping[str, MadeSweep], axis: str) -> dict[str, dict[str, list[int]]]:
    """Return in how many seeds each method ends closer than gradient descent, point by point; not where it diverges."""
    found: dict[str, dict[str, list[int]]] = {}
    for name, sweep in variants.items():
        plain = distances_on(sweep, "gradient_descent", axis).last
        methods = {NAMES[method]: distances_on(sweep, method, axis).last for method in OTHERS[1:]}
        found[name] = {
            told: [int(count) for count in (last < plain).sum(axis=0)] for told, last in methods.items()
        }
    return found


EXPERIMENTS = (
    Experiment("000-fig-2a", "000-fig-2a.yaml", draw_2a),
    Experiment("000-fig-2b", "000-fig-2b.yaml", draw_2b),
)
