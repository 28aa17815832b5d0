"""P6: from an unbiased start gradient flow ends where Q_ξ is least among the interpolating θ.

u' = −2ug and v' = 2vg with g = ∂_θL keep uv = ξ, and (ln(u/v))' = −4g. From u(0) = v(0) the slope ¼ ln(u/v) is −∫g, which
lies in the row space of X. And uv = ξ, u/v = e^s give θ = u² − v² = 2ξ sinh s, so that ¼ ln(u/v) = ¼ asinh(θ/2ξ) is
∇Q_ξ(θ): with Xθ = y these are the conditions of the minimum, and Q_ξ is strictly convex. A constant factor of Q_ξ changes
nothing.
"""

from __future__ import annotations

from fractions import Fraction

from oracle.claims.claim import Claim, Setting
from oracle.claims.evidence import Check, Findings, Grade, Role
from oracle.claims.paper_000.shared_limits import (
    UNBIASED,
    Numbers,
    Theory,
    gradient_flow_end,
    misses,
    start_of,
)
from oracle.claims.paper_000.shared_mirror_flow import conserved

__all__ = ["CLAIM"]

DIGITS = 24


def predicted(u: Numbers, v: Numbers) -> Theory:
    """Return Q_ξ with ξ = |u(0)||v(0)| and no linear term, as printed."""
    return Theory(tuple(abs(a * b) for a, b in zip(u, v, strict=True)), (Fraction(0),) * len(u))


def compute(setting: Setting) -> Findings:
    """Prove what is conserved, and hold the limits of two problems to their minimisers."""
    digits = setting.digits(DIGITS)
    return Findings((*conserved(Role.AS_PRINTED), *(_check(name, digits) for name in UNBIASED)))


def _check(name: str, digits: int) -> Check:
    theory = predicted(*start_of(name))
    distance, along_kernel = misses(name, gradient_flow_end(name, digits), theory, digits)
    return Check(
        role=Role.AS_PRINTED,
        holds=max(distance, along_kernel) < 10.0 ** (3 - digits),
        asked="the limit of gradient flow is the minimiser of Q_ξ on Xθ = y",
        found=f"apart by {distance:.1g}, slope along the kernel {along_kernel:.1g}, with {digits} digits asked",
        instance=name,
        grade=Grade.CERTIFIED,
        methods=("enclosed limit of the flow", "minimiser proved by Krawczyk"),
    )


CLAIM = Claim(
    identifier="P6",
    paper="000",
    place="Sec. 3",
    statement="From an unbiased start u(0) = v(0), GF converges to argmin Q_ξ^GF subject to Xθ = y, where it interpolates.",
    printed_tex=(
        r"\theta^{\mathrm{GF}}(\infty) = \operatorname{argmin}_{X\theta = y} \frac14 \sum_{j=1}^d \left[ \theta_j "
        r"\operatorname{arcsinh}\left(\frac{\theta_j}{2\xi_j}\right) - \sqrt{4\xi_j^2 + \theta_j^2} + 2\xi_j \right]"
    ),
    confirms="The certified limit is the certified minimiser to every digit asked, on two problems, and uv is conserved.",
    refutes="A limit that is certainly not the minimiser.",
    compute=compute,
    seconds=1,
)
