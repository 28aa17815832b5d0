"""Q4: γ → ρ²γ, β → 1 − ρ(1 − β) keeps λ and multiplies the step by ρ, as long as the new MGD is one.

λ̂ = ρ²γ/(ρ(1 − β))² = λ and ε̂ = ρ²γ/(ρ(1 − β)) = ρε identically.  With x = 1 − β, 1 − ρx and β^ρ = (1 − x)^ρ agree in the
powers 1 and x, and differ by ρ(ρ − 1)x²/2 + O(x³): the ≈ is right for every ρ.

"For ρ > 0" is too much: β̂ = 1 − ρ(1 − β) is in [0, 1), as MGD asks, only if ρ(1 − β) ≤ 1, the end being gradient descent
with the step λ.  And speeding up by ρ means ŵ_k ≈ w_{ρk}: both follow MGF(λ) with errors O(ρε) and O(ε) (Q1, Q3), so
ρε must be small; a ρ that is allowed by the first condition alone may diverge.  On F = ½w² MGD is stable for γ < 2(1
+ β): the new one for ρ²γ < 2(2 − ρ(1 − β)).

Source: paper 003, Sec. 2.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import islice
from typing import Any

from flint import Ordering, fmpq, fmpq_mpoly_ctx

from oracle.claims.claim import Claim, Setting
from oracle.claims.evidence import Check, Findings, Grade, Role
from oracle.claims.instances import HADAMARD, QUARTIC_TWO, Instance
from oracle.claims.measures import identity_check, order_check
from reference.arithmetic import RationalArithmetic
from reference.balls import ball_precision
from reference.case import Case, Method, Polynomial, Term
from reference.enclosures import enclose
from reference.observed_order import estimate_order
from reference.trajectory import states

__all__ = ["CLAIM"]

BITS = 128
LAMBDA = Fraction(1, 2)
LADDER = tuple(Fraction(1, 16 * 2**i) for i in range(4))  # ε
HORIZON = Fraction(2)
FACTORS = (2, 3)  # ρ
BY = "polynomials over the rationals (FLINT)"
QUADRATIC = Instance(
    "F = ½w², from w = 1",
    Case(
        Polynomial((Term(Fraction(1, 2), (2,)),)),
        "polynomial",
        {"b": (Fraction(1),)},
        Method("heavy_ball", Fraction(1, 2)),
    ),
)


def compute(setting: Setting) -> Findings:
    """Show the identities, follow both runs on a ladder of ε, and try ρ beyond the range."""
    checks = [
        _kept(Role.AS_PRINTED),
        _kept(Role.UNDER_ASSUMPTION),
        _power(Role.AS_PRINTED),
        _power(Role.UNDER_ASSUMPTION),
    ]
    for instance, factor in ((HADAMARD, FACTORS[0]), (QUARTIC_TWO, FACTORS[1])):
        checks.append(_speed_up(instance, factor, setting.bits(BITS)))
    checks += [_range(Fraction(20), Fraction(9, 10)), _diverges()]
    return Findings(tuple(checks))


def accelerated(rho: Any, gamma: Any, beta: Any) -> tuple[Any, Any]:
    """Return the printed γ̂ and β̂."""
    return rho**2 * gamma, 1 - rho * (1 - beta)


def _kept(role: Role) -> Check:
    context = fmpq_mpoly_ctx.get(("rho", "gamma", "beta"), Ordering.lex)
    rho, gamma, beta = context.gens()
    new_gamma, new_beta = accelerated(rho, gamma, beta)
    inertia = new_gamma * (1 - beta) ** 2 - gamma * (1 - new_beta) ** 2
    step = new_gamma * (1 - beta) - rho * gamma * (1 - new_beta)
    return identity_check(
        role,
        inertia == 0 and step == 0,
        "γ̂/(1 − β̂)² = γ/(1 − β)² and γ̂/(1 − β̂) = ρ γ/(1 − β)",
        f"after clearing denominators the differences are {inertia} and {step}",
        "all ρ, γ and β",
        BY,
    )


def _power(role: Role) -> Check:
    """Return whether (1 − x)^ρ begins with 1 − ρx: from (1 − x) f' = −ρ f, f(0) = 1."""
    context = fmpq_mpoly_ctx.get(("rho",), Ordering.lex)
    (rho,) = context.gens()
    coefficients = [rho**0]
    for k in range(2):
        coefficients.append(coefficients[-1] * (k - rho) * fmpq(1, k + 1))
    _, linear = accelerated(rho, rho**0, 0 * rho)  # at β = 0, that is x = 1: 1 + (its coefficient of x)
    same = coefficients[1] == linear - 1
    return identity_check(
        role,
        same,
        "1 − ρ(1 − β) is β^ρ up to O((1 − β)²)",
        f"β^ρ has the coefficients 1, {coefficients[1]}, {coefficients[2]} of the powers of 1 − β",
        "all ρ",
        BY,
    )


def _speed_up(instance: Instance, factor: int, bits: int) -> Check:
    """Measure max |ŵ_k − w_{ρk}| as ε is halved: it must fall with ε."""
    gaps = []
    for step in LADDER:
        beta = 1 - step / LAMBDA  # ε = λ(1 − β)
        gamma = LAMBDA * (1 - beta) ** 2
        slow = _run(instance, gamma, beta, int(HORIZON / step), bits)
        fast = _run(
            instance, *accelerated(Fraction(factor), gamma, beta), int(HORIZON / step) // factor, bits
        )
        gaps.append(
            max(max(abs(a - b) for a, b in zip(x, slow[factor * k], strict=True)) for k, x in enumerate(fast))
        )
    return order_check(
        Role.UNDER_ASSUMPTION,
        estimate_order(gaps),
        1,
        subject=f"ŵ_k = w_{{{factor}k}} + O(ε) up to the time {HORIZON}",
        instance=f"{instance.name}, ρ = {factor}, λ = {LAMBDA}, ρ(1 − β) ≤ {float(factor * LADDER[0] / LAMBDA):g}",
        second_method="identity of λ and ρε, each an O(ε) discretisation of one flow",
    )


def _run(instance: Instance, gamma: Fraction, beta: Fraction, steps: int, bits: int) -> list[list[float]]:
    """Return midpoints of the enclosed iterates of MGD from w_0 = w_1."""
    case = Case(
        instance.case.problem, instance.case.model, instance.case.init, Method("heavy_ball", gamma, beta)
    )
    found = enclose(case, range(steps + 1), bits).positions
    with ball_precision(bits):
        return [[float(x.mid()) for x in found[k]] for k in range(steps + 1)]


def _range(rho: Fraction, beta: Fraction) -> Check:
    _, new = accelerated(rho, Fraction(1), beta)
    return Check(
        Role.AS_PRINTED,
        0 <= new < 1,
        "for every ρ > 0 the couple is one of an MGD: 0 ≤ β̂ < 1",
        f"β̂ = {new}",
        f"ρ = {rho}, β = {beta}",
        Grade.CERTIFIED,
        ("rationals",),
    )


def _diverges() -> Check:
    """Follow F = ½w² where ρ(1 − β) = 1/2 is allowed, but ρε is not small: MGD halves nothing and the new run grows."""
    gamma, beta, rho = Fraction(1, 8), Fraction(9, 10), Fraction(5)
    new_gamma, new_beta = accelerated(rho, gamma, beta)
    ends = []
    for g, b, steps in ((gamma, beta, 100), (new_gamma, new_beta, 20)):
        case = Case(QUADRATIC.case.problem, "polynomial", QUADRATIC.case.init, Method("heavy_ball", g, b))
        *_, last = islice(states(case, RationalArithmetic(Fraction)), steps + 1)
        ends.append(abs(float(next(iter(last.position)))))
    return Check(
        Role.AS_PRINTED,
        ends[1] < 1,
        "the accelerated run converges where the first one does, ρ times as fast",
        f"|w_100| = {ends[0]:.2g}, |ŵ_20| = {ends[1]:.2g}",
        f"{QUADRATIC.name}, γ = {gamma}, β = {beta}, ρ = {rho}, so γ̂ = {new_gamma}, β̂ = {new_beta}",
        Grade.CERTIFIED,
        ("both runs in rationals",),
    )


CLAIM = Claim(
    identifier="Q4",
    paper="003",
    place="Sec. 2",
    statement="For ρ > 0, γ̂ = ρ²γ and β̂ = 1 − ρ(1 − β) ≈ β^ρ (β → 1): MGD(γ̂, β̂) from (w_0, w_0) again discretises MGF(λ), "
    "with ε̂ = ρε: a speed-up by ρ.",
    confirms="Both identities in symbols, the first powers of 1 − β, and runs with ŵ_k = w_{ρk} + O(ε) for every ρ tried.",
    refutes="A ρ > 0 for which the couple is none of an MGD, or whose run does not follow the slower one.",
    compute=compute,
    printed_tex=r"\hat\gamma = \rho^2 \gamma, \quad \hat\beta = 1 - \rho(1-\beta) \approx_{\beta \to 1} \beta^\rho, "
    r"\quad \hat\varepsilon = \rho \cdot \varepsilon",
    assumption="ρ(1 − β) ≤ 1 and the new step ρε is small enough for the accelerated run to follow the flow",
    seconds=2,
)
