"""P23: as η → 0 at fixed μ, the limits of HB, NAG and GD agree.

Each limit is gradient flow's plus ηκ times one direction plus O(η²) (`shared_first_order_shift`; κ = 1/2 for
GD), so from the same start, biased or not, θ_M − θ_GD = η(κ − 1/2)·direction + O(η²): they agree in the limit,
and no faster than η.

Source: paper 000, Sec. 3.5.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import sqrt

from oracle.claims.claim import Claim, Setting
from oracle.claims.evidence import Check, Findings, Grade, Line, Plot, Role
from oracle.claims.instances import DIAGONAL_BIASED, DIAGONAL_ONE_ROW, Instance
from oracle.claims.measures import LARGEST_BAR
from oracle.claims.paper_000.shared_first_order_shift import discrete_limit, rate, shift_of
from reference.case import Method
from reference.observed_order import estimate_order

__all__ = ["CLAIM"]

DIGITS = 14
MU = Fraction(1, 2)
STEPS = tuple(Fraction(1, 20 * 2**i) for i in range(3))
RUNS = ((DIAGONAL_BIASED, ("heavy_ball",)), (DIAGONAL_ONE_ROW, ("heavy_ball", "nesterov")))


def compute(setting: Setting) -> Findings:
    """Measure the power of η with which the certified limits meet, and hold it to first-order theory."""
    digits = setting.digits(DIGITS)
    found = [pair for instance, names in RUNS for pair in _pairs(instance, names, digits)]
    plot = Plot(
        "Limits with and without momentum, as η → 0",
        "step size η",
        "distance of the limit from that of GD",
        tuple(line for _, line in found),
        x_log=True,
        y_log=True,
        caption="The limits meet like η, as first-order theory says.",
    )
    return Findings(tuple(check for check, _ in found), (plot,))


def gap(with_it: Sequence[Fraction], without: Sequence[Fraction]) -> tuple[Fraction, ...]:
    """Return θ_M − θ_GD, exactly as published."""
    return tuple(a - b for a, b in zip(with_it, without, strict=True))


def _pairs(instance: Instance, names: Sequence[str], digits: int) -> list[tuple[Check, Line]]:
    direction = shift_of(instance, digits).direction
    plain = [discrete_limit(instance, Method("gradient_descent", eta), digits) for eta in STEPS]
    pairs = []
    for name in names:
        methods = [Method(name, eta, MU) for eta in STEPS]
        gaps = [gap(discrete_limit(instance, m, digits), p) for m, p in zip(methods, plain, strict=True)]
        predicted = [[m.step_size * (rate(m) - Fraction(1, 2)) * x for x in direction] for m in methods]
        where = f"{instance.name}, {name.replace('_', ' ')}, μ = {MU}"
        pairs.append(_pair(where, gaps, predicted))
    return pairs


def _pair(
    where: str, gaps: Sequence[Sequence[Fraction]], predicted: Sequence[Sequence[Fraction]]
) -> tuple[Check, Line]:
    distances = [_length(found) for found in gaps]
    left = [_length(gap(found, said)) for found, said in zip(gaps, predicted, strict=True)]
    order, remainder = estimate_order(distances), estimate_order(left)
    vanishes = order.order + 2 * order.error_bar + 0.005 >= 1 and order.error_bar <= LARGEST_BAR
    agreed = remainder.order + 2 * remainder.error_bar + 0.005 >= 2
    check = Check(
        role=Role.AS_PRINTED,
        holds=vanishes,
        asked="|θ_M(∞) − θ_GD(∞)| vanishes like η, with the factor of first-order theory",
        found=f"{', '.join(f'{x:.3g}' for x in distances)} at η = {', '.join(map(str, STEPS))}: order {order.order:.3f} ± "
        f"{order.error_bar:.3f}; what first-order theory leaves has order {remainder.order:.3f} ± {remainder.error_bar:.3f}",
        instance=where,
        grade=Grade.CONFIRMED if agreed else Grade.OBSERVED,
        methods=(
            "certified limits of both runs",
            "first-order theory from gradient flow's certified integrals",
        ),
    )
    return check, Line(where, tuple(float(eta) for eta in STEPS), tuple(distances))


def _length(vector: Sequence[Fraction]) -> float:
    return sqrt(sum(float(x) ** 2 for x in vector))


CLAIM = Claim(
    identifier="P23",
    paper="000",
    place="Sec. 3.5",
    statement="As η → 0 at fixed μ, the limits of HB or NAG and of GD agree.",
    printed_tex=r"\eta \to 0 \;\Rightarrow\; \bar{\xi}(\infty) \to \xi",
    confirms="Certified limits whose distance falls like η on a halving ladder, with the factor that "
    "first-order theory gives, on two unlike problems; a finite ladder proves no limit.",
    refutes="A distance that does not fall with η.",
    compute=compute,
    seconds=9,
)
