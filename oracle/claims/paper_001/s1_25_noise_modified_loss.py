"""S1-25: two halves are lost in the modified loss of PGD.

Expanding E(x + η) brings ½ηᵀ∇²Eη, with the mean ½σ² Tr ∇²E and not σ² Tr ∇²E; expanding the gradient brings
∇E + ∇²Eη + ½∇³E[η, η], and not ∇³E[η, η].  With the means of products of η,

    E‖∇E(x + η)‖² = ‖∇E‖² + σ²‖∇²E‖_F² + σ² ⟨∇E, ∇Tr∇²E⟩ + O(σ⁴),

so that the expected modified loss is E + ½σ² Tr∇²E + (h/4) (‖∇E‖² + σ²‖∇²E‖_F² + σ²⟨∇E, ∇Tr∇²E⟩) + O(σ⁴).  The Hessian term
that does not vanish at minima is right as printed.  It comes with the mean of ‖∇E(x + η)‖²: the mean of one step is
x − h∇R, and the modified loss of that map, R + (h/4)‖∇R‖², has no such term.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from mpmath import mp

from oracle.claims.claim import Claim, Correction, Effect, Setting
from oracle.claims.evidence import Check, Findings, Line, Plot, Role
from oracle.claims.measures import identity_check, order_check
from oracle.claims.paper_001.shared_gaussian_moments import (
    General,
    gaussian_mean,
    general_polynomial,
    gradient,
    laplacian,
    normal_mean,
    through,
)
from oracle.claims.paper_001.shared_noisy_functions import FUNCTIONS, LADDER, NoisyFunction, at_point
from oracle.claims.paper_001.shared_quotients import FLINT
from reference.mpmath_arithmetic import nearest_mpf
from reference.observed_order import estimate_order

__all__ = ["CLAIM"]

DEGREE = 5
DIGITS = 40
STEP_SIZE = 2  # a large h, so that both parts are seen
OVER = f"all polynomials E of degree at most {DEGREE} in two variables"


def printed_loss_part(loss: Any, trace: Any, variance: Any) -> Any:
    """Return the printed terms without h."""
    return loss + variance * trace


def corrected_loss_part(loss: Any, trace: Any, variance: Any) -> Any:
    """Return them with the half."""
    return loss + variance * trace / 2


def printed_third() -> int:
    """Return by what ∇³E[η, η] is divided in the printed ‖∇E + ∇³E[η, η]‖²."""
    return 1


def corrected_slope_part(square: Any, frobenius: Any, mixed: Any, variance: Any) -> Any:
    """Return ‖∇E‖² + σ²‖∇²E‖_F² + σ²⟨∇E, ∇Tr∇²E⟩."""
    return square + variance * frobenius + variance * mixed


def compute(setting: Setting) -> Findings:
    """Expand both parts exactly for the general polynomial, and measure the remainders for two other losses."""
    general = general_polynomial(DEGREE)
    checks = [*_loss_part(general), *_slope_part(general), _averaged_step(general)]
    lines: list[Line] = []
    with mp.workdps(setting.digits(DIGITS)):
        for function in FUNCTIONS:
            for role, formula, order in (
                (Role.AS_PRINTED, _printed_in_one_variable, 3),
                (Role.CORRECTED, _corrected_in_one_variable, 4),
            ):
                errors = _errors(function, formula)
                lines.append(Line(f"{function.name}, {role}", tuple(map(float, LADDER)), tuple(errors)))
                checks.append(_order(role, function, errors, order))
    plot = Plot(
        "Expected modified loss of PGD less its expansion",
        "σ",
        "error",
        tuple(lines),
        x_log=True,
        y_log=True,
        caption="As printed the error falls like σ², the size of the terms themselves; corrected it falls like σ⁴.",
    )
    return Findings(tuple(checks), (plot,))


def _loss_part(general: General) -> Iterator[Check]:
    exact = gaussian_mean(general, general.loss)
    variance, trace = general.symbols[4] ** 2, laplacian(general.loss)
    printed, mended = (f(general.loss, trace, variance) for f in (printed_loss_part, corrected_loss_part))
    lost = through(general, printed - exact, 2)
    yield identity_check(
        Role.AS_PRINTED,
        lost == 0,
        "the terms without h are E + σ² Tr ∇²E, up to O(σ³)",
        _named(lost, {"½σ² Tr ∇²E": variance * trace / 2}),
        OVER,
        FLINT,
    )
    rest = through(general, mended - exact, 3)
    yield identity_check(
        Role.CORRECTED,
        rest == 0,
        "the terms without h are E + ½σ² Tr ∇²E, up to O(σ⁴)",
        _named(rest, {}),
        OVER,
        FLINT,
    )


def _slope_part(general: General) -> Iterator[Check]:
    slope, trace = gradient(general.loss), gradient(laplacian(general.loss))
    variance = general.symbols[4] ** 2
    square, mixed = _product(slope, slope), _product(slope, trace)
    frobenius = sum((entry**2 for row in slope for entry in gradient(row)), start=square * 0)
    exact = gaussian_mean(general, square)
    printed = variance * frobenius + normal_mean(general, _with_third(general, slope))
    gap = through(general, printed - exact, 2)
    yield identity_check(
        Role.AS_PRINTED,
        gap == 0,
        "the bracket after h/4 is σ²‖∇²E‖_F² + E‖∇E + ∇³E[η, η]‖², up to O(σ³)",
        _named(gap, {"σ²⟨∇E, ∇Tr∇²E⟩": variance * mixed}),
        OVER,
        FLINT,
    )
    rest = through(general, corrected_slope_part(square, frobenius, mixed, variance) - exact, 3)
    yield identity_check(
        Role.CORRECTED,
        rest == 0,
        "the bracket is ‖∇E‖² + σ²‖∇²E‖_F² + σ²⟨∇E, ∇Tr∇²E⟩, up to O(σ⁴)",
        _named(rest, {}),
        OVER,
        FLINT,
    )


def _with_third(general: General, slope: tuple[Any, Any]) -> Any:
    """Return ‖∇E + ∇³E[η, η]‖² with η = σ (p, q), as a polynomial in p and q."""
    p, q, s = general.symbols[2:5]
    total = p * 0
    for entry in slope:
        (uu, uv), (_, vv) = (gradient(part) for part in gradient(entry))
        total += (entry + s**2 * (uu * p**2 + 2 * uv * p * q + vv * q**2) / printed_third()) ** 2
    return total


def _averaged_step(general: General) -> Check:
    """Return whether ‖∇R‖², of the averaged step, has the Hessian term of E‖∇E(x + η)‖²."""
    slope, variance = gradient(general.loss), general.symbols[4] ** 2
    mean = gradient(gaussian_mean(general, general.loss))
    frobenius = sum((entry**2 for row in slope for entry in gradient(row)), start=variance * 0)
    gap = gaussian_mean(general, _product(slope, slope)) - _product(mean, mean)
    lacking = through(general, gap - variance * frobenius, 3) == 0
    return identity_check(
        Role.BESIDE,
        not lacking,
        "the modified loss R + (h/4)‖∇R‖² of the averaged step x − h∇R has the Hessian term too",
        "it lacks exactly (h/4)σ²‖∇²E‖_F², up to O(σ⁴)" if lacking else "it does not lack it alone",
        OVER,
        FLINT,
    )


def _named(gap: Any, known: dict[str, Any]) -> str:
    if gap == 0:
        return "equal"
    for name, polynomial in known.items():
        if gap == polynomial:
            return f"printed is larger by {name}"
    return f"they differ in {len(gap.to_dict())} terms"


def _product(left: tuple[Any, Any], right: tuple[Any, Any]) -> Any:
    return left[0] * right[0] + left[1] * right[1]


def _errors(function: NoisyFunction, formula: Callable[..., Any]) -> list[float]:
    x = at_point(function)
    errors = []
    for sigma in LADDER:
        variance = nearest_mpf(sigma) ** 2
        exact = function.mean(x, variance) + function.mean_square_slope(x, variance) * STEP_SIZE / 4
        errors.append(float(abs(exact - formula(function.derivatives(x), variance))))
    return errors


def _printed_in_one_variable(derivatives: tuple[Any, Any, Any, Any], variance: Any) -> Any:
    """Return the printed expansion, with E(E′ + E‴η²)² = E′² + 2σ²E′E‴ + 3σ⁴E‴²."""
    loss, slope, curvature, third = derivatives
    third = third / printed_third()
    bracket = variance * curvature**2 + slope**2 + 2 * variance * slope * third + 3 * (variance * third) ** 2
    return printed_loss_part(loss, curvature, variance) + bracket * STEP_SIZE / 4


def _corrected_in_one_variable(derivatives: tuple[Any, Any, Any, Any], variance: Any) -> Any:
    loss, slope, curvature, third = derivatives
    bracket = corrected_slope_part(slope**2, curvature**2, slope * third, variance)
    return corrected_loss_part(loss, curvature, variance) + bracket * STEP_SIZE / 4


def _order(role: Role, function: NoisyFunction, errors: list[float], order: int) -> Check:
    return order_check(
        role,
        estimate_order(errors),
        order,
        subject=f"the expected modified loss is its expansion up to O(σ^{order})",
        instance=f"{function.name}, h = {STEP_SIZE}",
        second_method="exact moments of polynomials",
    )


CLAIM = Claim(
    identifier="S1-25",
    paper="001",
    place="Sec. 7",
    statement="The expected modified loss of PGD is E + σ² Tr ∇²E + (h/4)[σ²‖∇²E‖_F² + E_η‖∇E + ∇³E[η, η]‖²] + "
    "O(σ³).",
    printed_tex=r"\mathbb{E}_{\eta}\Bigl[E(x+\eta)+\frac{h}{4}\|\nabla E(x+\eta)\|^2\Bigr]=E(x)"
    r"+\sigma^2\mathrm{Tr}(\nabla^2E(x))"
    r"+\frac{h}{4}\bigl[\sigma^2\|\nabla^2E(x)\|_F^2+\mathbb{E}_{\eta}\|\nabla E(x)"
    r"+\nabla^3E(x)[\eta,\eta]\|^2\bigr]+O(\sigma^3)",
    confirms="The exact mean of the general polynomial and its squared gradient has these terms and none else "
    "below σ³.",
    refutes="A term below σ³ that differs.",
    compute=compute,
    correction=Correction(
        "Two halves are lost: ½σ² Tr ∇²E, and ½∇³E[η, η]. In full: E + ½σ² Tr∇²E + (h/4)(‖∇E‖² + σ²‖∇²E‖_F² + "
        "σ²⟨∇E, ∇Tr∇²E⟩) + O(σ⁴).",
        Effect.AMENDS,
        r"E+\frac{1}{2}\sigma^2\mathrm{Tr}(\nabla^2E)+\frac{h}{4}\Bigl[\|\nabla E\|^2+\sigma^2\|\nabla^2E\|_F^2"
        r"+\sigma^2\langle\nabla E,\nabla\mathrm{Tr}(\nabla^2E)\rangle\Bigr]+O(\sigma^4)",
    ),
    seconds=2,
)
