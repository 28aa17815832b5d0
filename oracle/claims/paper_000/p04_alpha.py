"""P4: α = η(1 + μ)/(2(1 − μ)) for heavy ball, η(1 − μ + 2μ²)/(2(1 − μ)) for Nesterov.

To O(η) every α of the size of η will do (P3); what fixes α is the next order. With α = aη the slow manifold of Eq. 4 is
β' = cf − η a c² f'f + O(η²), c = 1/(1 − μ), f = −∇L. Put into the recurrences, the terms in η²f'f are

    heavy ball   (1 − μ)e + (1 + μ)c²/2 = 0,          e = −ac²:   a = (1 + μ)/(2(1 − μ)),
    Nesterov     (1 − μ)e + (1 + μ)c²/2 = μc,         e = −ac²:   a = (1 + μ)/(2(1 − μ)) − μ = (1 − μ + 2μ²)/(2(1 − μ)).

With a + δ in the place of a there stays −δ(1 − μ)c² ≠ 0, and the second order is lost. The same follows from the
characteristic roots on L = λβ²/2: exp(−cx − ac²x²), x = ηλ, is a root of z² − (1 + μ − x)z + μ, or of
z² − (1 − x)((1 + μ)z − μ), up to O(x³).

That the flow meets the methods to second order after the transient needs its initial velocity too: see P3.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from oracle.claims.claim import Claim, Setting
from oracle.claims.evidence import Check, Findings, Grade, Role
from oracle.claims.instances import SMOOTH, Instance
from oracle.claims.measures import identity_check, ladder_plot, order_check
from oracle.claims.paper_000.shared_orders import (
    METHODS,
    Oscillator,
    along_gradient,
    constants,
    inertial_order,
    leaves_nothing,
    making_up,
    residue,
)
from reference.case import Method
from reference.observed_order import ObservedOrder

__all__ = ["CLAIM"]

MU = Fraction(1, 3)
OTHER = Fraction(11, 10)  # times the printed α
SERIES = "exact expansion of the recurrence along the slow manifold"


def twice_alpha_over_eta(method: str, mu: Any) -> Any:
    """Return 2α(1 − μ)/η as printed."""
    return 1 + mu if method == "heavy_ball" else 1 - mu + 2 * mu**2


def compute(setting: Setting) -> Findings:
    """Derive α twice over, and measure with it and with another."""
    checks: list[Check] = []
    plotted: list[tuple[str, ObservedOrder]] = []
    for method in METHODS:
        checks += [_expanded(method), _root(method), _another(method)]
        for instance in SMOOTH:
            right, wrong = (_measured(instance, method, factor, setting) for factor in (Fraction(1), OTHER))
            checks += [_order(instance, method, right), _lost(instance, method, wrong)]
            if instance is SMOOTH[0]:
                plotted += [(f"{_plain(method)}, α", right), (f"{_plain(method)}, 1.1 α", wrong)]
    plot = ladder_plot(
        "Eq. 4 against the methods, after the transient",
        plotted,
        f"On {SMOOTH[0].name}: with the printed α the distance falls like η², with a tenth more like η.",
        settled=True,
    )
    return Findings(tuple(checks), (plot,))


def _plain(method: str) -> str:
    return method.replace("_", " ")


def _expanded(method: str) -> Check:
    """Put the slow manifold into the recurrence."""
    mu, c = constants("mu", "c")
    inertia = twice_alpha_over_eta(method, mu) * c / 2
    parts = residue(method, mu, c, -inertia * c**2)
    holds = all(leaves_nothing(part, mu, c) for part in parts)
    return identity_check(
        Role.AS_PRINTED,
        holds,
        f"with the printed α the slow manifold of Eq. 4 satisfies {_plain(method)} up to O(η³) a step",
        "the terms in η∇L and η²∇²L∇L vanish" if holds else "a term stays",
        "all μ < 1 and every smooth L",
        "polynomials over the rationals (FLINT)",
    )


def _root(method: str) -> Check:
    """Put exp(−cx − ac²x²) into the characteristic polynomial of a quadratic loss."""
    mu, c, x = constants("mu", "c", "x")
    exponent = -c * x - twice_alpha_over_eta(method, mu) * c**3 * x**2 / 2
    z = 1 + exponent + exponent**2 / 2
    at_root = z**2 - (1 + mu - x) * z + mu if method == "heavy_ball" else z**2 - (1 - x) * ((1 + mu) * z - mu)
    low = _up_to_second_power(at_root)
    holds = leaves_nothing(low, mu, c)
    return identity_check(
        Role.AS_PRINTED,
        holds,
        f"the slow root of {_plain(method)} on λβ²/2 is that of Eq. 4 up to O((ηλ)³)",
        "the powers 0, 1 and 2 of ηλ vanish" if holds else "a power of ηλ below 3 stays",
        "all μ < 1 and all λ",
        "truncated power series in ηλ (FLINT)",
    )


def _up_to_second_power(polynomial: Any) -> Any:
    """Return the terms below the third power of the last symbol."""
    kept = {powers: value for powers, value in polynomial.to_dict().items() if powers[-1] < 3}
    return polynomial.context().from_dict(kept)


def _another(method: str) -> Check:
    """Put a + δ in the place of a."""
    mu, c, delta = constants("mu", "c", "delta")
    inertia = twice_alpha_over_eta(method, mu) * c / 2 + delta
    left = residue(method, mu, c, -inertia * c**2)[1] + delta * c
    holds = leaves_nothing(left, mu, c)
    return identity_check(
        Role.AS_PRINTED,
        holds,
        f"with α + ηδ in the place of α, δ ≠ 0, a term in η² of {_plain(method)} stays",
        "what stays is −δ/(1−μ) · η²∇²L∇L: no other α has the second order"
        if holds
        else "what stays is not −δ/(1−μ) · η²∇²L∇L",
        "all μ < 1, δ and every smooth L",
        "polynomials over the rationals (FLINT)",
    )


def _measured(instance: Instance, method: str, factor: Fraction, setting: Setting) -> ObservedOrder:
    inertia = factor * twice_alpha_over_eta(method, MU) / (2 * (1 - MU))
    velocity = along_gradient(instance, making_up(inertia, MU))
    oscillator = Oscillator(inertia, 1 / (1 - MU))
    return inertial_order(instance, Method(method, Fraction(1), MU), oscillator, lambda _: velocity, setting)


def _order(instance: Instance, method: str, seen: ObservedOrder) -> Check:
    return order_check(
        Role.AS_PRINTED,
        seen.settled,
        2,
        subject=f"Eq. 4 with the printed α is O(η²)-close to {_plain(method)} after the transient",
        instance=f"{instance.name}, μ = {MU}, the initial velocity that makes up the transient",
        second_method=SERIES,
    )


def _lost(instance: Instance, method: str, seen: ObservedOrder) -> Check:
    """Return whether another α is of first order alone."""
    order, bar = seen.settled.order, seen.settled.error_bar
    return Check(
        role=Role.AS_PRINTED,
        holds=order + 2 * bar < 1.5,
        asked=f"with 1.1 times the printed α the second order is lost for {_plain(method)}",
        found=f"measured order {order:.3f} ± {bar:.3f}",
        instance=f"{instance.name}, μ = {MU}, the velocity that makes up the transient for this α",
        grade=Grade.CONFIRMED,
        methods=("enclosures of method and flow on a halving ladder", SERIES),
    )


CLAIM = Claim(
    identifier="P4",
    paper="000",
    place="Prop. 1",
    statement="α is η(1 + μ)/(2(1 − μ)) for HB and η(1 − μ + 2μ²)/(2(1 − μ)) for NAG.",
    printed_tex=(
        r"\alpha_{\mathrm{HB}} = \frac{\eta(1+\mu)}{2(1-\mu)}, \quad "
        r"\alpha_{\mathrm{NAG}} = \frac{\eta(1-\mu+2\mu^2)}{2(1-\mu)}"
    ),
    confirms=(
        "Read as: this α, and no other, makes the slow manifold of Eq. 4 agree with the method to second order in η. "
        "An identity in μ for each method, and measured order 2 with this α and 1 with another."
    ),
    refutes="A term in η² that stays with the printed α.",
    compute=compute,
    seconds=8,
)
