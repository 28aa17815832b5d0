"""S1-6: GD+M converges 1/(1 − β) times as fast as GD, where h times the curvature is small against (1 − β)² alone.

On a quadratic with curvature λ, s = hλ, GD contracts by |1 − s| a step and GD+M by the larger root of

    z² − (1 + β − s) z + β = 0,    z = 1 − s/(1 − β) + O(s²) for small s,

so that the exponents −log z and −log(1 − s) are in the ratio 1/(1 − β) + O(s); the next term makes it larger by the
fraction sβ(3 − β)/(2(1 − β)²).  From s = (1 − √β)² on both roots are complex, |z| = √β whatever s, and more momentum is
slower: the remark leaves out terms in h that decide there.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from flint import arb, fmpq

from oracle.claims.claim import Claim, Setting
from oracle.claims.evidence import Check, Findings, Grade, Line, Plot, Role
from oracle.claims.measures import identity_check
from oracle.claims.paper_001.shared_quotients import FLINT, symbols
from reference.balls import ball_precision

__all__ = ["CLAIM"]

BITS = 120
NEAR = Fraction(1, 10)  # what passes for "as fast", as a fraction of the ratio
UNQUALIFIED = (
    (Fraction(9, 10), Fraction(1, 2)),
    (Fraction(4, 5), Fraction(1, 20)),
    (Fraction(1, 2), Fraction(1, 100)),
    (Fraction(1, 2), Fraction(1)),
)
SMALL = (
    (Fraction(1, 2), Fraction(1, 500)),
    (Fraction(9, 10), Fraction(1, 10**4)),
    (Fraction(1, 4), Fraction(1, 200)),
)
DRAWN = (Fraction(1, 2), Fraction(4, 5), Fraction(9, 10))


def expected_ratio(beta: Any) -> Any:
    """Return how many times as fast GD+M is said to converge."""
    return 1 / (1 - beta)


def characteristic(beta: Any, s: Any, z: Any) -> Any:
    """Return the polynomial whose roots are the factors of GD+M on a quadratic."""
    return z**2 - (1 + beta - s) * z + beta


def exponents(beta: Fraction, s: Fraction) -> tuple[arb, arb]:
    """Return balls around −log of the factor by which GD+M and GD contract in a step; s = hλ in (0, 2)."""
    b = 1 + beta - s
    discriminant = b * b - 4 * beta
    root = _ball(abs(discriminant)).sqrt()
    momentum = (abs(_ball(b)) + root) / 2 if discriminant >= 0 else _ball(beta).sqrt()
    return -momentum.log(), -_ball(abs(1 - s)).log()


def compute(setting: Setting) -> Findings:
    """Hold enclosed exponents on quadratics to the ratio, and derive it for small steps."""
    with ball_precision(setting.bits(BITS)):
        checks = [_ratio(Role.AS_PRINTED, beta, s) for beta, s in UNQUALIFIED]
        checks += [_ratio(Role.UNDER_ASSUMPTION, beta, s) for beta, s in SMALL]
        lines = tuple(_line(beta) for beta in DRAWN)
    plot = Plot(
        "How many times as fast GD+M is, over 1/(1 − β)",
        "hλ",
        "rate of GD+M ÷ rate of GD, times 1 − β",
        lines,
        x_log=True,
        y_log=True,
        caption="1 is what the remark says. It holds for small hλ; beyond (1 − √β)² momentum only slows down.",
    )
    return Findings((*checks, _small_steps()), (plot,))


def _ratio(role: Role, beta: Fraction, s: Fraction) -> Check:
    if s == 1:
        return _finished(role, beta)
    momentum, plain = exponents(beta, s)
    off = abs(momentum / plain / _ball(expected_ratio(beta)) - 1)
    near, far = off < _ball(NEAR), off > _ball(NEAR)
    return Check(
        role=role,
        holds=True if near else False if far else None,
        asked=f"on a quadratic GD+M converges 1/(1 − β) times as fast as GD, to {float(NEAR):.0%}",
        found=f"rates in the ratio {float(momentum / plain):.4f}; 1/(1 − β) = {float(expected_ratio(beta)):.4g}",
        instance=f"hλ = {s}, β = {beta}",
        grade=Grade.CERTIFIED,
        methods=("enclosed roots of the characteristic polynomial",),
    )


def _finished(role: Role, beta: Fraction) -> Check:
    """Return the answer at hλ = 1, where GD is at the minimum after one step and GD+M is not."""
    before, now = Fraction(1), Fraction(0)  # x⁰ = 1 and x¹ = x⁰ − h∇E(x⁰) of both
    after = now - now + beta * (now - before)
    return Check(
        role=role,
        holds=after == 0,
        asked="GD+M is at the minimum no later than GD, which is there after one step",
        found=f"GD+M has left it again: x² = {after}",
        instance=f"hλ = 1, β = {beta}, x⁰ = 1",
        grade=Grade.CERTIFIED,
        methods=("exact rationals",),
    )


def _small_steps() -> Check:
    """Return whether z = 1 − ratio·s is a root up to s²."""
    beta, s = symbols("beta", "s")
    rest = characteristic(beta, s, 1 - expected_ratio(beta) * s) / s
    at_zero = rest.top.subs({"s": 0})
    return identity_check(
        Role.UNDER_ASSUMPTION,
        at_zero == 0 and rest.bottom.subs({"s": 0}) != 0,
        "z = 1 − s/(1 − β) + O(s²) is the slow factor of GD+M, 1 − s that of GD: the rates are in the ratio 1/(1 "
        "− β) as s → 0",
        "the terms in s cancel" if at_zero == 0 else "a term in s is left",
        "all β, all curvatures",
        FLINT,
    )


def _line(beta: Fraction) -> Line:
    sizes = [Fraction(12, 10) ** -i for i in range(1, 50)]
    values = []
    for s in sizes:
        momentum, plain = exponents(beta, s)
        values.append(float(momentum / plain) * float(1 - beta))
    return Line(f"β = {float(beta)}", tuple(map(float, sizes)), tuple(values))


def _ball(value: Fraction) -> arb:
    return arb(fmpq(value.numerator, value.denominator))


CLAIM = Claim(
    identifier="S1-6",
    paper="001",
    place="Remark 4.1",
    statement="Ignoring the O(h) terms in (5) and (3), with the same learning rate GD+M is expected to converge "
    "1/(1 − β) times as fast as GD.",
    confirms="On quadratics, the ratio of the exponents of convergence is 1/(1 − β) within ten per cent at every "
    "stable h tried. "
    "The remark ignores terms of O(h); whether it may is what the assumption says.",
    refutes="A stable h and β at which GD+M is certainly slower than that.",
    compute=compute,
    assumption="h times the curvature is small against (1 − β)²",
    seconds=1,
)
