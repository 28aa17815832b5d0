"""P21: θ + αθ' follows the printed mirror flow with time-varying potential. Exactly? To which order?

Put z₊ = u'/u and z₋ = v'/v. From αu'' + u' + 2cgu = 0 and αv'' + v' − 2cgv = 0 (g = ∂_θL, c = 1/(1 − μ))
follow, exactly,

    d/dt [¼ ln|u/v| + ¼α(z₊ − z₋)] = −c g − ¼α(z₊² − z₋²),       d/dt [ln|uv| + α(z₊ + z₋)] = −α(z₊² + z₋²).

With U = u e^{αz₊} and V = v e^{αz₋} this is a mirror flow of U² − V² with the scale |UV|, exact but for −¼α(z₊²
− z₋²). The printed one puts θ + αθ' = u²(1 + 2αz₊) − v²(1 + 2αz₋) for U² − V², which is off by O(α²); 8c²g² for
z₊² + z₋², which is off by O(α) after the transient; and drops α(z₊² − z₋²), where z₊ + z₋ = O(α). All three
leave O(η²) in the equation integrated from 0 to t, and no less. (Differentiated, the first is O(η) while θ'' ~
1/α, that is during the transient of a start at rest.)

Source: paper 000, Prop. 4, Eq. 11 and 12.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from flint import arb, fmpq_mpoly_ctx

from oracle.claims.claim import Claim, Correction, Effect, Setting
from oracle.claims.evidence import Check, Findings, Grade, Line, Plot, Role
from oracle.claims.instances import DIAGONAL_UNBIASED, Instance
from oracle.claims.measures import identity_check, order_check
from oracle.claims.paper_000.shared_first_order_shift import RANDOM_SPARSE
from oracle.claims.paper_000.shared_mirror import dual_variable, largest, momentum_flow
from reference.balls import ball_precision
from reference.observed_order import estimate_order

__all__ = ["CLAIM"]

BITS = 128
MU = Fraction(1, 2)
STEPS = tuple(Fraction(1, 80 * 2**i) for i in range(4))
PRINTED_STEP = STEPS[0]
SETTINGS = (
    (DIAGONAL_UNBIASED, "heavy_ball", "zero"),
    (DIAGONAL_UNBIASED, "nesterov", "slow_manifold"),
    (RANDOM_SPARSE.instance, "heavy_ball", "slow_manifold"),
)


def compute(setting: Setting) -> Findings:
    """Enclose M(t), constant if the printed flow is exact, on a ladder; and prove the exact equations."""
    bits = setting.bits(BITS)
    found = [_along(instance, of, velocity, bits) for instance, of, velocity in SETTINGS]
    checks = [check for checks, _ in found for check in checks]
    plot = Plot(
        "How far the printed mirror flow drifts",
        "step size η",
        "largest |M(t) − M(0)|, 0 ≤ t ≤ 1",
        tuple(line for _, line in found),
        x_log=True,
        y_log=True,
        caption="The integrated equation misses by O(η²), as the exact equations say; it is not exact.",
    )
    return Findings((*checks, _exact_equations()), (plot,))


def drift(instance: Instance, eta: Fraction, setting: tuple[str, str], bits: int) -> list[Any]:
    """Return balls around M(t) − M(0) over times of the transient and after it, all coordinates.

    Parameters
    ----------
    instance : Instance
    eta : Fraction
    setting : pair of str
        The method and the initial velocity.
    bits : int
    """
    of, velocity = setting
    times = sorted({k * eta for k in (0, 1, 2, 4, 8)} | {Fraction(k, 4) for k in (1, 2, 3, 4)})
    values = dual_variable(momentum_flow(instance, eta, MU, of, velocity), times, bits)
    with ball_precision(bits):
        return [a - b for row in values[1:] for a, b in zip(row, values[0], strict=True)]


def _along(instance: Instance, of: str, velocity: str, bits: int) -> tuple[list[Check], Line]:
    ladder = [drift(instance, eta, (of, velocity), bits) for eta in STEPS]
    misses = [largest(values) for values in ladder]
    where = f"{instance.name}, {of.replace('_', ' ')} flow, μ = {MU}, initial velocity {velocity.replace('_', ' ')}"
    exact = Check(
        role=Role.AS_PRINTED,
        holds=_all_contain_zero(ladder[0]),
        asked="∇Q(θ + αθ') + c∫∂_θL ds is constant along the flow: the printed mirror flow is exact",
        found=f"it moves by up to {misses[0]:.3g}, enclosed to {bits} bits",
        instance=f"{where}, η = {PRINTED_STEP}",
        grade=Grade.CERTIFIED,
        methods=("enclosed flow with its integrals",),
    )
    order = order_check(
        Role.CORRECTED,
        estimate_order(misses),
        2,
        subject="it is constant up to O(η²), uniformly over 0 ≤ t ≤ 1, the transient included",
        instance=where,
        second_method="the exact equations of ln|u/v| and ln|uv|, whose neglected terms are O(η²)",
    )
    return [exact, order], Line(where, tuple(map(float, STEPS)), tuple(misses))


def _all_contain_zero(values: Sequence[arb]) -> bool:
    return all(bool(value.contains(0)) for value in values)


def exact_defects() -> tuple[Any, Any]:
    """Return both exact equations times 4u²v² and u²v², left side less right; zero polynomials."""
    ring = fmpq_mpoly_ctx.get(["u", "v", "p", "q", "g", "c", "a"], "lex")
    u, v, p, q, g, c, a = ring.gens()
    turned_plus = -(p + 2 * c * g * u) * u - a * p * p  # α z₊' u²
    turned_minus = -(q - 2 * c * g * v) * v - a * q * q  # α z₋' v²
    difference = p * u * v * v - q * v * u * u + turned_plus * v * v - turned_minus * u * u
    first = difference + 4 * c * g * u * u * v * v + a * (p * p * v * v - q * q * u * u)
    total = p * u * v * v + q * v * u * u + turned_plus * v * v + turned_minus * u * u
    second = total + a * (p * p * v * v + q * q * u * u)
    return first, second


def _exact_equations() -> Check:
    first, second = exact_defects()
    return identity_check(
        Role.CORRECTED,
        first == 0 and second == 0,
        "d/dt[¼ln|u/v| + ¼α(z₊−z₋)] = −cg − ¼α(z₊²−z₋²) and d/dt[ln|uv| + α(z₊+z₋)] = −α(z₊²+z₋²) along Eq. 4",
        f"the differences of both sides are {first} and {second}",
        "all u, v, u', v', g, c and α",
        "polynomials over the rationals (FLINT)",
    )


CLAIM = Claim(
    identifier="P21",
    paper="000",
    place="Prop. 4, Eq. 11–12",
    statement="From an unbiased start θ + αθ' follows the mirror flow d/dt ∇[Q_ξ̄(t)(θ + αθ') + (θ + αθ')R^M] "
    "= −∂L/(1 − μ) with ξ̄(t) = ξ exp(−αφ(t)).",
    printed_tex=r"\frac{d}{dt} \nabla \left[ Q^M_{\xi;j}(\bar{\theta}_\alpha, t) + \bar{\theta}_{\alpha;j} R_j^M \right] = "
    r"-\frac{\partial_{\theta_j} L(\theta)}{1-\mu}",
    confirms="An enclosure of ∇Q(θ + αθ') + c∫∂L ds that stays at its start for all times. The proposition "
    "prints an equation, and unlike Thm 3 neglects nothing.",
    refutes="A time at which the enclosure certainly differs from its start.",
    correction=Correction(
        "The mirror flow holds up to O(η²), integrated from 0 to t, the transient included. Exact is d/dt [¼ "
        "ln|u/v| + ¼α(z₊ − z₋)] = −c∂L − ¼α(z₊² − z₋²) with z± the relative velocities u'/u and v'/v.",
        Effect.AMENDS,
        r"\nabla Q_{\bar{\xi}(t)}(\theta + \alpha\dot{\theta}) + R^M = "
        r"-\frac{1}{1-\mu} \int_0^t \nabla_\theta L\, ds + O(\eta^2)",
    ),
    compute=compute,
    seconds=6,
)
