"""S2-21: ω₁ + ω₂ = ∇(∇L·(∇²L ∇L)).

With g = ∇L, H = ∇²L, T = ∇³L: ω₁ = HHg and ω₂ = (g·∇)(Hg) = T(g, g) + HHg.  By the product rule ∇(g·Hg) = 2 HHg +
T(g, g), each of the two g's bringing one HHg: that is ω₁ + ω₂, and no factor is lost.  Both sides take three
derivatives of L at a point, so a cubic with all its coefficients free is general.

What the paper says of it goes further.  The directional smoothness is 𝒟 = g·Hg/|g|² + O(η), so ω₁ + ω₂ is the
gradient of |g|²𝒟 at leading order, not of 𝒟 and not an approximation of it.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations_with_replacement
from math import prod
from typing import Any

from flint import Ordering, fmpq_mpoly_ctx

from oracle.claims.claim import Claim, Setting
from oracle.claims.evidence import Check, Findings, Role
from oracle.claims.measures import identity_check

__all__ = ["CLAIM"]

DIMENSIONS = (1, 2, 3)
BY = "polynomials in β and all coefficients of a cubic loss over the rationals (FLINT)"


def compute(setting: Setting) -> Findings:
    """Differentiate the general cubic; exact, whatever the precision."""
    return Findings((*map(_equation_21, DIMENSIONS), _weighted(2), _unweighted(2)))


@lru_cache(maxsize=4)
def jets(d: int) -> tuple[list[Any], list[Any], list[list[Any]]]:
    """Return β, ∇L and ∇²L of the cubic in d variables whose coefficients are symbols."""
    powers = [c for m in (1, 2, 3) for c in combinations_with_replacement(range(d), m)]
    names = [f"b{i}" for i in range(d)] + ["c" + "".join(map(str, c)) for c in powers]
    symbols = fmpq_mpoly_ctx.get(tuple(names), Ordering.degrevlex).gens()
    beta = list(symbols[:d])
    zero = 0 * beta[0]
    loss = sum((s * prod(beta[i] for i in c) for c, s in zip(powers, symbols[d:], strict=True)), start=zero)
    gradient = [loss.derivative(i) for i in range(d)]
    return beta, gradient, [[slope.derivative(j) for j in range(d)] for slope in gradient]


def along(gradient: list[Any], of: list[Any]) -> list[Any]:
    """Return (∇L·∇) of a vector field."""
    d = len(gradient)
    return [_sum(gradient[j] * entry.derivative(j) for j in range(d)) for entry in of]


def omegas(d: int) -> tuple[list[Any], list[Any]]:
    """Return ω₁ = (∇L·∇²L)·∇²L and ω₂ = ∇L·∇(∇L·∇²L)."""
    _, gradient, hessian = jets(d)
    once = _times(hessian, gradient)
    return _times(hessian, once), along(gradient, once)


def curvature(d: int) -> Any:
    """Return ∇L·(∇²L ∇L)."""
    _, gradient, hessian = jets(d)
    return _sum(a * b for a, b in zip(gradient, _times(hessian, gradient), strict=True))


def _equation_21(d: int) -> Check:
    first, second = omegas(d)
    wrong = sum(first[i] + second[i] != curvature(d).derivative(i) for i in range(d))
    return identity_check(
        Role.AS_PRINTED,
        wrong == 0,
        f"ω₁ + ω₂ is the gradient of ∇L·(∇²L ∇L), d = {d}",
        f"{wrong} of {d} coordinates differ",
        f"all L in {d} variables" if d > 1 else "all L in one variable",
        BY,
    )


def _smoothness(d: int) -> tuple[Any, Any]:
    """Return |∇L|² 𝒟 and |∇L|² at η → 0: ∇L·(∇L(β) − ∇L(β − η∇L))/η, by the slope of ∇L along −∇L at η = 0."""
    _, gradient, _ = jets(d)
    slope = along(gradient, gradient)
    return (
        _sum(a * b for a, b in zip(gradient, slope, strict=True)),
        _sum(a * a for a in gradient),
    )


def _weighted(d: int) -> Check:
    numerator, _ = _smoothness(d)
    return identity_check(
        Role.BESIDE,
        numerator == curvature(d),
        "∇L·(∇²L ∇L) is |∇L|² 𝒟 at leading order, 𝒟 the directional smoothness",
        "equal" if numerator == curvature(d) else "they differ",
        f"all L in {d} variables",
        BY,
    )


def _unweighted(d: int) -> Check:
    """Return whether ω₁ + ω₂ is the gradient of 𝒟 itself at leading order: |g|⁴ ∇(N/|g|²) = |g|² ∇N − N ∇|g|²."""
    numerator, square = _smoothness(d)
    first, second = omegas(d)
    wrong = 0
    for i in range(d):
        slope = square * numerator.derivative(i) - numerator * square.derivative(i)
        wrong += slope != square**2 * (first[i] + second[i])
    return identity_check(
        Role.BESIDE,
        wrong == 0,
        "ω₁ + ω₂ is the gradient of the directional smoothness 𝒟 itself",
        f"{wrong} of {d} coordinates differ: it is that of |∇L|² 𝒟",
        f"all L in {d} variables",
        BY,
    )


def _times(matrix: list[list[Any]], vector: list[Any]) -> list[Any]:
    return [_sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix]


def _sum(terms: Any) -> Any:
    first, *others = terms
    return sum(others, start=first)


CLAIM = Claim(
    identifier="S2-21",
    paper="002",
    place="Eq. 21",
    statement="ω₁ + ω₂ = ∇(∇L·(∇²L ∇L)).",
    printed_tex=r"\omega_1 + \omega_2 = \nabla \left(\nabla L \cdot (\nabla^2 L \nabla L) \right)",
    confirms=(
        "Both sides are one polynomial for the general cubic in up to three variables, which has every set of "
        "derivatives up to the third that a loss can have at a point; the product rule gives it for all dimensions."
    ),
    refutes="A coordinate that differs.",
    compute=compute,
    seconds=1,
)
