"""Q20: the predictors of MGF follow a momentum mirror flow with time-varying potentials, exactly.

Put m = ½ ln|w₊/w₋| = ½ asinh(2θ/Δ_t) = ∇ψ_{Δ_t}(θ) and z± = w'±/w±.  From λz±' = −λz±² − z± ∓ g (Q9), m' = ½(z₊ − z₋) gives

    λm'' + m' + g = −(λ/2)(z₊² − z₋²).

So ψ_{Δ_t} alone does not do; with h_t defined by λh'' + h' = (λ/2)(z₊² − z₋²), h(0) = h'(0) = 0, the potentials

    Φ_t(θ) = ψ_{Δ_t}(θ) + ⟨h_t, θ⟩,    Φ_0 = ψ_{Δ_0},    Φ_∞ = ψ_{Δ_∞} + ½⟨I₊ − I₋, ·⟩

do: λ (∇Φ_t(θ_t))'' + (∇Φ_t(θ_t))' + ∇L(θ_t) = 0.  They are strictly convex while Δ_t > 0, and made along the trajectory.
From rest the integral is ∇Φ_∞(θ_∞) − ∇Φ_0(θ_0) = −∫g in span(xᵢ); θ̃0 with ∇Φ_∞(θ̃0) = ∇Φ_0(θ_0) is that of Q9.

The Bregman cosine identity D(a, c) = D(a, b) + D(b, c) + ⟨∇Φ(b) − ∇Φ(c), a − b⟩ holds for every differentiable Φ; the last
term vanishes for interpolating a and b when ∇Φ(b) − ∇Φ(c) is in span(xᵢ).

Source: paper 003, Sec. 5.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from flint import Ordering, fmpq_mpoly_ctx
from mpmath import mp

from oracle.claims.claim import Claim, Setting
from oracle.claims.evidence import Check, Findings, Grade, Role
from oracle.claims.measures import identity_check
from oracle.claims.paper_003.shared_networks import (
    ONE_ROW,
    TWO_ROWS,
    Network,
    flow_integrals,
    flow_limit,
    kernel,
    perturbed_start,
)
from oracle.claims.paper_003.shared_simulation import simulate
from reference.arithmetic import Vector
from reference.balls import ball, ball_precision
from reference.case import Flow
from reference.hyperbolic_entropy import BallFunctions, bregman_divergence
from reference.mpmath_arithmetic import nearest_mpf

__all__ = ["CLAIM"]

DIGITS, BITS = 16, 128
TOLERANCE = 1e-8  # of Runge and Kutta's quadrature
QUADRATURE = "Runge and Kutta's quadrature of I±"
INERTIA = Fraction(1, 2)
BY = "polynomials over the rationals (FLINT)"
Parts = dict[str, Any]


def compute(setting: Setting) -> Findings:
    """Eliminate z' in symbols, then put certified limits, and I± by quadrature, into both consequences."""
    digits = setting.digits(DIGITS)
    checks = [
        _flow_identity(Role.AS_PRINTED, potential_shift),
        _flow_identity(Role.BESIDE, no_shift),
        _cosine(),
    ]
    for net, inertia in ((TWO_ROWS, INERTIA), (ONE_ROW, INERTIA / 2)):
        checks.append(_in_the_span(net, inertia, digits))
        checks.append(_cosine_at_limit(net, inertia, digits, setting.bits(BITS)))
    return Findings(tuple(checks))


def potential_shift(lam: Any, plus: Any, minus: Any) -> Any:
    """Return 2(λh'' + h') of the potentials ψ_{Δ_t} + ⟨h_t, ·⟩."""
    return lam * (plus**2 - minus**2)


def no_shift(lam: Any, plus: Any, minus: Any) -> Any:
    """Return 2(λh'' + h') where the potential is ψ_{Δ_t} alone."""
    return 0 * lam * plus * minus


def _flow_identity(role: Role, shift: Any) -> Check:
    context = fmpq_mpoly_ctx.get(("lam", "zp", "zm", "g"), Ordering.lex)
    lam, plus, minus, g = context.gens()
    change_plus = -lam * plus**2 - plus - g  # λz₊'
    change_minus = -lam * minus**2 - minus + g  # λz₋'
    twice = (change_plus - change_minus) + (plus - minus) + 2 * g + shift(lam, plus, minus)
    name = "ψ_{Δ_t} + ⟨h_t, ·⟩" if role is Role.AS_PRINTED else "ψ_{Δ_t} alone"
    return identity_check(
        role, twice == 0, f"λ d²∇Φ_t(θ_t)/dt² + d∇Φ_t(θ_t)/dt + ∇L(θ_t) = 0 for Φ_t = "
        f"{name}", f"twice the left side is {twice}",
        "all λ, w'±/w± and ∇L", BY,
    )  # fmt: skip


def cosine_terms(p: Parts) -> Any:
    """Return D(a, b) + D(b, c) of the printed identity, one coordinate, with Φ and ∇Φ at each point as symbols."""
    first = p["Pa"] - p["Pb"] - p["gb"] * (p["a"] - p["b"])
    second = p["Pb"] - p["Pc"] - p["gc"] * (p["b"] - p["c"])
    return first + second


def _cosine() -> Check:
    names = ("a", "b", "c", "Pa", "Pb", "Pc", "gb", "gc")
    context = fmpq_mpoly_ctx.get(names, Ordering.lex)
    p = dict(zip(names, context.gens(), strict=True))
    whole = p["Pa"] - p["Pc"] - p["gc"] * (p["a"] - p["c"])
    difference = whole - cosine_terms(p) - (p["gb"] - p["gc"]) * (p["a"] - p["b"])
    return identity_check(
        Role.AS_PRINTED,
        not difference,
        "D(a, c) = D(a, b) + D(b, c) + ⟨∇Φ(b) − ∇Φ(c), a − b⟩; the last term is what the orthogonality removes",
        f"the difference is {difference}",
        "all Φ and points",
        BY,
    )


def turned(net: Network, inertia: Fraction) -> tuple[list[Fraction], list[Fraction]]:
    """Return I₊ and I₋, integrated in floats: the reference gets them from the limit itself, which would prove nothing."""
    sums = [inertia * Fraction(x) for x in simulate(net, inertia).turning.tolist()]
    return sums[: len(net.u)], sums[len(net.u) :]


def ends(
    net: Network, inertia: Fraction, digits: int
) -> tuple[list[Fraction], list[Fraction], list[Fraction]]:
    """Return θ_∞, Δ_∞ and θ̃0 of MGF(λ)."""
    flow = Flow("mgf", inertia=inertia)
    found = flow_integrals(net, flow, digits)
    with mp.workdps(2 * digits):
        start = perturbed_start(net.weights(), *turned(net, inertia))
    return list(flow_limit(net, flow, digits)), list(found["balancedness"]), start


def _in_the_span(net: Network, inertia: Fraction, digits: int) -> Check:
    """Return whether ∇Φ_∞(θ_∞) − ∇Φ_0(θ_0) has no part along a kernel vector of X."""
    flow = Flow("mgf", inertia=inertia)
    found, limit = flow_integrals(net, flow, digits), flow_limit(net, flow, digits)
    rows = zip(
        limit,
        found["balancedness"],
        *turned(net, inertia),
        net.theta(),
        net.balancedness(),
        kernel(net),
        strict=True,
    )
    with mp.workdps(2 * digits):
        along, plain = mp.mpf(0), mp.mpf(0)
        for end, delta, plus, minus, start, first, k in rows:
            moved = (_slope(end, delta) - _slope(start, first)) * nearest_mpf(k)
            plain += moved
            along += moved + nearest_mpf((plus - minus) / 2) * nearest_mpf(k)
        left, without = abs(float(along)), abs(float(plain))
    return Check(
        Role.AS_PRINTED,
        left < TOLERANCE,
        "∇Φ_∞(θ_∞) − ∇Φ_0(θ_0) lies in span(x₁, …, x_n)",
        f"its part along a kernel vector is {left:.1g}; with ψ_Δ∞ alone for Φ_∞ it would be {without:.2g}",
        f"{net.name}, λ = {inertia}",
        Grade.CONFIRMED,
        ("certified limit and balancedness of the flow", QUADRATURE),
    )


def _slope(theta: Fraction, delta: Fraction) -> Any:
    return mp.asinh(2 * nearest_mpf(theta) / nearest_mpf(delta)) / 2


def _cosine_at_limit(net: Network, inertia: Fraction, digits: int, bits: int) -> Check:
    """Return whether D(θ*, θ̃0) = D(θ*, θ_MGF) + D(θ_MGF, θ̃0) for another interpolating θ*."""
    limit, delta, start = ends(net, inertia, digits)
    other = [a + k for a, k in zip(limit, kernel(net), strict=True)]
    with ball_precision(bits):
        xi = Vector([ball(x / 4) for x in delta])
        points = [Vector([ball(x) for x in values]) for values in (other, limit, start)]

        def divergence(i: int, j: int) -> Any:
            return 2 * bregman_divergence(points[i], points[j], xi, BallFunctions)

        gap = abs(float((divergence(0, 2) - divergence(0, 1) - divergence(1, 2)).mid()))
        size = float(divergence(0, 2).mid())
    return Check(
        Role.AS_PRINTED,
        gap < TOLERANCE * max(1.0, size),
        "D(θ*, θ̃0) = D(θ*, θ_MGF) + D(θ_MGF, θ̃0) for an interpolating θ*",
        f"apart by {gap:.1g}, where D(θ*, θ̃0) = {size:.4g}",
        f"{net.name}, λ = {inertia}, θ* a kernel vector away",
        Grade.CONFIRMED,
        ("certified limit and balancedness of the flow", QUADRATURE),
    )


CLAIM = Claim(
    identifier="Q20",
    paper="003",
    place="Sec. 5",
    statement="The predictors follow a momentum mirror flow with time-varying potentials Φ_t, so ∇Φ_∞(θ_∞) − "
    "∇Φ_0(θ_0) is in span(xᵢ); "
    "with ∇Φ_∞(θ̃0) = ∇Φ_0(θ_0), D(θ*, θ̃0) = D(θ*, θ_MGF) + D(θ_MGF, θ̃0) for interpolating θ*.",
    confirms="Potentials for which the flow equation is an identity, the identity of divergences in symbols, and "
    "certified limits "
    "that obey both consequences.",
    refutes="A part along the kernel of X that certainly is not zero, or divergences that do not add up.",
    compute=compute,
    printed_tex=r"\lambda \frac{d^2 \nabla\Phi_t(\theta_t)}{dt^2} + \frac{d \nabla\Phi_t(\theta_t)}{dt} + "
    r"\nabla\mathcal{L}(\theta_t) = 0, \quad"
    r" D_{\Phi_\infty}(\theta^\star, \tilde\theta_0) = D_{\Phi_\infty}(\theta^\star, \theta^{MGF}) + "
    r"D_{\Phi_\infty}(\theta^{MGF}, \tilde\theta_0)",
    seconds=2,
)
