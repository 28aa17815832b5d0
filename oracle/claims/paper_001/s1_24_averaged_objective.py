"""S1-24: R(x) = E(x) + ½σ² Tr ∇²E(x) + O(σ³), and the remainder is O(σ⁴) in fact.

Odd moments of η vanish, E ηηᵀ = σ²I, and the next term of the expansion is (σ⁴/8) (Tr∇²)²E.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mpmath import mp

from oracle.claims.claim import Claim, Setting
from oracle.claims.evidence import Check, Findings, Role
from oracle.claims.measures import identity_check, order_check
from oracle.claims.paper_001.shared_gaussian_moments import (
    gaussian_mean,
    general_polynomial,
    laplacian,
    through,
)
from oracle.claims.paper_001.shared_noisy_functions import FUNCTIONS, LADDER, NoisyFunction, at_point
from oracle.claims.paper_001.shared_quotients import FLINT
from reference.mpmath_arithmetic import nearest_mpf
from reference.observed_order import estimate_order

__all__ = ["CLAIM"]

DEGREE = 6
DIGITS = 40
OVER = f"all polynomials E of degree at most {DEGREE} in two variables"


def printed_expansion(loss: Any, trace: Any, variance: Any) -> Any:
    """Return E + ½σ² Tr ∇²E."""
    return loss + variance * trace / 2


def compute(setting: Setting) -> Findings:
    """Expand the mean of the general polynomial exactly, and measure the remainder of two other losses."""
    checks = [_identity(Role.AS_PRINTED, 2), _identity(Role.BESIDE, 3)]
    with mp.workdps(setting.digits(DIGITS)):
        for function in FUNCTIONS:
            checks.extend(_measured(function))
    return Findings(tuple(checks))


def _identity(role: Role, power: int) -> Check:
    general = general_polynomial(DEGREE)
    variance = general.symbols[4] ** 2
    formula = printed_expansion(general.loss, laplacian(general.loss), variance)
    rest = through(general, gaussian_mean(general, general.loss) - formula, power)
    return identity_check(
        role,
        rest == 0,
        f"R(x) − E(x) − ½σ² Tr ∇²E(x) has no terms below σ^{power + 1}",
        "none" if rest == 0 else f"{len(rest.to_dict())} such terms",
        OVER,
        FLINT,
    )


def _measured(function: NoisyFunction) -> Iterator[Check]:
    x = at_point(function)
    loss, _, curvature, _ = function.derivatives(x)
    errors = []
    for sigma in LADDER:
        variance = nearest_mpf(sigma) ** 2
        errors.append(float(abs(function.mean(x, variance) - printed_expansion(loss, curvature, variance))))
    for role, order in ((Role.AS_PRINTED, 3), (Role.BESIDE, 4)):
        yield order_check(
            role,
            estimate_order(errors),
            order,
            subject=f"the remainder falls like σ^{order} at least",
            instance=function.name,
            second_method="exact moments of polynomials",
        )


CLAIM = Claim(
    identifier="S1-24",
    paper="001",
    place="Sec. 7",
    statement="R(x) := E_η E(x + η), η ~ N(0, σ²I), is E(x) + ½σ² Tr ∇²E(x) + O(σ³).",
    printed_tex=r"R(x)=E(x)+\frac{1}{2}\sigma^2\mathrm{Tr}(\nabla^2E(x))+O(\sigma^3)",
    confirms="The exact mean of the general polynomial has these terms and none else below σ³, and for two other "
    "losses with known means "
    "the remainder falls like σ³ at least.",
    refutes="A further or another term below σ³.",
    compute=compute,
    seconds=1,
)
