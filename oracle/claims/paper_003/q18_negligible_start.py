"""Q18: θ̃0 is negligible where θ0 is and λ is small; it is not from a biased start, nor for a large λ.

From θ0 = 0, w₊,0² = w₋,0², so θ̃0/Δ∞ = ½ sinh(2(I₋ − I₊)).  From λz' + λz² + z ± g = 0, z±² = g² − 2λgg' ± 2λg³ + O(λ²)
after the transient, so I₊ − I₋ = 4λ²∫g³ + … = O(λ²): the minimiser with θ̃0 and the one without differ by O(λ²),
while MGF differs from gradient flow by O(λ).  Two things break this:

* a start with θ0 ≠ 0 of the size of Δ0: then asinh(2θ̃0/Δ∞) is O(1) for every scale and every λ, λ = 0 included;
* a λ that is large against the gradients, 4λ max|∇L| ≥ 1: I₊ − I₋ is then of the size of ln(1/α), and asinh(2θ̃0/Δ∞) as
  large as ln(1/Δ∞), however small α is.

"Negligible" is put to numbers as ‖θ_MGF − argmin ψ_Δ∞‖₂ ≤ 0.05 ‖argmin ψ_Δ∞‖₂; the poster has "≪ 1".

Source: paper 003, Sec. 4 and 6.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from math import sqrt

from oracle.claims.claim import Claim, Setting
from oracle.claims.evidence import Check, Findings, Grade, Line, Plot, Role
from oracle.claims.measures import apart, order_check
from oracle.claims.paper_003.shared_networks import (
    TWO_ROWS,
    Network,
    flow_integrals,
    flow_limit,
    minimiser,
    network,
)
from oracle.claims.paper_003.shared_scales import SWAPPED
from reference.case import Flow
from reference.observed_order import estimate_order

__all__ = ["CLAIM"]

DIGITS = 6


def smaller_start(net: Network, factor: Fraction) -> Network:
    """Return the network from a start that is multiplied by a factor."""
    u, v = (tuple(factor * x for x in block) for block in (net.u, net.v))
    return replace(net, name=f"{net.name}, start times {factor}", u=u, v=v)


SMALL = 0.05  # relative distance that counts as negligible
LADDER = tuple(Fraction(1, 4 * 2**i) for i in range(3))
SCALE = Fraction(1, 20)
HALF = network("θ = u⊙v, x = (1, ½), y = 1, u0 = 1/2, v0 = 0", ["1 1/2"], "1", "1/2 1/2", "0 0")
GRANTED = (  # θ0 = 0 and λ max|∇L(0)| ≤ 1/8
    (HALF, Fraction(1, 8)),
    (SWAPPED[0].at(SCALE), Fraction(1, 4)),
    (SWAPPED[1].at(SCALE), Fraction(1, 5)),
)
SMALLER = Fraction(1, 100)  # times a start, for a start that is small and biased
BIASED = ((smaller_start(TWO_ROWS, SMALLER), Fraction(1, 10)),)
HEAVY = ((SWAPPED[2].at(SCALE), Fraction(2)),)


def compute(setting: Setting) -> Findings:
    """Hold certified limits to the certified argmin ψ_Δ∞, with Δ∞ from the same flow."""
    digits = setting.digits(DIGITS)
    checks = [
        _check(role, *case, digits) for case in GRANTED for role in (Role.AS_PRINTED, Role.UNDER_ASSUMPTION)
    ]
    checks += [_check(Role.AS_PRINTED, *case, digits) for case in (*BIASED, *HEAVY)]
    net = HALF
    misses = [relative(net, inertia, digits) for inertia in LADDER]
    checks.append(
        order_check(
            Role.BESIDE,
            estimate_order(misses),
            2,
            subject="from θ0 = 0, neglecting θ̃0 costs O(λ²)",
            instance=net.name,
        )
    )
    line = Line(net.name, tuple(map(float, LADDER)), tuple(misses))
    plot = Plot(
        "What neglecting θ̃0 costs, from θ0 = 0", "λ", "relative distance", (line,), x_log=True, y_log=True,
        caption="The distance of the limit to argmin ψ_Δ∞ falls like λ².",
    )  # fmt: skip
    return Findings(tuple(checks), (plot,))


def neglected(net: Network) -> Sequence[Fraction]:
    """Return what is put in the place of θ̃0."""
    return [Fraction(0)] * len(net.u)


def relative(net: Network, inertia: Fraction, digits: int) -> float:
    """Return ‖θ_MGF − argmin ψ_Δ∞‖₂/‖argmin ψ_Δ∞‖₂."""
    flow = Flow("mgf", inertia=inertia)
    delta = flow_integrals(net, flow, digits)["balancedness"]
    theory = minimiser(net.problem, delta, neglected(net), digits)
    return apart(flow_limit(net, flow, digits), theory) / sqrt(sum(float(t) ** 2 for t in theory))


def _check(role: Role, net: Network, inertia: Fraction, digits: int) -> Check:
    miss = relative(net, inertia, digits)
    return Check(
        role,
        miss <= SMALL,
        f"θ_MGF is within {SMALL:.0%} of argmin ψ_Δ∞",
        f"relative distance {miss:.3g}",
        f"{net.name}, λ = {inertia}",
        Grade.CERTIFIED,
        ("certified limit and Δ∞ of the flow", "certified minimiser"),
    )


CLAIM = Claim(
    identifier="Q18",
    paper="003",
    place="Sec. 4, 6",
    statement="Experimentally θ̃0 is negligible: θ_MGF ≈ argmin ψ_Δ∞ over the interpolating θ, with a relative distance ≪ 1.",
    confirms="Certified limits within 5 % of the certified argmin ψ_Δ∞ from all starts and for all λ tried.",
    refutes="A start and a λ from which the certified limit is farther from it than that.",
    compute=compute,
    printed_tex=r"\theta^{MGF} \approx \operatorname{argmin}_{\theta^\star \in \mathcal{S}} "
    r"\psi_{\Delta_\infty}(\theta^\star), \quad"
    r" \|\theta^{MGF} - \theta^{GF}_{\Delta_\infty}\|_2 / \|\theta^{GF}_{\Delta_\infty}\|_2 \ll 1",
    assumption="the start is unbiased, θ0 = 0, and λ max|∇L(0)| ≤ 1/8",
    seconds=8,
)
