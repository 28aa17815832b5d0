"""P5: gradient flow for GD and Eq. 4 for HB and NAG are of the same order, "hence" fairly compared.

The orders are the same: over a fixed time all three miss their methods by O(η), and by no less. But what Theorem 3 compares
is the limits, and the difference of the limits of HB and GD is itself O(η): to that order gradient flow leaves out what
Eq. 4 keeps. GD is heavy ball with μ = 0, and its own Eq. 4 has α = η/2:

    (η/2) β'' + β' + ∇L = 0,   with ξ̄(∞) = ξ exp(−(η/2)φ_GD(∞)) and not ξ.

In the time of gradient flow c²∫g² dt is c∫g² dτ, so that with G = ∫g² dτ the exponents are 4η(1 + μ)/(1 − μ)² G for HB and
4ηG for GD. Against gradient flow the effect of momentum is overstated, at leading order, by the factor

    (1 + μ)/((1 + μ) − (1 − μ)²) = (1 + μ)/(μ(3 − μ)):    6/5 at μ = 1/2, about 3.8 at μ = 1/10, 1.005 at μ = 0.9,

and without bound as μ → 0, where HB is GD. (For NAG, with 1 − μ + 2μ² for 1 + μ, it is (1 − μ + 2μ²)/(μ(1 + μ)).) With
Eq. 4 at μ = 0 in the place of gradient flow the comparison is fair: its difference is that of the methods up to O(η²).
"""

from __future__ import annotations

from fractions import Fraction
from math import log

from oracle.claims.claim import Claim, Correction, Effect, Setting
from oracle.claims.evidence import Check, Findings, Grade, Line, Plot, Role
from oracle.claims.instances import DIAGONAL_ONE_ROW, QUARTIC_TWO, Instance
from oracle.claims.measures import apart, measured_order
from oracle.claims.paper_000.shared_limits import (
    BIASED,
    Numbers,
    Run,
    agreed_order,
    end,
    gradient_flow_end,
    start_of,
)
from oracle.claims.paper_000.shared_orders import RUNGS
from reference.case import Flow, Method

__all__ = ["CLAIM"]

DIGITS = 12
MU = Fraction(1, 3)
LADDER = tuple(Fraction(1, 10 * 2**i) for i in range(3))
PAIRS = ((BIASED[0], Fraction(1, 4)), (BIASED[1], Fraction(1, 10)))


def printed_partner(run: Run, digits: int) -> tuple[Numbers, Numbers]:
    """Return θ(∞) and |uv|(∞) of what stands for gradient descent as printed: gradient flow, which keeps uv."""
    u, v = start_of(run.instance)
    return gradient_flow_end(run.instance, digits), tuple(abs(a * b) for a, b in zip(u, v, strict=True))


def fair_partner(run: Run, digits: int) -> tuple[Numbers, Numbers]:
    """Return those of Eq. 4 at μ = 0."""
    reached = end(Run(run.instance, "heavy_ball", run.step_size, Fraction(0), flow=True), digits)
    return reached.theta, reached.scale


PARTNERS = {
    Role.AS_PRINTED: ("gradient flow", printed_partner),
    Role.CORRECTED: ("Eq. 4 at μ = 0", fair_partner),
}


def compute(setting: Setting) -> Findings:
    """Measure the three orders, then what the comparison of flows makes of the difference of the limits."""
    digits = setting.digits(DIGITS)
    checks = [_same_order(instance, setting) for instance in (DIAGONAL_ONE_ROW, QUARTIC_TWO)]
    lines = []
    for role, (partner, _) in PARTNERS.items():
        for name, mu in PAIRS:
            errors = [_errors(role, Run(name, "heavy_ball", eta, mu), digits) for eta in LADDER]
            checks.append(_fair(role, partner, errors, f"{name}, μ = {mu}"))
            if name == PAIRS[1][0]:
                lines.append(
                    Line(f"against {partner}", tuple(map(float, LADDER)), tuple(pair[0] for pair in errors))
                )
    checks += [_overstated(name, mu, digits) for name, mu in PAIRS]
    plot = Plot(
        "What the flows make of the difference between the limits of HB and GD",
        "step size η",
        "error of the difference",
        tuple(lines),
        x_log=True,
        y_log=True,
        caption=f"On {PAIRS[1][0]}, μ = {PAIRS[1][1]}: against gradient flow wrong by O(η), like the difference itself.",
    )
    return Findings(tuple(checks), (plot,))


def _same_order(instance: Instance, setting: Setting) -> Check:
    """Return whether all three flows are of first order, and no more."""
    flow_of = {
        "gradient_descent": lambda _: Flow("gradient_flow"),
        "heavy_ball": lambda eta: Flow("momentum_flow", eta, MU, of="heavy_ball"),
        "nesterov": lambda eta: Flow("momentum_flow", eta, MU, of="nesterov"),
    }
    seen = {
        name: measured_order(instance, _method(name), flow, setting, ladder=RUNGS).whole
        for name, flow in flow_of.items()
    }
    return Check(
        role=Role.AS_PRINTED,
        holds=all(abs(one.order - 1) <= 2 * max(one.error_bar, 0.05) for one in seen.values()),
        asked="over the whole horizon gradient flow for GD and Eq. 4 from rest for HB and NAG are all of order 1",
        found=", ".join(
            f"{name.replace('_', ' ')} {one.order:.3f} ± {one.error_bar:.3f}" for name, one in seen.items()
        ),
        instance=f"{instance.name}, μ = {MU}",
        grade=Grade.CONFIRMED,
        methods=(
            "enclosures of method and flow on a halving ladder",
            "exact expansion of the recurrences (P3)",
        ),
    )


def _method(name: str) -> Method:
    return Method(name, Fraction(1), Fraction(0) if name == "gradient_descent" else MU)


def _errors(role: Role, run: Run, digits: int) -> tuple[float, float]:
    """Return by how much the flows miss the difference of the limits of HB and GD, and of their ln|uv|."""
    partner_of = PARTNERS[role][1]
    ball, descent = (
        end(run, digits),
        end(Run(run.instance, "gradient_descent", run.step_size, Fraction(0)), digits),
    )
    flow = end(Run(run.instance, "heavy_ball", run.step_size, run.momentum, flow=True), digits)
    theta, scale = partner_of(run, digits)
    true = [a - b for a, b in zip(ball.theta, descent.theta, strict=True)]
    said = [a - b for a, b in zip(flow.theta, theta, strict=True)]
    gaps = [
        log(a / b) - log(c / d)
        for a, b, c, d in zip(flow.scale, scale, ball.scale, descent.scale, strict=True)
    ]
    return apart(said, true), max(map(abs, gaps))


def _fair(role: Role, partner: str, errors: list[tuple[float, float]], instance: str) -> Check:
    return agreed_order(
        role,
        errors,
        2,
        asked=f"limit of Eq. 4 less that of {partner} is the limit of HB less that of GD up to O(η²): a fair comparison",
        instance=instance,
        methods=("difference of the limits", "difference of ln|uv| in the limits"),
    )


def overstatement(mu: Fraction) -> Fraction:
    """Return by how much gradient flow overstates the effect of heavy ball, at leading order."""
    return (1 + mu) / (mu * (3 - mu))


def _overstated(name: str, mu: Fraction, digits: int) -> Check:
    """Return the factor by which gradient flow overstates the effect, at the smallest step size."""
    run = Run(name, "heavy_ball", LADDER[-1], mu)
    ball, descent = end(run, digits), end(Run(name, "gradient_descent", run.step_size, Fraction(0)), digits)
    flow = end(Run(name, "heavy_ball", run.step_size, mu, flow=True), digits)
    ratio = apart(flow.theta, printed_partner(run, digits)[0]) / apart(ball.theta, descent.theta)
    expected = float(overstatement(mu))
    return Check(
        role=Role.CORRECTED,
        holds=abs(ratio / expected - 1) < float(run.step_size),
        asked="gradient flow overstates the difference of HB and GD by (1 + μ)/(μ(3 − μ)) at leading order",
        found=f"by {ratio:.3f} at η = {run.step_size}, expected {expected:.3f}",
        instance=f"{name}, μ = {mu}",
        grade=Grade.CONFIRMED,
        methods=("certified limits", "leading order of the exponents"),
    )


CLAIM = Claim(
    identifier="P5",
    paper="000",
    place="Sec. 2",
    statement=(
        "GF for GD and Eq. 4 for HB and NAG are continuous approximations of the same order O(η), which makes the "
        "comparison of their implicit bias fair."
    ),
    confirms=(
        "The measured orders agree, and (fair) the difference between the limits of Eq. 4 and GF is that between HB and GD "
        "to leading order in η: what the one misses of the other is O(η²)."
    ),
    refutes="Orders that differ, or a difference of the limits that is wrong at its own order, O(η).",
    compute=compute,
    correction=Correction(
        "The orders are the same, O(η); but the effect compared is O(η) too, and gradient flow leaves out GD's own share of "
        "it. Fair is Eq. 4 at μ = 0 for GD: (η/2)β'' + β' + ∇L = 0. Gradient flow overstates it, for HB, by the factor "
        "(1 + μ)/(μ(3 − μ)).",
        Effect.AMENDS,
        r"\text{GD:} \quad \frac{\eta}{2}\,\ddot\beta + \dot\beta + \nabla L(\beta) = 0",
    ),
    seconds=17,
)
