"""P11: Theorem 3 is stated for the flow of Eq. 4 "for t ≥ 0", with no word on β'(0).

The exact balance of P9 and P10 holds the initial velocity in two places, z± = w±'/w± with w± = 2u, 2v:

    |uv|(∞) = ξ exp(−(I₊ + I₋) + α(z₊ + z₋)(0)),
    linear  = −¼ asinh(θ(0)/2ξ) + ¼(I₊ − I₋) − ¼α(z₊ − z₋)(0).

Both terms are O(η) for a general velocity, the size of the effect that the theorem is about. They vanish, or lie in row(X),
if u'/u = −v'/v ∈ row(X): from rest, and for every velocity along ∇L, which is u'/u = −2sg, v'/v = +2sg. So the theorem needs
one of these, or the two terms written out. (For a biased start its R^M needs the sign of P10 besides; the checks as printed
are on unbiased starts, where the printed R^M is harmless, and those under the assumption on biased ones with that sign.)
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from mpmath import mp, mpf

from oracle.claims.claim import Claim, Correction, Effect, Setting
from oracle.claims.evidence import Check, Findings, Line, Plot, Role
from oracle.claims.paper_000.shared_limits import (
    BIASED,
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
LADDER = tuple(Fraction(1, 40 * 2**i) for i in range(3))  # on coarser ones η³ still shows
ANY = tuple(tuple(map(Fraction, texts)) for texts in (("1/2", "-1/4", "1/4"), ("1/4", "1/2", "0")))
KNOWN = {"zero": "0", "slow_manifold": "−∇L/(1−μ)", "uphill": "+∇L/2", "any": "a vector off ∇L"}
PRINTED = ((UNBIASED[1], "any"), (UNBIASED[1], "zero"), (UNBIASED[1], "uphill"))
GRANTED = (
    (UNBIASED[1], "zero"),
    (UNBIASED[1], "uphill"),
    (BIASED[1], "slow_manifold"),
    (BIASED[1], "uphill"),
    (BIASED[0], "zero"),
)
MENDED = ((UNBIASED[1], "any"), (BIASED[1], "any"), (BIASED[0], "any"))
Number = Callable[[Fraction], mpf]


def kick(run: Run) -> tuple[Numbers, Numbers]:
    """Return α(z₊ + z₋)(0) and −¼α(z₊ − z₋)(0): what a velocity off ∇L adds to ln ξ̄ and to the linear term."""
    assert not isinstance(run.velocity, str)
    rates = [(du / u, dv / v) for u, v, du, dv in zip(*start_of(run.instance), *run.velocity, strict=True)]
    alpha = inertia(run)
    return tuple(alpha * (a + b) for a, b in rates), tuple(-alpha * (a - b) / 4 for a, b in rates)


def inertia(run: Run) -> Fraction:
    """Return α of heavy ball, as printed."""
    return run.step_size * (1 + run.momentum) / (2 * (1 - run.momentum))


def compute(setting: Setting) -> Findings:
    """Hold the limits of the flow to the theorem's minimisers for velocities along ∇L and off it."""
    digits, bits = setting.digits(DIGITS), setting.bits(BITS)
    tried = ((Role.AS_PRINTED, PRINTED), (Role.UNDER_ASSUMPTION, GRANTED), (Role.CORRECTED, MENDED))
    checks: list[Check] = []
    lines: list[Line] = []
    for role, places in tried:
        for name, velocity in places:
            errors = _errors(name, velocity, role is Role.CORRECTED, digits, bits)
            checks.append(_check(role, errors, name, velocity))
            if name == UNBIASED[1] and role is not Role.UNDER_ASSUMPTION:
                label = f"β'(0) = {KNOWN[velocity]}" + (", written out" if role is Role.CORRECTED else "")
                lines.append(Line(label, tuple(map(float, LADDER)), tuple(pair[0] for pair in errors)))
    plot = Plot(
        "Distance of the limit of Eq. 4 from the theorem's minimiser",
        "step size η",
        "distance",
        tuple(lines),
        x_log=True,
        y_log=True,
        caption=f"On {UNBIASED[1]}: a velocity off ∇L makes the theorem miss by O(η), unless its terms are written out.",
    )
    return Findings(tuple(checks), (plot,))


def _velocity(name: str, velocity: str) -> str | tuple[Numbers, Numbers]:
    u, v = start_of(name)
    if velocity == "any":
        return ANY[0][: len(u)], ANY[1][: len(u)]
    if velocity == "uphill":  # ∇_u L = 2ug and ∇_v L = −2vg
        slope = slope_at_start(name)
        return tuple(a * g for a, g in zip(u, slope, strict=True)), tuple(
            -b * g for b, g in zip(v, slope, strict=True)
        )
    return velocity


def _errors(name: str, velocity: str, written_out: bool, digits: int, bits: int) -> list[tuple[float, float]]:
    """Return how far the limits are from the minimisers, a pair a step size."""
    found = []
    for eta in LADDER:
        run = Run(name, "heavy_ball", eta, MU, flow=True, velocity=_velocity(name, velocity))
        reached = end(run, digits)
        found.append(misses(name, reached.theta, _theory(run, reached.phi, written_out, bits), digits))
    return found


def _theory(run: Run, phi: Numbers, written_out: bool, bits: int) -> Theory:
    """Return Eq. 8 with the sign of P10; from an unbiased start it is as printed.

    With the velocity written out its terms take the place of the printed gradient term.
    """
    u, v = start_of(run.instance)
    alpha, c = inertia(run), 1 / (1 - run.momentum)
    nothing = (Fraction(0),) * len(u)
    gained, turned = kick(run) if written_out else (nothing, nothing)
    slope = nothing if written_out else slope_at_start(run.instance)

    def scales(number: Number) -> list[mpf]:
        return [
            number(abs(a * b)) * mp.exp(number(k - alpha * p))
            for a, b, p, k in zip(u, v, phi, gained, strict=True)
        ]

    def terms(number: Number) -> list[mpf]:
        return [
            (mp.asinh(4 * number(alpha * c * g)) - mp.log(number(abs(a / b)))) / 4 + number(k)
            for a, b, g, k in zip(u, v, slope, turned, strict=True)
        ]

    return Theory(in_numbers(scales, bits), in_numbers(terms, bits))


def _check(role: Role, errors: list[tuple[float, float]], name: str, velocity: str) -> Check:
    what = "Eq. 8 with the velocity's terms" if role is Role.CORRECTED else "Eq. 8"
    return agreed_order(
        role,
        errors,
        2,
        asked=f"from β'(0) = {KNOWN[velocity]} the limit of HB flow is the minimiser of {what} up to O(η²)",
        instance=f"{name}, β'(0) = {KNOWN[velocity]}, μ = {MU}",
    )


CLAIM = Claim(
    identifier="P11",
    paper="000",
    place="Thm 3",
    statement='The theorem holds for the flow of Eq. 4 "for t ≥ 0", whatever its initial velocity: none is named.',
    confirms="The limit of the flow is the predicted minimiser up to O(η²) from any fixed β'(0), unbiased starts included.",
    refutes="A velocity from which the measured power of η is certainly below 2.",
    compute=compute,
    correction=Correction(
        "For a general β'(0), with z± = u'(0)/u(0), v'(0)/v(0): multiply ξ̄(∞) by exp(α(z₊ + z₋)), and put −¼α(z₊ − z₋) in "
        "the place of the gradient term.",
        Effect.AMENDS,
        r"\bar\xi(\infty) = \xi\, e^{-\alpha\phi(\infty) + \alpha (z_+ + z_-)}, \quad "
        r"\mathcal{R}^{\mathrm{M}} = -\frac14 \operatorname{arcsinh} \frac{\theta(0)}{2\xi} - \frac{\alpha}{4} (z_+ - z_-), "
        r"\quad z_+ = \frac{\dot u(0)}{u(0)}, \; z_- = \frac{\dot v(0)}{v(0)}",
    ),
    assumption="the flow starts at rest or with a velocity along ∇L (and R^M has the sign of P10)",
    seconds=10,
)
