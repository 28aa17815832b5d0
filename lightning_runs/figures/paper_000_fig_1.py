"""Paper 000, Fig. 1: limits from an unbiased start against its scale, on data scaled by ε = 0.6 and ε = 0.2."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lightning_runs.figures.bands import paired
from lightning_runs.figures.experiment import Experiment, Runs
from lightning_runs.figures.paper_000_limits import (
    DISTANCE,
    NAMES,
    Distances,
    against_gradient,
    common_setting,
    curves_of,
    distances_of,
    settled_words,
)  # fmt: skip
from oracle.records.figure import Figure

__all__ = ["EXPERIMENTS"]

MOMENTUM = ("heavy_ball", "nesterov")
CLAIMED = {
    "000-fig-1a": "at ε = 0.6 the limits of heavy ball and Nesterov generalise little better than gradient descent's.",
    "000-fig-1b": "at ε = 0.2 the limits of heavy ball and Nesterov generalise better than gradient descent's.",
}


def draw_1a(runs: Runs) -> Figure:
    """Return Fig. 1(a)."""
    return _drawn(runs, "000-fig-1a", "Fig. 1(a)")


def draw_1b(runs: Runs) -> Figure:
    """Return Fig. 1(b)."""
    return _drawn(runs, "000-fig-1b", "Fig. 1(b)")


def _drawn(runs: Runs, identifier: str, place: str) -> Figure:
    scales, distances = distances_of(runs, "scale")
    sweep, early = runs.sweep("momentum"), int(runs.config["early"])
    x = [100 * float(c) ** 2 for c in scales]
    end, early_on = "at the end, ", f"after {early} steps, "
    stopped = {name: distances[name].after(early) for name in ("gradient", *MOMENTUM)}
    return Figure(
        identifier=identifier,
        paper="000",
        place=place,
        claimed=CLAIMED[identifier],
        seen=_seen(distances, early),
        robustness=_robustness(distances),
        x_label="scale of the start, ‖ξ‖₁",
        y_label=DISTANCE,
        curves=(
            *curves_of(x, {name: each.last for name, each in distances.items()}, end),
            *curves_of(x, stopped, early_on),
        ),
        seeds=sweep.seeds,
        x_log=True,
        y_log=True,
        numbers={"relative": against_gradient(distances, end) | against_gradient(stopped, early_on)},
        setting={
            **common_setting(sweep),
            "start": "u(0) = v(0) = c, c = " + ", ".join(f"{float(c):g}" for c in scales),
            "η": "0.03",
            "μ": "0.9",
            "steps": ", ".join(f"{each.steps[-1]} of {NAMES[name]}" for name, each in distances.items()),
            "not in the paper": "the number of steps, SGD's batches (of one here), the law of θ*, the range of ‖ξ‖₁",
        },
    )


def _seen(distances: Mapping[str, Distances], early: int) -> str:
    """Say how often momentum ended, and stood early, closer to the truth than gradient descent."""
    plain, parts = distances["gradient"], []
    for name in MOMENTUM:
        count = paired(distances[name].last.ravel(), plain.last.ravel())
        ratio = np.median(distances[name].last / plain.last, axis=0)
        parts.append(
            f"{NAMES[name]} ends closer to θ* than gradient descent in {count.below} of {count.pairs} pairs of runs, at "
            f"{ratio.min():.2f} to {ratio.max():.2f} times its D (medians by ‖ξ‖₁)"
        )
    counts = [paired(distances[n].after(early).ravel(), plain.after(early).ravel()) for n in MOMENTUM]
    stopped = " and ".join(f"{count.below} of {count.pairs}" for count in counts)
    return f"{'; '.join(parts)}. Stopped after {early} steps each, the two are closer in {stopped}."


def _robustness(distances: Mapping[str, Distances]) -> str:
    """Say over how many seeds, and how many runs came to rest."""
    plain = distances["gradient"].last
    seeds, points = plain.shape
    whole = ", ".join(
        f"{int((distances[name].last > plain).all(axis=1).sum())} of {seeds} ({NAMES[name]})"
        for name in MOMENTUM
    )
    return (
        f"{seeds} data seeds at {points} values of ‖ξ‖₁; farther than gradient descent at all of them: {whole} seeds. "
        f"{settled_words(distances)}."
    )


EXPERIMENTS = (
    Experiment("000-fig-1a", "000-fig-1a.yaml", draw_1a),
    Experiment("000-fig-1b", "000-fig-1b.yaml", draw_1b),
)
