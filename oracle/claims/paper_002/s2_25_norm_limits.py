"""S2-25: the potential of gradient flow for small and for large κ: multiples of ‖w‖₁ and of ‖w‖₂², none of them bare.

With z = w_j/2κ a term of Eq. 23 is Λ_j = ½κ h(z), h(z) = z asinh z − √(1 + z²) + 1, h' = asinh, h = z²/2 − z⁴/24 + ….

* κ → ∞: Λ = Σ ½κ (w/2κ)²/2 + O(κ⁻³) = ‖w‖₂²/(16κ) + O(κ⁻³).  So Λ itself tends to 0; what tends to a norm is 16κΛ,
  and that norm is squared.
* κ → 0: asinh z = ln 2z + O(z⁻²), Λ = ¼ Σ |w_j| [ln(1/κ) + ln|w_j| − 1] + O(κ).  So Λ itself tends to ∞; what tends to
  ‖w‖₁ is 4Λ/ln(1/κ).

Only multiples matter to a minimiser, and √ is increasing: the minimisers tend to those of least ‖w‖₁ and least ‖w‖₂.

Bounds that are checked: |h − z²/2| ≤ z⁴/24 for every z, and |z asinh z − z ln 2z| + |√(1 + z²) − z| ≤ 3/2 for z ≥ 1.

Source: paper 002, Eq. 23.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

from flint import arb

from oracle.claims.claim import Claim, Correction, Effect, Setting
from oracle.claims.evidence import Check, Findings, Grade, Line, Plot, Role
from oracle.claims.instances import TWO_ROWS
from oracle.claims.measures import apart, row
from reference.balls import ball, ball_precision
from reference.case import Regression
from reference.kkt import certified_minimiser
from reference.norm_limits import least_l1, least_l2

__all__ = ["CLAIM"]

BITS, DIGITS = 192, 16
POINTS = ((Fraction(3),), (Fraction(2), Fraction(-1), Fraction(1, 3)))
NEAR = tuple(Fraction(1, 10**k) for k in (8, 32, 128, 512))
FAR = tuple(Fraction(10**k) for k in (2, 4, 8))
ONE_ROW = Regression((tuple(map(Fraction, ("1", "1/2", "-3/4"))),), (Fraction(2),), "half_mean_square")
PROBLEMS = (("n = 2, d = 3", TWO_ROWS), ("n = 1, d = 3", ONE_ROW))
Numbers = Sequence[Fraction]


def compute(setting: Setting) -> Findings:
    """Enclose Λ and its multiples over small and large κ, and set minimisers beside the least norms."""
    checks: list[Check] = []
    lines = []
    with ball_precision(setting.bits(BITS)):
        for w in POINTS:
            checks += _literal(w)
            checks += _multiples(w)
            quotients = [float((potential(w, k) * near_factor(k) / ball(_norm_one(w))).mid()) for k in NEAR]
            lines.append(Line(f"w = {_text(w)}", tuple(map(float, NEAR[:3])), tuple(quotients[:3])))
    for name, problem in PROBLEMS:
        checks += _minimisers(name, problem, setting.digits(DIGITS))
    plot = Plot(
        "Small κ: 4Λ/ln(1/κ) over ‖w‖₁", "κ", "quotient", tuple(lines), x_log=True,
        caption="The quotient tends to 1 only as fast as 1/ln(1/κ); Λ itself grows without bound.",
    )  # fmt: skip
    return Findings(tuple(checks), (plot,))


def potential(w: Numbers, kappa: Fraction) -> arb:
    """Return Λ^GF of Eq. 23 with one κ for all coordinates; its cancelling root is written as a quotient."""
    total, k = arb(0), ball(kappa)
    for x in map(ball, w):
        root = (4 * k**2 + x**2).sqrt()
        total += (x * (x / (2 * k)).asinh() - x**2 / (root + 2 * k)) / 4
    return total


def near_factor(kappa: Fraction) -> Any:
    """Return what Λ is multiplied by for κ → 0: 4/ln(1/κ)."""
    return 4 / (1 / ball(kappa)).log()


def far_factor(kappa: Fraction) -> Any:
    """Return what Λ is multiplied by for κ → ∞: 16κ."""
    return 16 * ball(kappa)


def _literal(w: Numbers) -> Iterator[Check]:
    """Yield whether Λ, with no factor, comes near the printed norms."""
    ends = (
        ("‖w‖₁ as κ → 0", NEAR, ball(_norm_one(w))),
        ("‖w‖₂ as κ → ∞", FAR, ball(_norm_two_squared(w)).sqrt()),
    )
    for end, scales, norm in ends:
        gaps = [abs(potential(w, k) / norm - 1) for k in scales]
        yield Check(
            Role.AS_PRINTED,
            bool(gaps[-1] < gaps[-2]) and bool(gaps[-1] < ball(Fraction(1, 10))),
            f"Λ tends to {end}",
            f"Λ over the norm is {float((potential(w, scales[0]) / norm).mid()):.3g} at κ = {float(scales[0]):.0g} "
            f"and {float((potential(w, scales[-1]) / norm).mid()):.3g} at the last κ",
            f"w = {_text(w)}",
            Grade.CERTIFIED,
            ("balls around the potential",),
        )


def _multiples(w: Numbers) -> Iterator[Check]:
    """Yield whether the multiples of Λ differ from the norms by no more than the derived rest."""
    one, two = ball(_norm_one(w)), ball(_norm_two_squared(w))
    logarithms = sum((ball(abs(x)) * abs(ball(abs(x)).log()) for x in w), start=arb(0))
    near = [
        bool(abs(potential(w, k) * near_factor(k) - one) <= (one + logarithms + len(w)) * near_factor(k) / 4)
        for k in NEAR
    ]
    fourth = ball(sum((x**4 for x in w), start=Fraction(0)))
    far = [bool(abs(potential(w, k) * far_factor(k) - two) <= fourth / (48 * ball(k) ** 2)) for k in FAR]
    for held, asked, scale in (
        (near, "4Λ/ln(1/κ) tends to ‖w‖₁ as κ → 0, the rest being O(1/ln(1/κ))", NEAR[-1]),
        (far, "16κΛ tends to ‖w‖₂² as κ → ∞, the rest being O(κ⁻²)", FAR[-1]),
    ):
        value = potential(w, scale) * (near_factor(scale) if scale < 1 else far_factor(scale))
        end = one if scale < 1 else two
        yield Check(
            Role.CORRECTED,
            all(held),
            asked,
            f"within the derived rest at every κ; {float(value.mid()):.9g} beside {float(end.mid()):.9g} at the last",
            f"w = {_text(w)}",
            Grade.CERTIFIED,
            ("balls around the potential",),
        )


def _minimisers(name: str, problem: Regression, digits: int) -> Iterator[Check]:
    """Yield whether the minimisers tend to those of least norm."""
    for end, scales, norm in (
        ("‖w‖₁ as κ → 0", (Fraction(1, 10**4), Fraction(1, 10**24)), least_l1(problem).theta),
        ("‖w‖₂ as κ → ∞", (Fraction(10), Fraction(1000)), least_l2(problem)),
    ):
        gaps = []
        for kappa in scales:
            d = len(problem.X[0])
            found = certified_minimiser(problem, [kappa] * d, [Fraction(0)] * d, digits, cross_check=False)
            gaps.append(apart(row(found, "theta"), norm))
        yield Check(
            Role.CORRECTED,
            gaps[1] < gaps[0] / 100 and gaps[1] < 1e-3,
            f"the minimiser of Λ on Xw = y tends to that of {end}",
            f"apart by {gaps[0]:.2g} and {gaps[1]:.2g} at κ = {float(scales[0]):.0g} and {float(scales[1]):.0g}",
            name,
            Grade.CERTIFIED,
            ("certified minimiser", "least norm by exact elimination or a proved vertex"),
        )


def _norm_one(w: Numbers) -> Fraction:
    return sum((abs(x) for x in w), start=Fraction(0))


def _norm_two_squared(w: Numbers) -> Fraction:
    return sum((x * x for x in w), start=Fraction(0))


def _text(w: Numbers) -> str:
    return f"({', '.join(map(str, w))})"


CLAIM = Claim(
    identifier="S2-25",
    paper="002",
    place="Sec. 3, after Eq. 23",
    statement="Λ^GF(w; κ(0)) → ‖w‖₁ for small κ(0), while Λ^GF(w; κ(0)) → ‖w‖₂ for large κ(0).",
    confirms="Enclosed values of Λ that tend to the two norms.  Read literally, without a factor; whether suitable "
    "multiples do, and whether the minimisers tend to those of least norm, is checked as the correction.",
    refutes="Λ that certainly moves away from the norm as κ goes to its end.",
    compute=compute,
    printed_tex=r"\Lambda^{\mathrm{GF}}(\mathbf{w};\kappa(0)) \to \|\mathbf{w}\|_1, \quad"
    r" \Lambda^{\mathrm{GF}}(\mathbf{w};\kappa(0)) \to \|\mathbf{w}\|_2",
    correction=Correction(
        "What tends to ‖w‖₁ is 4Λ/ln(1/κ), as slowly as 1/ln(1/κ), and what tends to ‖w‖₂², squared, is 16κΛ; Λ itself "
        "grows without bound and vanishes.  The minimisers do tend to those of least ‖w‖₁ and least ‖w‖₂.",
        Effect.AMENDS,
        r"\frac{4\Lambda^{\mathrm{GF}}}{\ln(1/\kappa)} \to \|\mathbf{w}\|_1 \;(\kappa \to 0), \quad"
        r" 16\kappa\Lambda^{\mathrm{GF}} \to \|\mathbf{w}\|_2^2 \;(\kappa \to \infty)",
    ),
    seconds=0.5,
)
