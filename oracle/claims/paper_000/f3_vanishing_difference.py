"""F3: Fig. 3, D along the training: momentum's difference to gradient descent becomes smaller with η and with μ.

"Vanishes" is read as: at the end of the training every smaller η, or μ, of the figure leaves a smaller |D − D of gradient
descent|, seed by seed.  Gradient descent keeps η = 0.01 in Fig. 3(a), so that what is left as η → 0 is its own distance to
gradient flow.  The paper names neither ε (1 here) nor the values of η and μ.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import log

import numpy as np

from oracle.claims.claim import Claim, Setting
from oracle.claims.evidence import Check, Findings, Grade, Line, Plot, Role
from oracle.claims.figure_results import figure
from oracle.claims.paper_000.shared_figures import HEAVY, LOOP, NESTEROV, Again, end_distance, met
from oracle.claims.seed_counts import count_check, counted
from oracle.records.figure import Figure

__all__ = ["CLAIM"]

GRADIENT = "gradient descent, η = 0.01"
START = Fraction(3521, 100_000)  # c; ‖ξ‖₁ = 0.1240
FIGURES = {
    "η": ("000-fig-3a", ("0.03", "0.01", "0.003", "0.001")),
    "μ": ("000-fig-3b", ("0.9", "0.6", "0.3", "0.1")),
}
AGAIN_STEPS = 10_000  # a recorded step


def compute(setting: Setting) -> Findings:
    """Count the seeds in which a smaller value leaves a smaller difference."""
    checks, plots = [], []
    for symbol, (identifier, values) in FIGURES.items():
        found = figure(identifier, setting)
        again = _recomputed(found, symbol, values, setting)
        lines = []
        for name in (HEAVY, NESTEROV):
            gaps = [gap(found, f"{name}, {symbol} = {value}") for value in values]
            checks += [
                _check(symbol, name, (values[i], values[i + 1]), (gaps[i], gaps[i + 1]), again)
                for i in range(len(values) - 1)
            ]
            middle = [float(np.median(each)) for each in gaps]
            checks.append(_power(symbol, name, [float(value) for value in values], middle))
            lines.append(Line(name, tuple(map(float, values)), tuple(middle)))
        caption = "The difference at the end falls with every step to the left."
        plots.append(
            Plot(f"Fig. 3, {symbol} smaller", symbol, "|D/D of GD − 1|", tuple(lines), True, True, caption)
        )
    return Findings(tuple(checks), tuple(plots))


def gap(found: Figure, name: str) -> list[float]:
    """Return by seed |D − D of gradient descent| over the latter, at the last step."""
    ends = [[row[-1] for row in found.curve(curve).values] for curve in (name, GRADIENT)]
    return [abs(a - b) / b for a, b in zip(*ends, strict=True)]


def _check(
    symbol: str,
    name: str,
    values: tuple[str, str],
    gaps: tuple[list[float], list[float]],
    again: tuple[bool, str],
) -> Check:
    larger, smaller = gaps
    return count_check(
        Role.AS_PRINTED,
        counted(smaller, larger),
        f"{name} is closer to gradient descent with {symbol} = {values[1]} than with {values[0]}",
        f"{name}, {symbol} {values[0]} to {values[1]}, 12 seeds; median differences "
        f"{np.median(larger):.2g}, {np.median(smaller):.2g}",
        again,
    )


def _power(symbol: str, name: str, values: Sequence[float], middle: Sequence[float]) -> Check:
    """Return by which power the median difference falls between the two smallest values."""
    power = log(middle[-2] / middle[-1]) / log(values[-2] / values[-1])
    return Check(
        role=Role.BESIDE,
        holds=power > 0,
        asked=f"the difference of {name} falls like a power of {symbol}",
        found=f"{symbol}^{power:.2f} between the two smallest; {middle[-1]:.2g} is left",
        instance=f"{name}, medians of 12 seeds",
        grade=Grade.OBSERVED,
        methods=("the Lightning trainer in float64",),
    )


def _recomputed(found: Figure, symbol: str, values: Sequence[str], setting: Setting) -> tuple[bool, str]:
    """Return whether seed 0 has the stored distances after so many steps."""
    pairs = [_pair(found, GRADIENT, Again("gradient descent", 0, *_common("0.01", "0")), setting)]
    for name in (HEAVY, NESTEROV):
        for value in values:
            numbers = (value, "0.9") if symbol == "η" else ("0.01", value)
            pairs.append(
                _pair(found, f"{name}, {symbol} = {value}", Again(name, 0, *_common(*numbers)), setting)
            )
    return met(pairs, 1e-5), LOOP


def _common(step: str, momentum: str) -> tuple[Fraction, tuple[Fraction, Fraction], Fraction, Fraction, int]:
    return Fraction(1), (START, START), Fraction(step), Fraction(momentum), AGAIN_STEPS


def _pair(found: Figure, name: str, run: Again, setting: Setting) -> tuple[float, float]:
    curve = found.curve(name)
    at = curve.x.index(AGAIN_STEPS)
    return curve.values[found.seeds.index(0)][at], end_distance(run, setting)


CLAIM = Claim(
    identifier="F3",
    paper="000",
    place="Fig. 3",
    statement="The difference between HB or NAG and GD vanishes as the learning rate η or the momentum factor μ decreases.",
    confirms="Over 12 data sets: every smaller η, and every smaller μ, of the figure ends with a smaller |D − D of GD| "
    "(sign tests, p < 0.01).",
    refutes="A smaller η or μ that ends with a larger difference (p < 0.01), where runs made again by another "
    "formula have the stored numbers.",
    compute=compute,
    seconds=2,
)
