"""S1-23: on quadratics heavy ball stays bounded exactly for h ≤ (2 + 2β)/L, and converges for h below that alone.

Along a direction of curvature λ, with s = hλ, the factors of heavy ball are the roots of p(z) = z² − (1 + β − s)z + β.
Their product is β < 1, p(1) = s and p(−1) = 2(1 + β) − s.  For 0 < s < 2(1 + β) both values are positive: complex roots
have |z|² = β, and real ones, with a product in [0, 1) and no sign change of p at ±1, lie between −1 and 1.  For
s > 2(1 + β) a root lies below −1.  At s = 2(1 + β) the roots are −1 and −β, both simple: the run is bounded and swings for
ever.  At s = 0 they are 1 and β.  Hence the bound on h is that of the largest curvature, and h/(1 − β) is at most
2(1 + β)/(L(1 − β)).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from oracle.claims.claim import Claim, Setting
from oracle.claims.evidence import Check, Findings, Grade, Line, Plot, Role
from oracle.claims.measures import identity_check
from oracle.claims.paper_001.shared_quotients import FLINT, polynomials, shown, symbols
from reference.arithmetic import RationalArithmetic
from reference.case import Case, Method, Polynomial, Term
from reference.trajectory import states

__all__ = ["CLAIM"]

STEPS = 400
LAST = 40


@dataclass(frozen=True)
class Quadratic:
    """A quadratic loss with its largest curvature and the β it is tried with."""

    name: str
    case: Case
    largest: Fraction
    beta: Fraction


def _quadratic(name: str, terms: tuple[Term, ...], largest: int, beta: Fraction) -> Quadratic:
    start = (Fraction(1), Fraction(-1, 4))[: len(terms[0].powers)]
    case = Case(Polynomial(terms), "polynomial", {"b": start}, Method("heavy_ball", Fraction(1), beta))
    return Quadratic(name, case, Fraction(largest), beta)


QUADRATICS = (
    _quadratic("½x²", (Term(Fraction(1, 2), (2,)),), 1, Fraction(1, 2)),
    _quadratic(
        "quadratic with curvatures 4 and 1, not along the axes",
        (Term(Fraction(5, 4), (2, 0)), Term(Fraction(3, 2), (1, 1)), Term(Fraction(5, 4), (0, 2))),
        4,
        Fraction(4, 5),
    ),
)


def largest_step(beta: Any) -> Any:
    """Return the largest stable h L, as printed."""
    return 2 + 2 * beta


def compute(setting: Setting) -> Findings:
    """Prove the criterion for all β and h, and run two quadratics below, at and above the bound."""
    checks = [_inside(), _boundary(), _effective_rate()]
    lines: list[Line] = []
    for quadratic in QUADRATICS:
        for factor in (Fraction(99, 100), Fraction(1), Fraction(101, 100)):
            sizes = run_sizes(quadratic, factor)
            checks.append(_bounded(quadratic, factor, sizes))
            if factor == 1:
                checks.append(_converges(quadratic, sizes))
            if quadratic is QUADRATICS[0]:
                shown = f"h = {float(factor)} (2 + 2β)/L"
                lines.append(Line(shown, tuple(map(float, range(STEPS + 1))), tuple(sizes)))
    plot = Plot(
        "Heavy ball on ½x² at the bound and one per cent beside it",
        "step",
        "|x|",
        tuple(lines),
        y_log=True,
        caption="Below the bound the run converges, at it it swings for ever, above it it diverges.",
    )
    return Findings(tuple(checks), (plot,))


def run_sizes(quadratic: Quadratic, factor: Fraction) -> list[float]:
    """Return |x^k| of a run with h at the given fraction of the bound."""
    step_size = factor * largest_step(quadratic.beta) / quadratic.largest
    case = replace(quadratic.case, method=replace(quadratic.case.method, step_size=step_size))
    run = states(case, RationalArithmetic())
    return [max(abs(float(entry)) for entry in next(run).position) for _ in range(STEPS + 1)]


def _inside() -> Check:
    """Return whether p(1) = s, p(−1) = bound − s and the product of the roots is β."""
    beta, s, z = polynomials("beta", "s", "z")
    polynomial = z**2 - (1 + beta - s) * z + beta
    at_one, at_minus_one, product = (polynomial.subs({"z": value}) for value in (1, -1, 0))
    holds = at_one == s and at_minus_one == largest_step(beta) - s and product == beta
    return identity_check(
        Role.AS_PRINTED,
        holds,
        "with s = hλ both roots are inside the circle for 0 < s < 2 + 2β, and one is below −1 for s > 2 + 2β",
        f"p(1) = {shown(at_one)}, p(−1) = {shown(at_minus_one)}, product of the roots {shown(product)}",
        "all 0 ≤ β < 1, all s",
        FLINT,
    )


def _boundary() -> Check:
    """Return whether the roots at the bound are −1 and −β, both simple: bounded."""
    beta, z = polynomials("beta", "z")
    polynomial = z**2 - (1 + beta - largest_step(beta)) * z + beta
    holds = polynomial == (z + 1) * (z + beta)
    return identity_check(
        Role.AS_PRINTED,
        holds,
        "at s = 2 + 2β the roots are −1 and −β, different for β < 1: the run stays bounded",
        f"p(z) = {shown(polynomial)}",
        "all 0 ≤ β < 1",
        FLINT,
    )


def _effective_rate() -> Check:
    beta, largest = symbols("beta", "L")
    rate = largest_step(beta) / largest / (1 - beta)
    holds = rate.equals(2 * (1 + beta) / (largest * (1 - beta)))
    return identity_check(
        Role.AS_PRINTED,
        holds,
        "the largest effective rate h/(1 − β) is 2(1 + β)/(L(1 − β)), against 2/L of gradient descent",
        f"it is {rate}",
        "all β, L",
        FLINT,
    )


def _bounded(quadratic: Quadratic, factor: Fraction, sizes: list[float]) -> Check:
    grows = max(sizes[-LAST:]) > 10 * max(sizes[:LAST])
    return Check(
        role=Role.AS_PRINTED,
        holds=grows == (factor > 1),
        asked=f"the run {'diverges' if factor > 1 else 'stays bounded'} at {float(factor)} of the bound",
        found=f"largest |x| {max(sizes[:LAST]):.3g} in the first {LAST} steps, {max(sizes[-LAST:]):.3g} in the last",
        instance=f"{quadratic.name}, β = {quadratic.beta}, h = {float(factor)} (2 + 2β)/L",
        grade=Grade.CONFIRMED,
        methods=("run in exact rationals", "roots of the characteristic polynomial"),
    )


def _converges(quadratic: Quadratic, sizes: list[float]) -> Check:
    return Check(
        role=Role.BESIDE,
        holds=max(sizes[-LAST:]) < max(sizes[:LAST]) / 1000,
        asked="at the bound itself the run converges",
        found=f"|x| is {sizes[-1]:.3g} after {STEPS} steps",
        instance=f"{quadratic.name}, β = {quadratic.beta}",
        grade=Grade.CONFIRMED,
        methods=("run in exact rationals", "roots of the characteristic polynomial"),
    )


CLAIM = Claim(
    identifier="S1-23",
    paper="001",
    place="Sec. 6",
    statement="For a linear least-squares problem with Hessian bounded by L, GD+M is stable as long as h ≤ (2 + "
    "2β)/L and GD as long as "
    "h ≤ 2/L; the effective rate of GD+M can be as large as 2(1 + β)/(L(1 − β)).",
    printed_tex=r"h\le\frac{2+2\beta}{L},\qquad \frac{h}{1-\beta}\le\frac{2(1+\beta)}{L(1-\beta)}",
    confirms="Stable is read as bounded (as the ≤ demands, and as it is for GD at 2/L); L is the largest "
    "curvature itself. The roots are "
    "in the closed circle, simple on it, exactly for these h, and runs below, at and above the bound do accordingly.",
    refutes="A quadratic, h and β on the wrong side.",
    compute=compute,
    seconds=1,
)
