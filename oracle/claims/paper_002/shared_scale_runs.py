"""The runs of paper 002, Fig. 4(a): stored ends by scale s and momentum, and one seed's made again or enclosed anew."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache

from oracle.claims.claim import Setting
from oracle.claims.evidence import Line, Plot
from oracle.claims.figure_results import figure
from oracle.claims.paper_002.shared_plain_runs import LOOP, ScaleRuns, ends_again
from oracle.records.figure import Figure
from oracle.sparse_regression import generate
from reference.balls import BallArithmetic, ball_precision
from reference.case import Case, Method, Regression
from reference.enclosures import enclose
from reference.objective import objective_of

__all__ = ["MOMENTA", "drawn", "ends", "joined", "name_of", "ratio_plot", "recomputed", "run_again"]

MOMENTA = ("0.5", "0.7", "0.9")
SIZES, BIAS, STEP_SIZE = (40, 100, 5), Fraction(9, 10), Fraction(1, 100)
STEPS = 100_000  # of the figure, at most
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


def joined(*answers: tuple[bool, str]) -> tuple[bool, str]:
    """Return whether several recomputations all met the stored numbers, and by what."""
    return all(met for met, _ in answers), " and ".join(how for _, how in answers)


def run_again(
    found: Figure, scale: float, momenta: Sequence[str], scales: Sequence[float], setting: Setting
) -> tuple[bool, str]:
    """Return whether the first seed's stored ends at one scale are those of a plain loop, and by what.

    Parameters
    ----------
    found : Figure
    scale : float
    momenta : sequence of str
        That are compared; gradient descent is ``"0"``.
    scales : sequence of float
        All that the claim asks for: they run at once.
    setting : Setting
    """
    seed = found.seeds[0]
    runs = ScaleRuns(
        SIZES,
        seed,
        tuple(map(str, scales)),
        ("0", *MOMENTA),
        str(float(BIAS)),
        str(float(STEP_SIZE)),
        STEPS,
    )
    again = ends_again(runs, setting)
    met = all(abs(again[str(scale), mu] / ends(found, mu, scale)[0] - 1) < AGREEMENT for mu in momenta)
    return met, f"{LOOP}, seed {seed} at this s and these μ"


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
