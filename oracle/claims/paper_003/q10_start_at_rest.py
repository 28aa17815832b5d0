"""Q10: gradient flow from u0 = Δ∞, v0 = 0 ends at argmin ψ of Δ∞², not of Δ∞.

From v0 = 0 the predictor starts at θ0 = 0, so D_ψ(·, θ0) = ψ_{Δ0} and (Q6) the limit is argmin ψ_{Δ0} with
Δ0 = |u0² − v0²| = u0².  To get argmin ψ_Δ∞ the start must be u0 = √Δ∞.  The text has u0 = Δ∞: a lost square root, and
it fails for no other reason.  For Δ∞ < 1 the start as printed is smaller, and its limit sparser, than the one meant.

Source: paper 003, Sec. 4.
"""

from __future__ import annotations

from fractions import Fraction

from oracle.claims.claim import Claim, Correction, Effect, Setting
from oracle.claims.evidence import Check, Findings, Grade, Role
from oracle.claims.measures import apart
from oracle.claims.paper_003.shared_networks import NETWORKS, Network, flow_limit, minimiser, numbers
from reference.case import Flow

__all__ = ["CLAIM"]

DIGITS = 24
ROOTS = {
    2: "1/2 3/4",
    3: "1/2 2/3 1/3",
    5: "1/2 1/3 2/3 3/4 2/5",
}  # √Δ∞, rational so that both starts are exact


def compute(setting: Setting) -> Findings:
    """Hold the certified limits from both starts to the certified minimiser of ψ_Δ∞."""
    digits = setting.digits(DIGITS)
    checks = tuple(
        _check(network, role, digits) for network in NETWORKS for role in (Role.AS_PRINTED, Role.CORRECTED)
    )
    remark = (
        "As printed the statement fails only because the square root over Δ∞ was lost with the PDF's layout."
    )
    return Findings(checks, remarks=(remark,))


def printed_start(root: Fraction) -> Fraction:
    """Return the printed u0 = Δ∞ of a coordinate with √Δ∞ = `root`."""
    return root**2


def mended_start(root: Fraction) -> Fraction:
    """Return u0 = √Δ∞."""
    return root


def _check(network: Network, role: Role, digits: int) -> Check:
    roots = numbers(ROOTS[len(network.u)])
    start = printed_start if role is Role.AS_PRINTED else mended_start
    u, zeros = tuple(map(start, roots)), (Fraction(0),) * len(roots)
    limit = flow_limit(Network(network.name, network.problem, u, zeros), Flow("gradient_flow"), digits)
    wanted = minimiser(network.problem, [x**2 for x in roots], zeros, digits)
    distance = apart(limit, wanted)
    return Check(
        role,
        distance < 10.0 ** (2 - digits),
        f"gradient flow from u0 = {'Δ∞' if role is Role.AS_PRINTED else '√Δ∞'}, v0 = 0 ends at argmin ψ_Δ∞",
        f"apart by {distance:.2g}, with {digits} digits asked",
        f"data of: {network.name}; Δ∞ = ({', '.join(str(x**2) for x in roots)})",
        Grade.CERTIFIED,
        ("certified limit of the flow", "certified minimiser"),
    )


CLAIM = Claim(
    identifier="Q10",
    paper="003",
    place="Sec. 4",
    statement="Gradient flow initialised at u0 = Δ∞, v0 = 0 converges to argmin ψ_Δ∞(θ) over the interpolating θ.",
    confirms="Certified limits of gradient flow from that start that are the certified minimisers of ψ_Δ∞.",
    refutes="A certified limit that certainly differs from the minimiser.",
    compute=compute,
    printed_tex=r"u_0 = \Delta_\infty, \; v_0 = 0: \quad \theta^{GF}_{\Delta_\infty} = "
    r"\operatorname{argmin}_{\theta^\star \in \mathcal{S}}"
    r" \psi_{\Delta_\infty}(\theta^\star)",
    correction=Correction(
        "The start is u0 = √Δ∞, v0 = 0, whose balancedness is Δ∞; the root was lost when the text was extracted from "
        "the PDF. "
        "From u0 = Δ∞ the limit is argmin ψ of Δ∞².",
        Effect.AMENDS,
        r"u_0 = \sqrt{\Delta_\infty}, \; v_0 = 0",
    ),
    seconds=2,
)
