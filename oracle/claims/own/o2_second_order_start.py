"""O2: the initial velocity with which the momentum flow of paper 000 is of second order.

With α = aη and c = 1/(1 − μ) the flow α β'' + β' + c∇L = 0 joins its slow manifold at β(0) + α(β'(0) + c∇L) + O(η²), the
methods from p_0 = 0 at β(0) + ημc²∇L + O(η²), the sum of what their first steps lack. Both are the same where
α(β'(0) + c∇L) = ημc²∇L:

    heavy ball   β'(0) = −∇L/(1 + μ),    Nesterov   β'(0) = −(1 − 2μ)∇L/(1 − μ + 2μ²).

On the slow manifold the printed α makes flow and method agree to second order (P4), so that after the transient the error is
O(η²). From rest, or from −c∇L, the O(η) between the two points stays.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product

from oracle.claims.claim import Claim, Setting
from oracle.claims.evidence import Check, Findings, Role
from oracle.claims.instances import DIAGONAL_ONE_ROW, QUARTIC_ONE, QUARTIC_TWO, Instance
from oracle.claims.measures import identity_check, ladder_plot, order_check
from oracle.claims.paper_000.shared_orders import (
    METHODS,
    Oscillator,
    along_gradient,
    constants,
    inertial_order,
)
from reference.case import Method
from reference.observed_order import ObservedOrder

__all__ = ["CLAIM"]

MU = Fraction(1, 4)
INSTANCES = (DIAGONAL_ONE_ROW, QUARTIC_TWO, QUARTIC_ONE)
SHIFTS = "the points where both join their slow manifolds, in exact polynomials"


def share(method: str, mu: Fraction) -> Fraction:
    """Return s of β'(0) = −s∇L."""
    return 1 / (1 + mu) if method == "heavy_ball" else (1 - 2 * mu) / (1 - mu + 2 * mu**2)


def twice_alpha(method: str, mu: Fraction) -> Fraction:
    """Return 2α(1 − μ)/η as paper 000 prints it."""
    return 1 + mu if method == "heavy_ball" else 1 - mu + 2 * mu**2


def compute(setting: Setting) -> Findings:
    """Compare the points, then measure with this velocity and from rest."""
    checks = [_points(method) for method in METHODS]
    drawn: list[tuple[str, ObservedOrder]] = []
    for method, instance in product(METHODS, INSTANCES):
        for role, s in ((Role.AS_PRINTED, share(method, MU)), (Role.BESIDE, Fraction(0))):
            seen = _measured(instance, method, s, setting)
            words = f"−{s}∇L" if s else "0"
            plain = method.replace("_", " ")
            checks.append(
                order_check(
                    role, seen.settled, 2,
                    subject=f"with β'(0) = {words} the flow is O(η²)-close to {plain} after the transient",
                    instance=f"{instance.name}, μ = {MU}", second_method=SHIFTS,
                )
            )  # fmt: skip
            if instance is INSTANCES[0]:
                drawn.append((f"{plain}, β'(0) = {words}", seen))
    plot = ladder_plot(
        "The momentum flow after the transient", drawn,
        f"On {INSTANCES[0].name}: of second order from this velocity, of first order from rest.", settled=True,
    )  # fmt: skip
    return Findings(tuple(checks), (plot,))


def _measured(instance: Instance, method: str, s: Fraction, setting: Setting) -> ObservedOrder:
    oscillator = Oscillator(twice_alpha(method, MU) / (2 * (1 - MU)), 1 / (1 - MU))
    velocity = along_gradient(instance, s)
    return inertial_order(instance, Method(method, Fraction(1), MU), oscillator, lambda _: velocity, setting)


def _points(method: str) -> Check:
    """Return whether α(c − s) = ημc² for all μ, denominators cleared."""
    (mu,) = constants("mu")
    twice = 1 + mu if method == "heavy_ball" else 1 - mu + 2 * mu**2  # 2α(1 − μ)/η, and the denominator of s
    numerator = 1 + 0 * mu if method == "heavy_ball" else 1 - 2 * mu
    left = twice - numerator * (1 - mu)  # twice · (c − s)(1 − μ)
    at = Fraction(2, 7)
    agrees = share(method, at) == _value(numerator, at) / _value(twice, at) and twice_alpha(
        method, at
    ) == _value(twice, at)
    return identity_check(
        Role.AS_PRINTED,
        bool(left == 2 * mu) and agrees,
        f"α(β'(0) + c∇L) = ημc²∇L for {method.replace('_', ' ')}",
        f"2α(c − s)(1 − μ)²/η = {left}, and 2μ is asked",
        "all μ",
        "polynomials over the rationals (FLINT)",
    )


def _value(polynomial: object, at: Fraction) -> Fraction:
    """Return a polynomial in μ at a rational."""
    terms = polynomial.to_dict().items()  # type: ignore[attr-defined]  # FLINT's polynomials are untyped
    return sum(
        (Fraction(int(c.p), int(c.q)) * at ** int(powers[0]) for powers, c in terms), start=Fraction(0)
    )


CLAIM = Claim(
    identifier="O2",
    paper="own",
    place="reference/flows/systems.py",
    statement=(
        "With β'(0) = −∇L/(1 + μ) for heavy ball and −(1 − 2μ)∇L/(1 − μ + 2μ²) for Nesterov, the flow of paper 000, Eq. 4 "
        "is O(η²)-close to the method after the transient."
    ),
    printed_tex=(
        r"\dot\beta(0) = -\frac{\nabla L}{1+\mu} \ \mathrm{(HB)}, \quad "
        r"\dot\beta(0) = -\frac{(1-2\mu)\nabla L}{1-\mu+2\mu^2} \ \mathrm{(NAG)}"
    ),
    confirms="Flow and method join their slow manifolds at one point, identically in μ; measured order 2 on three problems.",
    refutes="A measured order below 2 after the transient.",
    compute=compute,
    seconds=6,
)
