"""P10: R^M = ¼ asinh(θ(0)/2ξ + (4α ∂_θL(θ(0))/(1 − μ)) √(1 + θ(0)²/4ξ²)), the linear term of Eq. 8: the sign is wrong.

With w± = 2u, 2v, z± = w±'/w±, c = 1/(1 − μ), the difference of the integrals of α(z' + z²) + z ± 2cg = 0 for both signs is,
exactly,

    ¼ ln|u/v|(∞) = ¼ ln|u/v|(0) − ¼(I₊ − I₋) + ¼α(z₊ − z₋)(0) − c∫g,    I± = α∫z±² dt,

and ∇Q_{|uv|(∞)}(θ(∞)) = ¼ ln|u/v|(∞). As ∫g ∈ row(X), the limit minimises Q_{|uv|(∞)} + θᵀ·linear with

    linear = −¼ asinh(θ(0)/2ξ) + ¼(I₊ − I₋) − ¼α(z₊ − z₋)(0).

I₊ − I₋ = O(η²). From rest z(0) = 0; from β'(0) = −c∇L, z± = ∓2cg(0) and the last term is +αc g(0): the printed one, as
asinh(x + δ√(1 + x²)) = asinh(x) + δ + O(δ²). It lies in the row space of X and moves no minimiser (P12). So R^M needs a
minus sign before asinh(θ(0)/2ξ), as R^GF does (P8), and no gradient term: −¼ asinh(θ(0)/2ξ) + O(η²) up to row(X).
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import product

from mpmath import mp, mpf

from oracle.claims.claim import Claim, Correction, Effect, Setting
from oracle.claims.evidence import Check, Findings, Line, Plot, Role
from oracle.claims.paper_000.shared_limits import (
    BIASED,
    LADDER,
    UNBIASED,
    Numbers,
    Run,
    Theory,
    agreed_order,
    end,
    in_numbers,
    misses,
    slope_at_start,
    start_of,
)

__all__ = ["CLAIM"]

DIGITS = 12
BITS = 192
MU = Fraction(1, 2)
KINDS = (
    ("heavy_ball", True, "zero"),
    ("nesterov", True, "slow_manifold"),
    ("heavy_ball", False, "zero"),
)
VELOCITY = {"zero": "rest", "slow_manifold": "β'(0) = −∇L/(1−μ)"}
Number = Callable[[Fraction], mpf]


def printed_term(ratio: mpf, pull: mpf) -> mpf:
    """Return R^M of one coordinate as printed, from θ(0)/2ξ and α ∂_θL(θ(0))/(1 − μ)."""
    return mp.asinh(ratio + 4 * pull * mp.sqrt(1 + ratio**2)) / 4


def corrected_term(ratio: mpf, pull: mpf) -> mpf:
    """Return it corrected: the sign, and without the gradient, which moves no minimiser."""
    return -mp.asinh(ratio) / 4


def compute(setting: Setting) -> Findings:
    """Hold the limits to the minimisers with the printed and the corrected term, on a ladder."""
    digits, bits = setting.digits(DIGITS), setting.bits(BITS)
    checks: list[Check] = []
    lines: list[Line] = []
    for name, kind in product(BIASED, KINDS):
        for role, term in ((Role.AS_PRINTED, printed_term), (Role.CORRECTED, corrected_term)):
            errors = _errors(name, kind, term, digits, bits)
            checks.append(_check(role, errors, name, kind))
            if name == BIASED[0]:
                label = f"{_subject(kind)}, R^M {'as printed' if role is Role.AS_PRINTED else 'corrected'}"
                lines.append(Line(label, tuple(map(float, LADDER)), tuple(pair[0] for pair in errors)))
    unbiased = _errors(UNBIASED[1], KINDS[0], printed_term, digits, bits)
    checks.append(_check(Role.BESIDE, unbiased, UNBIASED[1], KINDS[0]))
    plot = Plot(
        "Distance of the limit from the predicted minimiser",
        "step size η",
        "distance",
        tuple(lines),
        x_log=True,
        y_log=True,
        caption=f"On {BIASED[0]}: with the printed sign the minimiser stays away, with the corrected one it comes like η².",
    )
    remark = "From an unbiased start, θ(0) = 0, the printed term is the gradient term alone, and the theorem holds to O(η²)."
    return Findings(tuple(checks), (plot,), (remark,))


def _errors(
    name: str, kind: tuple[str, bool, str], term: Callable[[mpf, mpf], mpf], digits: int, bits: int
) -> list[tuple[float, float]]:
    """Return how far the limits are from the minimisers with a linear term, a pair a step size."""
    of, flow, velocity = kind
    found = []
    for eta in LADDER:
        run = Run(name, of, eta, MU, flow, velocity)
        reached = end(run, digits)
        found.append(misses(name, reached.theta, _theory(run, reached.phi, term, bits), digits))
    return found


def _theory(run: Run, phi: Numbers, term: Callable[[mpf, mpf], mpf], bits: int) -> Theory:
    """Return ξ̄(∞) of Eq. 9 with a linear term."""
    (u, v), mu = start_of(run.instance), run.momentum
    numerator = 1 - mu + 2 * mu**2 if run.of == "nesterov" else 1 + mu
    alpha = run.step_size * numerator / (2 * (1 - mu))

    def scales(number: Number) -> list[mpf]:
        return [number(abs(a * b)) * mp.exp(-number(alpha * p)) for a, b, p in zip(u, v, phi, strict=True)]

    def terms(number: Number) -> list[mpf]:
        slope = slope_at_start(run.instance)
        return [
            term(number((a * a - b * b) / (2 * abs(a * b))), number(alpha * g / (1 - mu)))
            for a, b, g in zip(u, v, slope, strict=True)
        ]

    return Theory(in_numbers(scales, bits), in_numbers(terms, bits))


def _subject(kind: tuple[str, bool, str]) -> str:
    of, flow, velocity = kind
    return f"{of.replace('_', ' ')}{' flow' if flow else ''} from {VELOCITY[velocity]}"


def _check(role: Role, errors: list[tuple[float, float]], name: str, kind: tuple[str, bool, str]) -> Check:
    term = "corrected" if role is Role.CORRECTED else "as printed"
    return agreed_order(
        role,
        errors,
        2,
        asked=f"the limit is the minimiser with R^M {term} up to O(η²)",
        instance=f"{name}, {_subject(kind)}, μ = {MU}",
    )


CLAIM = Claim(
    identifier="P10",
    paper="000",
    place="Thm 3, Eq. 9",
    statement=(
        "The linear term of Eq. 8 is R_j^M = ¼ arcsinh(θ_j(0)/2ξ_j + (4α ∂_j L(θ(0))/(1 − μ)) √(1 + θ_j(0)²/4ξ_j²)), "
        "neglecting O(η²)."
    ),
    printed_tex=(
        r"\mathcal{R}_j^{\mathrm{M}} = \frac14 \operatorname{arcsinh}\left( \frac{\theta_j(0)}{2\xi_j} + "
        r"\frac{4\alpha\,\partial_{\theta_j} L(\theta(0))}{1-\mu} \sqrt{1 + \frac{\theta_j^2(0)}{4\xi_j^2}} \right)"
    ),
    confirms="The distance of the limits of flows and methods from the printed minimiser falls like η², on two networks.",
    refutes="A distance that falls more slowly, by two measures: to the minimiser, and of the slope along the kernel of X.",
    compute=compute,
    correction=Correction(
        "The sign: R^M = −¼ arcsinh(θ(0)/2ξ) up to O(η²). The gradient term lies in the row space of X and can be left out.",
        Effect.AMENDS,
        r"\mathcal{R}_j^{\mathrm{M}} = -\frac14 \operatorname{arcsinh}\left( \frac{\theta_j(0)}{2\xi_j} \right)",
    ),
    seconds=12,
)
