"""S1-11: the norms of the four limits of Fig. 1 decrease in β.

On w1 w2 = y/x the norm is fixed by D = w2² − w1².  Along β' = −∇(E + c|∇E|²)/(1 − β), c = (1 + β)h/(4(1 − β)²) (Eq.
5), only the second term moves D: with |∇E|² = x² r² (w1² + w2²), w2 ∂2 − w1 ∂1 of it is 2 x² r² D, so

    d ln|D|/dt = −(1 + β) h/(1 − β)³ x² r² = −h_e (1 + β)/(1 − β) x² r² dτ/dt,    h_e = h/(1 − β),  τ = t/(1 − β),

and to leading order ln(D(0)/D(∞)) is (1 + β)/(1 − β) times what gradient descent has: 1, 3, 9, 19.  That is beside the
claim, which is about the order of the norms alone.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from math import log, sqrt

from oracle.claims.claim import Claim, Setting
from oracle.claims.evidence import Check, Findings, Grade, Line, Plot, Role
from oracle.claims.paper_001.shared_product_runs import (
    CERTIFIED_DIGITS,
    OTHER_START,
    PAPERS_START,
    RUNS,
    Run,
    end_of,
    fallen,
    the_figure,
)

__all__ = ["CLAIM"]

DRAWN_DIGITS = 1e-7  # to which a norm of the figure has to agree with the certified one, relatively


def compute(setting: Setting) -> Findings:
    """Compare the squared norms of neighbouring runs, then the trained runs from many starts."""
    checks = [
        _falls(start, earlier, later, setting)
        for start in (PAPERS_START, OTHER_START)
        for earlier, later in pairwise(RUNS)
    ]
    shrinks = [shrink(end_of(run, PAPERS_START, setting)) for run in RUNS]
    ratios = [each / shrinks[0] for each in shrinks]
    predicted = [float((1 + momentum) / (1 - momentum)) for _, momentum in RUNS]
    leading = Check(
        role=Role.BESIDE,
        holds=all(0.75 < seen / told < 1.35 for seen, told in zip(ratios, predicted, strict=True)),
        asked="ln D(0)/D(∞) grows about as (1 + β)/(1 − β), as the regulariser's strength does",
        found=f"ratios to gradient descent {', '.join(f'{ratio:.2f}' for ratio in ratios)}, to leading order 1, 3, 9, 19",
        instance="start (2.8, 3.4)",
        grade=Grade.OBSERVED,
        methods=("certified limits of the discrete runs",),
    )
    return Findings((*checks, _trained(setting), leading), (_plot(setting),))


def norm_squared(point: tuple[Fraction, Fraction]) -> Fraction:
    """Return |w|₂²."""
    return point[0] ** 2 + point[1] ** 2


def shrink(end: tuple[Fraction, Fraction]) -> float:
    """Return ln D(0)/D(∞) from the paper's start."""
    before = PAPERS_START[1] ** 2 - PAPERS_START[0] ** 2
    return log(before / (end[1] ** 2 - end[0] ** 2))


def _falls(start: tuple[Fraction, Fraction], earlier: Run, later: Run, setting: Setting) -> Check:
    before, after = (norm_squared(end_of(run, start, setting)) for run in (earlier, later))
    unsure = Fraction(
        100, 10 ** setting.digits(CERTIFIED_DIGITS)
    )  # two numbers of size 3, each to 10^-digits
    role = Role.AS_PRINTED if start == PAPERS_START else Role.BESIDE
    return Check(
        role=role,
        holds=None if abs(after - before) <= unsure else after < before,
        asked=f"the norm with β = {float(later[1]):g} is below that with β = {float(earlier[1]):g}",
        found=f"‖w‖₂ = {sqrt(after):.6f} against {sqrt(before):.6f}",
        instance=f"start ({float(start[0]):g}, {float(start[1]):g}), β from {float(earlier[1]):g} to {float(later[1]):g}",
        grade=Grade.CERTIFIED,
        methods=("certified limits of the discrete runs",),
    )


def _trained(setting: Setting) -> Check:
    """Return in how many starts of the figure the norms fall; its first start is held to the certified limits."""
    drawn = the_figure(setting)
    norms = [drawn.numbers[f"norm β = {float(momentum):g}"] for _, momentum in RUNS]
    falls, p = fallen(norms)
    exact = [sqrt(norm_squared(end_of(run, PAPERS_START, setting))) for run in RUNS]
    agrees = all(abs(norm[0] / value - 1) < DRAWN_DIGITS for norm, value in zip(norms, exact, strict=True))
    return Check(
        role=Role.BESIDE,  # it would lower the grade of what is proved for the paper's own start
        holds=agrees and falls == len(drawn.seeds) if p < 0.01 else None,
        asked="the norms fall with every β from every start of the figure, and the paper's start has the certified norms",
        found=f"in {falls} of {len(drawn.seeds)} starts (sign test p = {p:.0e}); certified norms "
        f"{'met' if agrees else 'missed'}",
        instance="starts up to a tenth from the paper's",
        grade=Grade.CONFIRMED,
        methods=("the Lightning trainer in float64", "certified limits of the discrete runs"),
        instances=len(drawn.seeds),
    )


def _plot(setting: Setting) -> Plot:
    drawn = the_figure(setting)
    momenta = tuple(float(momentum) for _, momentum in RUNS)
    columns = [sorted(drawn.numbers[f"norm β = {momentum:g}"]) for momentum in momenta]
    certified = tuple(sqrt(norm_squared(end_of(run, PAPERS_START, setting))) for run in RUNS)
    band = Line(
        f"trained, {len(drawn.seeds)} starts: median and range",
        momenta,
        tuple(column[len(column) // 2] for column in columns),
        tuple(column[0] for column in columns),
        tuple(column[-1] for column in columns),
    )
    return Plot(
        "The norm that a run ends with falls as the momentum grows",
        "momentum β, at one effective step size h/(1 − β) = 0.01",
        "‖w(∞)‖₂",
        (Line("certified, start (2.8, 3.4)", momenta, certified, points=True), band),
        caption="Certified limits from the paper's start, and trained runs from starts around it.",
    )


CLAIM = Claim(
    identifier="S1-11",
    paper="001",
    place="Sec. 4.1, Fig. 1",
    statement="With increasing β, at one effective learning rate, the converged solutions of the four runs have "
    "decreasing ℓ₂ norm.",
    printed_tex=r"\|w^*_{(10^{-3},0.9)}\|_2 < \|w^*_{(2\times10^{-3},0.8)}\|_2 < \|w^*_{(5\times10^{-3},0.5)}\|_2 "
    r"< \|w^*_{(10^{-2},0)}\|_2",
    confirms="Certified norms that fall from run to run, and trained runs from other starts whose norms do so too.",
    refutes="Two certified norms in the other order.",
    compute=compute,
    seconds=4,
)
