"""S1-9: for E = ½(y − w₁w₂x)² the regulariser (h/4)‖∇E‖² is (h/2) x² (w₁² + w₂²) E, twice x² times what is printed.

With r = y − w₁w₂x the gradient is −r x (w₂, w₁), so that ‖∇E‖² = r² x² (w₁² + w₂²) = 2 x² (w₁² + w₂²) E.  What the paper
concludes, a pull towards a smaller w₁² + w₂², stands.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from oracle.claims.claim import Claim, Correction, Effect, Setting
from oracle.claims.evidence import Check, Findings, Grade, Role
from oracle.claims.measures import identity_check
from oracle.claims.paper_001.shared_quotients import FLINT, factored, polynomials
from reference.arithmetic import RationalArithmetic, Vector
from reference.case import Case, Method, Regression
from reference.objective import objective_of

__all__ = ["CLAIM"]

POINTS = (
    ("1", "3/5", "14/5", "17/5"),
    ("2", "-1", "1/2", "3/4"),
)  # x, y, w₁, w₂; the first is the start of Sec. 4.1


def as_printed(x: Any, w1: Any, w2: Any, loss: Any) -> Any:
    """Return the regulariser over h, as printed."""
    return (w1**2 + w2**2) * loss / 4


def corrected(x: Any, w1: Any, w2: Any, loss: Any) -> Any:
    """Return it with the factor 2x²."""
    return x**2 * (w1**2 + w2**2) * loss / 2


def compute(setting: Setting) -> Findings:
    """Differentiate the loss as a polynomial, and evaluate both formulas at two points with the library's gradient."""
    checks = [_identity(Role.AS_PRINTED, as_printed), _identity(Role.CORRECTED, corrected)]
    checks += [_at(point) for point in POINTS]
    return Findings(tuple(checks))


def _identity(role: Role, formula: Any) -> Check:
    x, y, w1, w2 = polynomials("x", "y", "w1", "w2")
    loss = (y - w1 * w2 * x) ** 2 / 2
    squared = loss.derivative("w1") ** 2 + loss.derivative("w2") ** 2
    gap = squared / 4 - formula(x, w1, w2, loss)
    return identity_check(
        role,
        gap == 0,
        "¼‖∇E‖² equals the formula",
        "equal" if gap == 0 else f"they differ by {factored(gap)}",
        "all x, y, w₁, w₂",
        FLINT,
    )


def _at(point: tuple[str, ...]) -> Check:
    x, y, w1, w2 = map(Fraction, point)
    problem = Regression(((x,),), (y,), "half_sum_square")
    case = Case(
        problem, "scalar_product", {"a1": (w1,), "a2": (w2,)}, Method("gradient_descent", Fraction(1, 100))
    )
    objective = objective_of(case, RationalArithmetic())
    position = Vector([w1, w2])
    exact = sum((slope**2 for slope in objective.gradient(position)), start=Fraction(0)) / 4
    formula = corrected(x, w1, w2, objective.loss(position))
    return Check(
        role=Role.CORRECTED,
        holds=formula == exact,
        asked="¼‖∇E‖² equals the corrected formula, with the gradient that the runs use",
        found=f"¼‖∇E‖² = {exact}, the formula {formula}",
        instance=f"x = {x}, y = {y}, w = ({w1}, {w2})",
        grade=Grade.CERTIFIED,
        methods=("exact rationals",),
    )


CLAIM = Claim(
    identifier="S1-9",
    paper="001",
    place="Sec. 4.1",
    statement="For E(w₁, w₂) = ½(y − w₁w₂x)² the implicit regulariser is (h/4)‖∇E‖² = (h/4)(w₁² + w₂²)E.",
    printed_tex=r"\frac{h}{4}\|\nabla E\|_2^2=\frac{h}{4}(w_1^2+w_2^2)E",
    confirms="Both sides are one polynomial in x, y, w₁, w₂.",
    refutes="Their difference is not the zero polynomial.",
    compute=compute,
    correction=Correction(
        "A factor 2x² is lost (2 for the paper's x = 1): (h/4)‖∇E‖² = (h/2) x² (w₁² + w₂²) E.",
        Effect.AMENDS,
        r"\frac{h}{4}\|\nabla E\|_2^2=\frac{h}{2}x^2(w_1^2+w_2^2)E",
    ),
    seconds=1,
)
