"""P3: Eq. 4 with the printed α is an O(η) approximation of heavy ball and Nesterov.

Along Eq. 4's slow manifold b' = cf + O(η), c = 1/(1 − μ), both recurrences leave η((1 − μ)c − 1)f + O(η²) = O(η²) a step,
whatever α = aη with a > 0; their roots at η = 0 are 1 and μ, so the sum of these errors stays O(η) up to any T.

Which initial velocity. The flow approaches the slow manifold in a time of the size of α, from β(0) + α(β'(0) + c∇L) + O(η²),
the methods from β(0) + ημc²∇L + O(η²). So the order 1 needs α β'(0) = O(η): every velocity that stays bounded as η → 0,
zero, −∇L and −c∇L alike, and no velocity that grows like 1/η. Prop. 1 names none; a fixed one is taken as meant.

Where α matters. Not for the order 1: twice α, a quarter of it, and none at all (P2) have it too. For order 2 after the
transient, and there with

    β'(0) = −∇L/(1 + μ) for heavy ball,    β'(0) = −(1 − 2μ)∇L/(1 − μ + 2μ²) for Nesterov

from α(β'(0) + c∇L) = ημc²∇L. During the transient the error is O(η) for every velocity.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
    leaves_nothing,
    making_up,
    residue,
    scaled,
)
from reference.case import Method
from reference.observed_order import ObservedOrder

__all__ = ["CLAIM"]

MU = Fraction(1, 3)
C = 1 / (1 - MU)
POWER = 1  # of 1/(1 − μ) before ∇L, as printed
INSTANCES = (DIAGONAL_ONE_ROW, QUARTIC_TWO, QUARTIC_ONE)
SERIES = "exact expansion of the recurrence along the flow"
Velocity = Mapping[str, tuple[Fraction, ...]]


def inertia_over_step(method: str, mu: Fraction) -> Fraction:
    """Return α/η as printed."""
    numerator = 1 + mu if method == "heavy_ball" else 1 - mu + 2 * mu**2
    return numerator / (2 * (1 - mu))


def compute(setting: Setting) -> Findings:
    """Expand and measure for three fixed velocities; then vary α and let the velocity grow."""
    checks = [_expanded(method) for method in METHODS]
    plotted: list[tuple[str, ObservedOrder]] = []
    for method, instance in product(METHODS, INSTANCES):
        for name, velocity in _fixed(instance).items():
            seen = _measured(instance, method, Fraction(1), _always(velocity), setting)
            checks.append(_check(Role.AS_PRINTED, instance, method, name, seen))
            if instance is INSTANCES[0] and method == "heavy_ball":
                plotted.append((f"β'(0) = {name}", seen))
    for method in METHODS:
        beside, growing = _beside(INSTANCES[0], method, setting)
        checks += beside
        if method == "heavy_ball":
            plotted.append(("β'(0) = −∇L/η", growing))
    plot = ladder_plot(
        "Eq. 4 against heavy ball over the whole horizon",
        plotted,
        f"On {INSTANCES[0].name}: any fixed initial velocity gives first order, one that grows like 1/η gives none.",
    )
    remarks = (
        "α does not matter for the order claimed: any multiple of η will do. It matters for second order after the "
        "transient, which also needs β'(0) = −∇L/(1+μ) for heavy ball and −(1−2μ)∇L/(1−μ+2μ²) for Nesterov.",
        "The initial velocity must stay bounded as η → 0, which the proposition does not say.",
    )
    return Findings(tuple(checks), (plot,), remarks)


def _fixed(instance: Instance) -> dict[str, Velocity]:
    """Return velocities that do not depend on η."""
    return {
        "0": along_gradient(instance, Fraction(0)),
        "−∇L/(1−μ)": along_gradient(instance, C),
        "(½, …, ½)": {
            name: (Fraction(1, 2),) * len(block) for name, block in along_gradient(instance, C).items()
        },
    }


def _beside(instance: Instance, method: str, setting: Setting) -> tuple[list[Check], ObservedOrder]:
    """Return what α and the velocity change, and the ladder of the growing velocity."""
    found = []
    rest = along_gradient(instance, Fraction(0))
    for factor in (Fraction(2), Fraction(1, 4)):
        seen = _measured(instance, method, factor, _always(rest), setting)
        found.append(_check(Role.BESIDE, instance, method, f"0 and {factor} times α", seen))
    share = making_up(inertia_over_step(method, MU), MU)
    made_up = along_gradient(instance, share)
    second = _measured(instance, method, Fraction(1), _always(made_up), setting)
    found.append(_check(Role.BESIDE, instance, method, f"−{share}∇L", second, settled=2))
    slope = along_gradient(instance, Fraction(1))
    growing = _measured(instance, method, Fraction(1), lambda eta: scaled(slope, 1 / eta), setting)
    found.append(_check(Role.BESIDE, instance, method, "−∇L/η", growing))
    return found, growing


def _always(velocity: Velocity) -> Callable[[Fraction], Velocity]:
    return lambda _: velocity


def _measured(
    instance: Instance,
    method: str,
    factor: Fraction,
    velocity: Callable[[Fraction], Velocity],
    setting: Setting,
) -> ObservedOrder:
    oscillator = Oscillator(factor * inertia_over_step(method, MU), C**POWER)
    discrete = Method(method, Fraction(1), MU)
    return inertial_order(instance, discrete, oscillator, velocity, setting)


def _check(
    role: Role, instance: Instance, method: str, velocity: str, seen: ObservedOrder, settled: int = 0
) -> Check:
    """Return the answer on order 1 over the whole horizon, or on `settled` after the transient."""
    plain = method.replace("_", " ")
    return order_check(
        role,
        seen.settled if settled else seen.whole,
        settled or 1,
        subject=f"Eq. 4 with β'(0) = {velocity} is O(η{'²' if settled else ''})-close to {plain}"
        + (" after the transient" if settled else " over the whole horizon"),
        instance=f"{instance.name}, μ = {MU}",
        second_method=SERIES,
    )


def _expanded(method: str) -> Check:
    mu, c, inertia = constants("mu", "c", "inertia")
    printed = c**POWER
    left = residue(method, mu, printed, -inertia * printed**2)[0]
    holds = leaves_nothing(left, mu, c)
    return identity_check(
        Role.AS_PRINTED,
        holds,
        f"the slow manifold of Eq. 4 satisfies {method.replace('_', ' ')} up to O(η²) a step, for any α = aη",
        "the term in η vanishes" if holds else "a term in η stays",
        "all μ < 1, all a and every smooth L",
        "polynomials over the rationals (FLINT)",
    )


CLAIM = Claim(
    identifier="P3",
    paper="000",
    place="Prop. 1, Eq. 4",
    statement=(
        "α β'' + β' + ∇L/(1 − μ) = 0 is an O(η) continuous approximation of HB and NAG with the printed α "
        "(no initial velocity is named)."
    ),
    printed_tex=r"\alpha\ddot\beta + \dot\beta + \frac{\nabla L(\beta)}{1-\mu} = 0",
    confirms=(
        "Read with an initial velocity that does not depend on η: order 1 over the whole horizon from zero, from "
        "−∇L/(1−μ) and from an arbitrary velocity, for both methods on three losses, and no term in η left in a step."
    ),
    refutes="A fixed initial velocity from which the measured order is certainly below 1.",
    compute=compute,
    seconds=10,
)
