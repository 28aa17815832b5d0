"""What large k means in paper 002: the limit of the recursion, and how late heavy ball from rest is on it.

With r = 1/(1 − μ) the limits of all γ_k^(σ) are polynomials of r, so that an identity between them holds for every μ.

At first order in η heavy ball has β_k = β_0 − η h_k ∇L(β_0) with h_{k+1} − h_k = 1 + μ (h_k − h_{k−1}) = (1 −
μ^(k+1))/(1 − μ), so

    h_k = k/(1 − μ) − μ (1 − μ^k)/(1 − μ)²,

while a flow that has its large-k field from the start moves by k/(1 − μ).  The difference tends to μ/(1 − μ)², a lag of
μ/(1 − μ) steps that nothing later makes up.  Started at S(β_0) = β_0 + η μ/(1 − μ)² ∇L(β_0) + …, as much earlier on its
own orbit, the flow is level with heavy ball once μ^k is small; `reference.start_shift` has the higher powers of S.

Source: paper 002, Eq. 16, 17, 19, 20, 70.
"""

from __future__ import annotations

from typing import Any

from flint import Ordering, fmpq_mpoly_ctx, fmpq_poly

from oracle.claims.evidence import Check, Grade, Role
from oracle.claims.paper_002.shared_recursion import FORK, TALL, TWO, Fields
from reference.rooted_trees import LEAF

__all__ = ["BY_R", "field_of", "gamma_0", "in_momentum", "late_by", "late_check", "momentum_poly", "over"]

BY_R = "polynomials of 1/(1 − μ) over the rationals (FLINT)"


def momentum_poly() -> fmpq_poly:
    """Return μ, as a polynomial of itself."""
    return fmpq_poly([0, 1])


def over(numerator: fmpq_poly, power: int) -> fmpq_poly:
    """Return p(μ)/(1 − μ)^power as a polynomial of r = 1/(1 − μ): μ^i r^n = (r − 1)^i r^(n − i)."""
    r = fmpq_poly([0, 1])
    total = 0 * r
    for i in range(numerator.degree() + 1):
        total += numerator[i] * (r - 1) ** i * r ** (power - i)
    return total


def in_momentum(polynomial: fmpq_poly) -> str:
    """Return a polynomial of r = 1/(1 − μ) as a reader writes it: a quotient of a polynomial of μ and (1 − μ)^n."""
    power = polynomial.degree()
    left = fmpq_poly([1, -1])
    top = sum((polynomial[i] * left ** (power - i) for i in range(power + 1)), start=fmpq_poly())
    whole = (top * int(top.denom())).coeffs()
    terms = [(int(number), _power("μ", i)) for i, number in enumerate(whole) if number]
    text = "".join(
        (" − " if number < 0 else " + ") + (f"{abs(number)}" * (abs(number) != 1 or not name) + name)
        for number, name in terms
    )
    text = "−" + text[3:] if text.startswith(" − ") else text[3:]
    below = f"{top.denom()}" * (top.denom() != 1) + _power("(1 − μ)", power)
    if not below:
        return text or "0"
    above = f"({text})" if len(terms) > 1 else text
    return f"{above}/({below})" if top.denom() != 1 and power > 0 else f"{above}/{below}"


def _power(name: str, power: int) -> str:
    if power <= 1:
        return name * power
    return name + str(power).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))


def field_of(gradient: Any, curvature: Any, omega1: Any = 0, omega2: Any = 0) -> Fields:
    """Return the field −(x ∇L + η y ∇²L∇L + η² (z₁ ω₁ + z₂ ω₂)) by trees: ω₂ = ω₁ + ∇³L(∇L, ∇L), [..] has symmetry 2."""
    zero = 0 * gradient
    third = {TALL: zero + omega1 + omega2, FORK: zero + 2 * omega2}
    return [{LEAF: gradient}, {TWO: zero + curvature}, third]


def gamma_0(mu: Any, following: Any, count: Any) -> Any:
    """Return 2(1 − μ)³ times the factor of ∇L·∇²L in γ_j^(0): Eq. 57 with its sums done.

    Parameters
    ----------
    mu, following, count : numbers
        μ, μ^(j+1) and j + 1.
    """
    past = (1 - following) * following * (1 + mu)
    return (1 + mu) * (1 - following) + past - 4 * count * following * (1 - mu)


def late_by() -> tuple[Any, Any]:
    """Return (1 − μ)² (k/(1 − μ) − h_k), and what the closed form of h_k misses its recursion by: in μ, P = μ^k and k."""
    mu, power, k = fmpq_mpoly_ctx.get(("mu", "P", "k"), Ordering.lex).gens()
    h = k * (1 - mu) - mu * (1 - power)  # times (1 − μ)²
    following = (k + 1) * (1 - mu) - mu * (1 - mu * power)
    wrong = following - h - (1 - mu) * (1 - mu * power)
    return k * (1 - mu) - h, wrong


def late_check(order: int) -> Check:
    """Return whether ε_k of a large-k flow from β_0 lacks the power η¹, as O(η^order) with order ≥ 2 asks."""
    behind, wrong = late_by()
    return Check(
        Role.AS_PRINTED,
        None if wrong != 0 else behind == 0,
        f"ε_k = O(η^{order}) from β(0) = β_0: the coefficient of η in ε_k is zero",
        "it is −μ(1 − μ^k)/(1 − μ)² ∇L(β_0), which tends to −μ/(1 − μ)² ∇L(β_0)"
        if behind != 0
        else "it is zero",
        "all μ, k and L",
        Grade.CERTIFIED,
        ("polynomials in μ, μ^k and k over the rationals (FLINT)",),
        universal=True,
    )
