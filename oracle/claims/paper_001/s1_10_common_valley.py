"""S1-10: the four runs of Fig. 1 end on the global minima w1 w2 = y/x.

A limit is a point where ∇E = r x (w2, w1) vanishes, r = w1 w2 x − y: the valley r = 0, or the saddle (0, 0), which is
left from almost every start.  Which of both it is needs the runs themselves; their limits are enclosed with proof.
"""

from __future__ import annotations

from fractions import Fraction

from oracle.claims.claim import Claim, Setting
from oracle.claims.evidence import Check, Findings, Grade, Role
from oracle.claims.paper_001.shared_product_runs import (
    CERTIFIED_DIGITS,
    DATA,
    OTHER_START,
    PAPERS_START,
    RUNS,
    Run,
    end_of,
    run_limit,
    the_figure,
)

__all__ = ["CLAIM"]


def compute(setting: Setting) -> Findings:
    """Hold the product of each certified limit to y/x."""
    printed = [_check(Role.AS_PRINTED, run, PAPERS_START, setting) for run in RUNS]
    beside = [_check(Role.BESIDE, run, OTHER_START, setting) for run in RUNS]
    drawn = the_figure(setting)
    left = float(drawn.numbers["largest loss"])
    trained = Check(
        role=Role.BESIDE,
        holds=left < 1e-24,  # (1e-12)², what float64 can tell of a residual of size 1
        asked="the trained runs from all starts of the figure end there too",
        found=f"largest loss left {left:.1e}",
        instance=f"{len(drawn.seeds)} starts, four runs each",
        grade=Grade.OBSERVED,
        methods=("the Lightning trainer in float64",),
        instances=len(drawn.seeds),
    )
    return Findings((*printed, *beside, trained))


def minimum() -> Fraction:
    """Return y/x, the product on the global minima."""
    x, y = DATA
    return y / x


def _check(role: Role, run: Run, start: tuple[Fraction, Fraction], setting: Setting) -> Check:
    digits = setting.digits(CERTIFIED_DIGITS)
    first, second = end_of(run, start, setting)
    away = abs(first * second - minimum())
    proved = bool(run_limit(run, start, digits).facts["proved"])
    return Check(
        role=role,
        holds=proved and away < Fraction(1, 10 ** (digits - 2)),
        asked=f"the run with h = {float(run[0]):g}, β = {float(run[1]):g} ends on w1 w2 = {minimum()}",
        found=f"ends at ({float(first):.6f}, {float(second):.6f}), {float(away):.0e} from it",
        instance=f"start ({float(start[0]):g}, {float(start[1]):g}), h = {float(run[0]):g}, β = {float(run[1]):g}",
        grade=Grade.CERTIFIED,
        methods=("certified limit of the discrete run",),
    )


CLAIM = Claim(
    identifier="S1-10",
    paper="001",
    place="Sec. 4.1, Fig. 1",
    statement="For E = ½(y − w1 w2 x)² with x = 1, y = 0.6 and the start (2.8, 3.4) the converged parameters of all "
    "four runs, "
    "(h, β) = (10⁻², 0), (5·10⁻³, 0.5), (2·10⁻³, 0.8), (10⁻³, 0.9), lie on the global minima w1 w2 = y/x.",
    printed_tex=r"w_1^* w_2^* = \frac{y}{x}",
    confirms="The certified limits of all four runs have w1 w2 = y/x to every digit but two of those asked.",
    refutes="One certified limit off the curve.",
    compute=compute,
    seconds=4,
)
