"""S2-23: heavy ball implicitly regularises directional smoothness, gradient descent does not.

The term −η²(aω₁ + bω₂) of the flow α = 3 is −η²b ∇(∇L·∇²L ∇L) − η²(a − b) ω₁, by Eq. 21.  For heavy ball at large k
a = (1 + μ)²/(4(1 − μ)⁵) and b = (1 + 10μ + μ²)/(12(1 − μ)⁵), so a − b = (1 − μ)²/(6(1 − μ)⁵).  At μ = 0 this is Table
1's row for gradient descent: b = 1/12, not 0.  Gradient descent descends ∇L·∇²L ∇L too.  The difference is one of
degree: on the same clock and with the same effective step h = η/(1 − μ), β' = −∇L − … − h² b(1 − μ)³ ∇(…), heavy
ball's weight is (1 + 10μ + μ²)/(1 − μ)² times that of gradient descent, and ω₁ without it goes from two thirds of the
ω₁-term to nothing as μ → 1.

That ω₁ is what is left beside ω₁ + ω₂ is a choice.  It decides nothing where L is quadratic: there ω₁ = ω₂, and the whole
term is ½(a + b) ∇(∇L·∇²L ∇L), for gradient descent a sixth of that gradient.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flint import fmpq_poly

from oracle.claims.claim import Claim, Correction, Effect, Setting
from oracle.claims.evidence import Check, Findings, Line, Plot, Role
from oracle.claims.measures import identity_check
from oracle.claims.paper_002.shared_large_k import BY_R, field_of, in_momentum, momentum_poly, over
from oracle.claims.paper_002.shared_recursion import Fields, stationary_fields, third_order
from oracle.claims.paper_002.shared_runs import TRIALS, Run, Trial, ladder, order_of, unchanging
from reference.balls import ball

__all__ = ["CLAIM"]

EXACT = "exact series of gradient descent's modified equation"


def compute(setting: Setting) -> Findings:
    """Split the third-order terms, and see whether gradient descent can do without the gradient part."""
    return Findings((*_weights(), _quadratic(), _ratio(), _rest(), _alone(), *_measured(setting)), (_plot(),))


def weight() -> Any:
    """Return b, the factor of ω₁ + ω₂ once a − b is left to ω₁, for all μ in r = 1/(1 − μ)."""
    return third_order(stationary_fields(1))[1]


def printed_for_gradient_descent() -> Any:
    """Return the weight that the sentence gives gradient descent: none."""
    return 0


def printed_on_quadratics() -> Any:
    """Return the multiple of ∇(∇L·∇²L ∇L) that the sentence gives gradient descent where L is quadratic: none."""
    return 0


def _weights() -> Iterator[Check]:
    plain = weight()(1)
    yield identity_check(
        Role.AS_PRINTED,
        plain == printed_for_gradient_descent(),
        "gradient descent's flow α = 3 has no part along ∇(∇L·∇²L ∇L)",
        f"its weight is {plain}",
        "all L, μ = 0",
        BY_R,
    )
    numerator = 1 + 10 * momentum_poly() + momentum_poly() ** 2
    yield identity_check(
        Role.AS_PRINTED,
        weight() == over(numerator / 12, 5) and all(numerator[i] > 0 for i in range(3)),
        "heavy ball's has one, of positive weight",
        f"its weight is {in_momentum(weight())}",
        "all L and μ",
        BY_R,
    )


def _quadratic() -> Check:
    """Return whether gradient descent has none of it on quadratic losses, where ω₁ = ω₂ leaves no choice of the rest."""
    first, second = (value(1) for value in third_order(stationary_fields(1)))
    whole = (first + second) / 2
    return identity_check(
        Role.AS_PRINTED,
        whole == printed_on_quadratics(),
        "nor for quadratic L, where ω₁ = ω₂ = ½∇(∇L·∇²L ∇L) whatever is left beside it",
        f"its whole third-order term is {whole} of ∇(∇L·∇²L ∇L)",
        "all quadratic L, μ = 0",
        BY_R,
    )


def _ratio() -> Check:
    """Return whether both weights compare as the correction says: times (1 − μ)³ for the clock and the step."""
    r = fmpq_poly([0, 1])
    numerator = 1 + 10 * momentum_poly() + momentum_poly() ** 2
    scaled = over(numerator, 2) * weight()(1)
    return identity_check(
        Role.CORRECTED,
        weight() == scaled * r**3,
        "at the same η/(1 − μ) heavy ball's weight is (1 + 10μ + μ²)/(1 − μ)² times that of gradient descent",
        f"heavy ball has {in_momentum(weight())}, gradient descent {weight()(1)}",
        "all μ",
        BY_R,
    )


def _rest() -> Check:
    first, second = third_order(stationary_fields(1))
    return identity_check(
        Role.CORRECTED,
        first - second == over((1 - momentum_poly()) ** 2 / 6, 5),
        "what is left for ω₁ is (1 − μ)²/(6(1 − μ)⁵)",
        f"it is {in_momentum(first - second)}",
        "all μ",
        BY_R,
    )


def _alone() -> Check:
    """Return whether ω₁ drops out beside ω₁ + ω₂ for μ → 1: whether its power of r = 1/(1 − μ) is lower."""
    first, second = third_order(stationary_fields(1))
    powers = (first - second).degree(), second.degree()
    return identity_check(
        Role.BESIDE,
        powers[0] < powers[1],
        "for μ → 1 heavy ball's third-order term is along ω₁ + ω₂ alone",
        f"what is left for ω₁ goes with (1 − μ)^−{powers[0]}, ω₁ + ω₂ with (1 − μ)^−{powers[1]}",
        "all L",
        BY_R,
    )


def _measured(setting: Setting) -> Iterator[Check]:
    """Run gradient descent's flow with its whole third-order term, and without the part along the gradient."""
    first, second = (value(1) for value in third_order(stationary_fields(1)))
    for trial in TRIALS[:2]:
        here = Trial(trial.instance, 0 * trial.momentum, trial.slow)
        for role, part, subject in (
            (Role.AS_PRINTED, printed_for_gradient_descent(), "without a part along ∇(∇L·∇²L ∇L)"),
            (Role.CORRECTED, second, "with 1/12 of it"),
        ):
            field = _gradient_descent(first - second + part, part)
            seen = ladder(here, Run(unchanging(field), 3), setting).seen.whole
            asked = f"gradient descent's flow {subject} is O(η³)-close"
            yield order_of(role, seen, 3, asked, (here, EXACT))


def _gradient_descent(omega1: Any, omega2: Any) -> Fields:
    values = [ball(1), ball(1) / 2, ball(0) + omega1, ball(0) + omega2]
    return field_of(*values)


def _plot() -> Plot:
    momenta = tuple(i / 20 for i in range(20))
    ratio = tuple((1 + 10 * m + m * m) / (1 - m) ** 2 for m in momenta)
    return Plot(
        "Weight of ∇(∇L·∇²L ∇L) at the same effective step",
        "μ",
        "times that of gradient descent",
        (Line("(1 + 10μ + μ²)/(1 − μ)²", momenta, ratio),),
        y_log=True,
        caption="Momentum strengthens a term that gradient descent has already.",
    )


CLAIM = Claim(
    identifier="S2-23",
    paper="002",
    place="Sec. 2.2",
    statement=(
        "The flow α = 3 suggests that heavy ball implicitly imposes a regularisation of directional smoothness, "
        "which is not the case for gradient descent."
    ),
    printed_tex=r"\omega_1 + \omega_2 = \nabla \left(\nabla L \cdot (\nabla^2 L \nabla L) \right)",
    confirms=(
        "The third-order term of heavy ball's flow has a part along the gradient of ∇L·∇²L ∇L (by Eq. 21 what "
        "regularises directional smoothness), and that of gradient descent has none."
    ),
    refutes="Such a part, of the same sign, in gradient descent's flow, without which it is not O(η³)-close.",
    compute=compute,
    correction=Correction(
        text=(
            "Both do. The weight of ∇(∇L·∇²L ∇L), the rest being left to ω₁, is 1/12 for gradient descent and, at the "
            "same effective step η/(1 "
            "− μ), (1 + 10μ + μ²)/(1 − μ)² times as much for heavy ball: momentum strengthens the term and does "
            "not bring it in."
        ),
        effect=Effect.REPLACES,
        tex=(
            r"\gamma^{(1)} = \frac{1+10\mu+\mu^2}{12(1-\mu)^5} \nabla\left(\nabla L \cdot \nabla^2 L \nabla L\right) "
            r"+ \frac{1}{6(1-\mu)^3}\,\omega_1"
        ),
    ),
    seconds=2,
)
