"""Figures 1 to 3 of paper 000: counts over seeds, and some of their runs made again by another formula.

The trainer keeps u, v and their momenta.  Here w± = u ± v is kept without momenta, so that θ = u⊙u − v⊙v = w₊⊙w₋ and
``w±(k+1) = w±(k) − 2η ∇L(θ)⊙w∓(k) + μ (w±(k) − w±(k−1))``, Nesterov's gradient at ``w(k) + μ (w(k) − w(k−1))``.

Source: paper 000, Eq. 2, 3, 5, 6.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import exp, log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oracle.claims.claim import Setting
from oracle.claims.evidence import Line, Plot
from oracle.records.figure import Curve, Figure
from oracle.sparse_regression import generate

__all__ = [
    "GRADIENT",
    "HEAVY",
    "LOOP",
    "NESTEROV",
    "STOCHASTIC",
    "Again",
    "end_distance",
    "log_ratios",
    "medians",
    "met",
    "ratio_plot",
]

GRADIENT, STOCHASTIC, HEAVY, NESTEROV = "gradient descent", "SGD", "heavy ball", "Nesterov"
LOOP = "a loop in w± = u ± v without momenta"
DOUBLE_BITS = 53
STILL = 1e-22  # of the loss at the start: from here on θ moves no digit that is compared
LOOK = 1000  # steps between looks at the loss

Floats = NDArray[Any]


@dataclass(frozen=True)
class Again:
    """A run to be made again.

    Parameters
    ----------
    name : str
        The method's name in the figure.
    seed : int
    data_scale : Fraction
        ε.
    start : tuple of Fraction
        u(0) and v(0), of every coordinate.
    step_size, momentum : Fraction
    steps : int
        At most so many; fewer where it comes to rest.
    """

    name: str
    seed: int
    data_scale: Fraction
    start: tuple[Fraction, Fraction]
    step_size: Fraction
    momentum: Fraction = Fraction(0)
    steps: int = 200_000


def end_distance(run: Again, setting: Setting) -> float:
    """Return D = ‖θ − θ*‖₂² where a run ends, in doubles, or in extended numbers where twice the precision is asked."""
    return _end_distance(run, setting.bits(DOUBLE_BITS) > DOUBLE_BITS)


@lru_cache(maxsize=64)
def _end_distance(run: Again, extended: bool) -> float:
    number: Any = np.longdouble if extended else np.float64
    data = generate(40, 100, 5, run.seed, run.data_scale)
    X = np.array([[float(x) for x in line] for line in data.X], dtype=number)
    y, truth = (np.array([float(t) for t in part], dtype=number) for part in (data.y, data.truth))
    step, momentum, first, second = (
        number(float(value)) for value in (run.step_size, run.momentum, *run.start)
    )
    weights = np.stack([np.full(100, first + second), np.full(100, first - second)])
    theta = _followed(run, (X, y), weights, (step, momentum))
    return float(np.square(theta - truth).sum())


def _followed(run: Again, data: tuple[Floats, Floats], weights: Floats, numbers: tuple[Any, Any]) -> Floats:
    """Return θ at the end of a run."""
    (X, y), (step, momentum) = data, numbers
    choose = np.random.default_rng(run.seed) if run.name == STOCHASTIC else None
    before, rest = weights, STILL * float(y @ y)
    for k in range(run.steps):
        moved = weights + momentum * (weights - before)
        at = moved if run.name == NESTEROV else weights
        if choose is None:
            slope = X.T @ (X @ (at[0] * at[1]) - y) / len(y)
        else:
            i = choose.integers(len(y))
            slope = X[i] * (X[i] @ (at[0] * at[1]) - y[i])
        weights, before = moved - 2 * step * slope * at[::-1], weights
        if k % LOOK == 0 and float(np.square(X @ (weights[0] * weights[1]) - y).sum()) < rest:
            break
    theta: Floats = weights[0] * weights[1]
    return theta


def met(pairs: Sequence[tuple[float, float]], within: float) -> bool:
    """Return whether stored and recomputed numbers agree to a relative distance."""
    return all(abs(stored - again) <= within * again for stored, again in pairs)


def log_ratios(figure: Figure, name: str, base: str, points: Sequence[float] = ()) -> list[float]:
    """Return by seed the mean of log(D of one curve / D of another) over the points that both have, or those chosen."""
    upper, lower = figure.curve(name), figure.curve(base)
    shared = [x for x in upper.x if x in lower.x and (not points or _near(x, points))]
    above, below = ([curve.x.index(x) for x in shared] for curve in (upper, lower))
    return [
        float(np.mean([log(a[i]) - log(b[j]) for i, j in zip(above, below, strict=True)]))
        for a, b in zip(upper.values, lower.values, strict=True)
    ]


def medians(values: Sequence[float]) -> float:
    """Return the median of ratios whose logarithms are given."""
    return exp(float(np.median(values)))


def ratio_plot(figure: Figure, pairs: Sequence[tuple[str, str]], title: str, caption: str) -> Plot:
    """Return the ratio of curves to others, seed by seed, with a band."""
    lines = []
    for name, base in pairs:
        upper, lower = figure.curve(name), figure.curve(base)
        x = tuple(at for at in upper.x if at in lower.x)
        ratio = _columns(upper, x) / _columns(lower, x)
        low, middle, high = np.quantile(ratio, (0.1, 0.5, 0.9), axis=0)
        lines.append(Line(name, x, tuple(middle.tolist()), tuple(low.tolist()), tuple(high.tolist())))
    return Plot(
        title,
        figure.x_label,
        "D over gradient descent's",
        tuple(lines),
        x_log=True,
        y_log=True,
        caption=caption,
    )


def _columns(curve: Curve, x: Sequence[float]) -> Floats:
    return np.array(curve.values)[:, [curve.x.index(at) for at in x]]


def _near(x: float, points: Sequence[float]) -> bool:
    return any(abs(x - point) <= 0.01 * point for point in points)
