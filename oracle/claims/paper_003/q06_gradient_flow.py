"""Q6: gradient flow on θ = u⊙v ends at argmin D_{ψ_Δ0}(·, θ0), once ψ has its square root.

With w± = u ± v gradient flow is w±' = ∓ g w±, g = ∇L(θ): Δ = |w₊w₋| is constant and ½ ln|w₊/w₋| moves by −∫g, a
combination of the rows of X.  As θ = ¼(w₊² − w₋²), sinh(ln|w₊/w₋|) = 2θ/Δ, so what moves in the row space is

    ½ asinh(2θ/Δ) = ∇ψ_Δ(θ),    ψ_Δ(θ) = ¼ Σ [2θ asinh(2θ/Δ) − √(4θ² + Δ²) + Δ],

which is strictly convex: an interpolating limit is its one minimiser.  The text has − 4θ² + Δ² + Δ where the root
stood: its derivative then lacks the root too, and −θ² outweighs θ asinh, so that nothing is minimal.  It fails for
no other reason than the lost root: the text is extracted from a PDF.

Source: paper 003, Sec. 3.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from flint import arb

from oracle.claims.claim import Claim, Correction, Effect, Setting
from oracle.claims.evidence import Check, Findings, Grade, Role
from oracle.claims.measures import apart
from oracle.claims.paper_003.shared_networks import NETWORKS, Network, flow_limit, kernel, minimiser
from reference.balls import ball, ball_precision
from reference.case import Flow

__all__ = ["CLAIM"]

DIGITS, BITS = 24, 192
FAR = 64  # how far along the kernel of X the printed potential is looked at


def compute(setting: Setting) -> Findings:
    """Hold the limit of gradient flow to the printed potential and to the one with its root."""
    checks = tuple(c for network in NETWORKS for c in (_printed(network, setting), _mended(network, setting)))
    remark = "As printed the statement fails only because the square root over 4θ² + Δ² was lost with the PDF's layout."
    return Findings(checks, remarks=(remark,))


def printed_potential(theta: arb, delta: arb) -> arb:
    """Return one term of ψ_Δ as the text has it: without the square root."""
    return (2 * theta * (2 * theta / delta).asinh() - (4 * theta**2 + delta**2) + delta) / 4


def mended_minimiser(network: Network, digits: int) -> tuple[Fraction, ...]:
    """Return argmin D_{ψ_Δ0}(·, θ0) with the root in its place."""
    return minimiser(network.problem, network.balancedness(), network.theta(), digits)


def _printed(network: Network, setting: Setting) -> Check:
    """Look for an interpolating θ with a certainly smaller divergence than the limit's."""
    limit = flow_limit(network, Flow("gradient_flow"), setting.digits(DIGITS))
    along = kernel(network)
    with ball_precision(setting.bits(BITS)):
        fall = _divergence(network, [a + FAR * k for a, k in zip(limit, along, strict=True)]) - _divergence(
            network, limit
        )
        lower = bool(fall < 0)
        text = fall.str(5, radius=False)
    return Check(
        Role.AS_PRINTED,
        not lower,
        "no interpolating θ has a smaller divergence D_ψ(θ, θ0) than the limit of gradient flow",
        f"{FAR} kernel vectors away the printed divergence is {text} {'lower' if lower else 'higher'}",
        network.name,
        Grade.CERTIFIED,
        ("certified limit of the flow", "balls around the printed potential"),
    )


def _mended(network: Network, setting: Setting) -> Check:
    digits = setting.digits(DIGITS)
    distance = apart(flow_limit(network, Flow("gradient_flow"), digits), mended_minimiser(network, digits))
    return Check(
        Role.CORRECTED,
        distance < 10.0 ** (2 - digits),
        "the limit of gradient flow is argmin D_{ψ_Δ0}(·, θ0) with √(4θ² + Δ²)",
        f"apart by {distance:.1g}, with {digits} digits asked",
        network.name,
        Grade.CERTIFIED,
        ("certified limit of the flow", "certified minimiser"),
    )


def _divergence(network: Network, theta: Any) -> arb:
    """Return D_ψ(θ, θ0) of the printed potential; its slope is the exact derivative of the printed term."""
    total = arb(0)
    for t, x, t0 in zip(theta, network.balancedness(), network.theta(), strict=True):
        here, delta, start = ball(t), ball(x), ball(t0)
        slope = _slope(start, delta)
        total += printed_potential(here, delta) - printed_potential(start, delta) - slope * (here - start)
    return total


def _slope(theta: arb, delta: arb) -> arb:
    """Return the derivative of `printed_potential`: asinh' = 2/√(4θ² + Δ²)."""
    return (2 * (2 * theta / delta).asinh() + 4 * theta / (4 * theta**2 + delta**2).sqrt() - 8 * theta) / 4


CLAIM = Claim(
    identifier="Q6",
    paper="003",
    place="Sec. 3",
    statement="ψ_Δ(θ) = ¼ Σ (2θᵢ arcsinh(2θᵢ/Δᵢ) − 4θᵢ² + Δᵢ² + Δᵢ) (as extracted), and gradient flow on θ = u⊙v "
    "converges to "
    "argmin D_{ψ_Δ0}(θ, θ0) over the interpolating θ.",
    confirms="Certified limits of gradient flow that are the certified minimisers, from biased and unbiased starts.",
    refutes="An interpolating θ whose divergence is certainly smaller than the limit's.",
    compute=compute,
    printed_tex=r"\psi_\Delta(\theta) = \frac14 \sum_{i=1}^d \left( 2\theta_i "
    r"\operatorname{arcsinh}\left(\frac{2\theta_i}{\Delta_i}\right)"
    r" - 4\theta_i^2 + \Delta_i^2 + \Delta_i \right)",
    correction=Correction(
        "The root belongs over 4θ² + Δ²: it was lost when the text was extracted from the PDF. With it gradient flow "
        "ends at "
        "the one minimiser of D_{ψ_Δ0}(·, θ0), exactly.",
        Effect.AMENDS,
        r"\psi_\Delta(\theta) = \frac14 \sum_{i=1}^d \left( 2\theta_i "
        r"\operatorname{arcsinh}\left(\frac{2\theta_i}{\Delta_i}\right)"
        r" - \sqrt{4\theta_i^2 + \Delta_i^2} + \Delta_i \right)",
    ),
    seconds=2,
)
