"""S2-39: gradient descent and heavy ball end at different points of the 2-d model.

On the minima a1 a2 x = y a point is fixed by D = a2² − a1².  One step of gradient descent multiplies D by 1 − η² x² r²
exactly; the gradient flow, and with it the rescaled one, leaves D alone.  So a limit that differs is an effect of the
step size, which the rescaled gradient flow cannot have, and it has to vanish like η: the distance of the limits on a
halving ladder is put beside.
"""

from __future__ import annotations

from fractions import Fraction
from math import log2

from oracle.claims.claim import Claim, Setting
from oracle.claims.evidence import Check, Findings, Grade, Line, Plot, Role
from oracle.claims.figure_results import figure
from oracle.claims.measures import apart
from oracle.claims.paper_002.shared_scalar_model import MOMENTUM, PAPERS_START, STEP_SIZE, end

__all__ = ["CLAIM"]

DIGITS = 20
NONE = Fraction(0)  # no momentum
STARTS = (PAPERS_START, (Fraction(14, 10), Fraction(17, 10)), (Fraction(-3), Fraction(1)))
LADDER = tuple(STEP_SIZE / 2**i for i in range(3))


def compute(setting: Setting) -> Findings:
    """Hold the certified limits of both methods against each other."""
    digits = setting.digits(DIGITS)
    checks = [_apart(start, STEP_SIZE, "the same η", digits) for start in STARTS]
    checks.append(_apart(PAPERS_START, STEP_SIZE / (1 - MOMENTUM), "GD with η/(1 − μ)", digits))
    gaps = [distance(PAPERS_START, step_size, step_size, digits // 2) for step_size in LADDER]
    slope = log2(gaps[-2] / gaps[-1])
    vanishing = Check(
        role=Role.BESIDE,
        holds=abs(slope - 1) < 0.25,
        asked="the distance of the limits vanishes like η",
        found=f"distances {', '.join(f'{gap:.4f}' for gap in gaps)}, last slope {slope:.2f}",
        instance=f"start (2.8, 3.5), μ = 0.7, η = 1/{LADDER[0].denominator} to 1/{LADDER[-1].denominator}",
        grade=Grade.OBSERVED,
        methods=("certified limits on a halving ladder",),
    )
    plot = Plot(
        "Gradient descent and heavy ball end apart, the less the smaller the step",
        "step size η",
        "distance of the limits",
        (Line("certified limits, start (2.8, 3.5), μ = 0.7", tuple(map(float, LADDER)), tuple(gaps)),),
        x_log=True,
        y_log=True,
        caption="What separates the two is of the size of η: the rescaled gradient flow is right in the limit.",
    )
    return Findings((*checks, vanishing, _trained(setting)), (plot,))


def distance(
    start: tuple[Fraction, Fraction], descent_step: Fraction, ball_step: Fraction, digits: int
) -> float:
    """Return the distance of the limit of gradient descent from that of heavy ball."""
    return apart(end(start, descent_step, NONE, digits), end(start, ball_step, MOMENTUM, digits))


def _apart(start: tuple[Fraction, Fraction], descent_step: Fraction, how: str, digits: int) -> Check:
    gap = distance(start, descent_step, STEP_SIZE, digits)
    return Check(
        role=Role.AS_PRINTED,
        holds=gap > 10.0 ** (3 - digits),  # each limit is known to 10^-digits of a number of size 3
        asked=f"GD and HB end at different points ({how})",
        found=f"certified limits {gap:.6f} apart",
        instance=f"start ({float(start[0]):g}, {float(start[1]):g}), η = 0.005, μ = 0.7, {how}",
        grade=Grade.CERTIFIED,
        methods=("certified limits of both runs",),
    )


def _trained(setting: Setting) -> Check:
    """Hold the trained runs of Fig. 2(a) to the certified limits of the paper's start."""
    drawn = figure("002-fig-2a", setting)
    seen = {name: [drawn.numbers[f"end of {name} a{i}"] for i in (1, 2)] for name in ("GD", "HB")}
    exact = {
        "GD": end(PAPERS_START, STEP_SIZE, NONE, DIGITS),
        "HB": end(PAPERS_START, STEP_SIZE, MOMENTUM, DIGITS),
    }
    missed = max(abs(seen[name][i][0] - float(exact[name][i])) for name in seen for i in range(2))
    gaps = [
        sum((a - b) ** 2 for a, b in zip(left, right, strict=True)) ** 0.5
        for left, right in zip(zip(*seen["GD"], strict=True), zip(*seen["HB"], strict=True), strict=True)
    ]
    return Check(
        role=Role.BESIDE,
        holds=missed < 1e-9 and min(gaps) > 0.01,
        asked="the trained runs of Fig. 2(a) end apart from every start, and where the certified limits are",
        found=f"{min(gaps):.3f} to {max(gaps):.3f} apart; {missed:.0e} from the certified limits",
        instance=f"{len(gaps)} starts up to a twentieth from the paper's",
        grade=Grade.CONFIRMED,
        methods=("the Lightning trainer in float64", "certified limits of both runs"),
        instances=len(gaps),
    )


CLAIM = Claim(
    identifier="S2-39",
    paper="002",
    place="Fig. 2(a), Table 2",
    statement="On f = a1 a2 x with x = 1, y = 0.6, η = 5·10⁻³, μ = 0.7 and the start (2.8, 3.5), GD and HB converge "
    "to different points.",
    confirms="Certified limits that are apart, from the paper's start and from two others, with the same η and with "
    "the same effective one.",
    refutes="Limits that agree to every digit asked.",
    compute=compute,
    seconds=6,
)
