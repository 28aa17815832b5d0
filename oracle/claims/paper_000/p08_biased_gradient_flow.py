"""P8: from a biased start gradient flow ends at argmin Q_ξ(θ) + θᵀR^GF, R^GF = ¼ asinh(θ(0)/2ξ): the sign is wrong.

As in P6, uv = ξ is conserved and ∇Q_ξ(θ(t)) = ¼ asinh(θ(t)/2ξ) = ¼ ln|u/v| has moved by −∫g since the start:

    ∇Q_ξ(θ(∞)) − ∇Q_ξ(θ(0)) = −∫g ∈ row(X).

So θ(∞) minimises Q_ξ(θ) − θᵀ∇Q_ξ(θ(0)), up to a constant the Bregman divergence from the start, and the linear term is
−¼ asinh(θ(0)/2ξ): R^GF with a minus sign, here and in Eq. 7. Printed with a plus, it repels from the start.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from mpmath import mp, mpf

from oracle.claims.claim import Claim, Correction, Effect, Setting
from oracle.claims.evidence import Check, Findings, Grade, Role
from oracle.claims.paper_000.shared_limits import (
    BIASED,
    Numbers,
    Theory,
    gradient_flow_end,
    in_numbers,
    misses,
    start_of,
)
from oracle.claims.paper_000.shared_mirror_flow import conserved

__all__ = ["CLAIM"]

DIGITS = 24
BITS = 256
SIGNS = {Role.AS_PRINTED: 1, Role.CORRECTED: -1}


def linear_term(sign: int, u: Numbers, v: Numbers, bits: int) -> Numbers:
    """Return sign · ¼ asinh(θ(0)/2ξ)."""
    ratios = [(a * a - b * b) / (2 * abs(a * b)) for a, b in zip(u, v, strict=True)]

    def term(number: Callable[[Fraction], mpf]) -> list[mpf]:
        return [sign * mp.asinh(number(r)) / 4 for r in ratios]

    return in_numbers(term, bits)


def compute(setting: Setting) -> Findings:
    """Hold the limits to the minimisers with either sign of the linear term."""
    digits, bits = setting.digits(DIGITS), setting.bits(BITS)
    checks = [_check(role, sign, name, digits, bits) for role, sign in SIGNS.items() for name in BIASED]
    return Findings((*checks, *conserved(Role.CORRECTED)))


def _check(role: Role, sign: int, name: str, digits: int, bits: int) -> Check:
    u, v = start_of(name)
    xi = tuple(abs(a * b) for a, b in zip(u, v, strict=True))
    theory = Theory(xi, linear_term(sign, u, v, bits))
    distance, along_kernel = misses(name, gradient_flow_end(name, digits), theory, digits)
    return Check(
        role=role,
        holds=max(distance, along_kernel) < 10.0 ** (3 - digits),
        asked=f"the limit of gradient flow is the minimiser of Q_ξ(θ) {'+' if sign > 0 else '−'} θᵀR^GF on Xθ = y",
        found=f"apart by {distance:.3g}, slope along the kernel {along_kernel:.3g}, with {digits} digits asked",
        instance=name,
        grade=Grade.CERTIFIED,
        methods=("enclosed limit of the flow", "minimiser proved by Krawczyk"),
    )


CLAIM = Claim(
    identifier="P8",
    paper="000",
    place="Prop. 2, Eq. 7",
    statement=(
        "From a biased start GF converges to argmin Q_ξ^GF(θ) + θᵀR^GF subject to Xθ = y, with R^GF = arcsinh(θ(0)/2ξ)/4."
    ),
    printed_tex=(
        r"\theta(\infty) = \operatorname{argmin}_{X\theta = y} "
        r"Q_\xi^{\mathrm{GF}}(\theta) + \theta^T \mathcal{R}^{\mathrm{GF}}, \quad "
        r"\mathcal{R}_j^{\mathrm{GF}} = \frac14 \operatorname{arcsinh}\left(\frac{\theta_j(0)}{2\xi_j}\right)"
    ),
    confirms="The certified limit is the certified minimiser of the printed problem to every digit asked, on two problems.",
    refutes="A limit that is certainly not the minimiser of the printed problem.",
    compute=compute,
    correction=Correction(
        "The linear term has a minus sign: argmin Q_ξ(θ) − θᵀR^GF, the Bregman projection of θ(0).",
        Effect.AMENDS,
        r"\theta(\infty) = \operatorname{argmin}_{X\theta = y} "
        r"Q_\xi^{\mathrm{GF}}(\theta) - \theta^T \mathcal{R}^{\mathrm{GF}}",
    ),
    seconds=1,
)
