"""The runs of paper 002, Fig. 4(a): stored ends by scale s and momentum, and one seed's runs enclosed anew."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache

from oracle.claims.claim import Setting
from oracle.claims.evidence import Line, Plot
from oracle.claims.figure_results import figure
from oracle.records.figure import Figure
from oracle.sparse_regression import generate
from reference.balls import BallArithmetic, ball_precision
from reference.case import Case, Method, Regression
from reference.enclosures import enclose
from reference.objective import objective_of

__all__ = ["MOMENTA", "drawn", "ends", "name_of", "ratio_plot", "recomputed"]

MOMENTA = ("0.5", "0.7", "0.9")
SIZES, BIAS, STEP_SIZE = (40, 100, 5), Fraction(9, 10), Fraction(1, 100)
BITS = 128
AGREEMENT = 1e-5  # relative, of a distance to the truth; the figure keeps seven digits


def drawn(setting: Setting) -> Figure:
    """Return Fig. 4(a) as the trainer drew it."""
    return figure("002-fig-4a", setting)


def name_of(momentum: str) -> str:
    """Return the name of a method's curve; gradient descent is μ = 0."""
    return "GD" if momentum == "0" else f"HB, μ = {momentum}"


def ends(found: Figure, momentum: str, scale: float) -> list[float]:
    """Return ‖θ(∞) − θ*‖₂ seed by seed."""
    curve = found.curve(name_of(momentum))
    at = curve.x.index(scale)
    return [row[at] for row in curve.values]


def recomputed(
    found: Figure, scale: Fraction, momenta: Sequence[str], steps: int, setting: Setting
) -> tuple[bool, str]:
    """Return whether the first seed's stored ends are where enclosed runs are after some steps, and by what.

    Parameters
    ----------
    found : Figure
    scale : Fraction
    momenta : sequence of str
        Of the runs that are enclosed; gradient descent is ``"0"``.
    steps : int
        Enough for all to have come to rest; the enclosed loss that is left has to say so.
    setting : Setting
    """
    bits, met = setting.bits(BITS), True
    for mu in momenta:
        distance, loss = _enclosed(found.seeds[0], scale, mu, steps, bits)
        stored = ends(found, mu, float(scale))[0]
        met = met and loss < 1e-12 and abs(distance / stored - 1) < AGREEMENT
    told = " and ".join(name_of(mu) for mu in momenta)
    return met, f"enclosures of seed {found.seeds[0]} at s = {float(scale):g} ({told})"


@lru_cache(maxsize=8)
def _enclosed(seed: int, scale: Fraction, momentum: str, steps: int, bits: int) -> tuple[float, float]:
    """Return ‖θ_k − θ*‖₂ and the loss after some steps, from balls around them."""
    n, d, nonzeros = SIZES
    problem = generate(n, d, nonzeros, seed)
    mu = Fraction(momentum)
    method = Method("heavy_ball" if mu else "gradient_descent", STEP_SIZE, mu)
    init = {"u": (BIAS * scale,) * d, "v": (scale / BIAS,) * d}
    case = Case(Regression(problem.X, problem.y, "half_mean_square"), "diagonal", init, method)
    position = enclose(case, [steps], bits).positions[steps]
    with ball_precision(bits):
        objective = objective_of(case, BallArithmetic())
        loss = float(objective.loss(position).abs_upper())
        theta = [float(entry) for entry in objective.predictor(position).entries]  # type: ignore[union-attr]
    distance = sum((a - float(b)) ** 2 for a, b in zip(theta, problem.truth, strict=True)) ** 0.5
    return distance, loss


def ratio_plot(found: Figure) -> Plot:
    """Return the distance of HB over that of GD, seed by seed, against s: median and range without the extremes."""
    lines = []
    for momentum in MOMENTA:
        scales = found.curve("GD").x
        ratios = [
            sorted(b / a for a, b in zip(ends(found, "0", scale), ends(found, momentum, scale), strict=True))
            for scale in scales
        ]
        cut = max(1, len(ratios[0]) // 10)
        lines.append(
            Line(
                f"μ = {momentum}",
                scales,
                tuple(row[len(row) // 2] for row in ratios),
                tuple(row[cut] for row in ratios),
                tuple(row[-1 - cut] for row in ratios),
            )
        )
    return Plot(
        "Momentum generalises worse from a small start, better from a large one",
        "scale s of the start",
        "‖θ(∞) − θ*‖₂ of HB over that of GD",
        tuple(lines),
        x_log=True,
        caption="Above 1 gradient descent is nearer to the sparse truth. Medians over 20 seeds, bands from a tenth to "
        "nine tenths.",
    )
