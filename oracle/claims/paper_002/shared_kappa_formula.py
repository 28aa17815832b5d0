"""The exponent of κ_j and the rate ε_j' for α = 2, as paper 002 prints them and as derived in `s2_33_kappa_formula`.

Source: paper 002, Eq. 27, 105, 113.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Any

from mpmath import mp, mpf

from oracle.claims.evidence import Check, Role
from oracle.claims.measures import identity_check
from oracle.claims.paper_002.shared_diagonal_field import FLINT, Network, symbolic_network, told
from reference.mpmath_arithmetic import nearest_mpf

__all__ = [
    "Exponent",
    "corrected_exponent",
    "corrected_rate",
    "printed_exponent",
    "printed_rate",
    "rate_identities",
]

Numbers = Sequence[Fraction]
Exponent = Callable[[Network, Fraction, Numbers, Numbers], list[mpf]]


def corrected_exponent(network: Network, eta: Fraction, energy: Numbers, w: Numbers) -> list[mpf]:
    """Return −η(1+μ)/(1−μ)³ Φ_j; w has no part in it."""
    del w
    mu = network.momentum
    return [-nearest_mpf(eta * (1 + mu) / (1 - mu) ** 3 * e) for e in energy]


def printed_exponent(network: Network, eta: Fraction, energy: Numbers, w: Numbers) -> list[mpf]:
    """Return η(1+μ)/(1−μ)² (−Φ_j/(1−μ) + (XᵀXq)_j/n), q_i = √(w_i² + 4κ_i(0)²) − 2κ_i(0), Eq. 27."""
    mu = network.momentum
    q = [
        mp.sqrt(nearest_mpf(x * x + 4 * k * k)) - 2 * nearest_mpf(k)
        for x, k in zip(w, network.kappa(), strict=True)
    ]
    turned = [mp.fdot([nearest_mpf(a) for a in line], q) for line in network.gram()]
    front = nearest_mpf(eta * (1 + mu) / (1 - mu) ** 2)
    return [front * (t - nearest_mpf(e / (1 - mu))) for t, e in zip(turned, energy, strict=True)]


def printed_rate(g: list[Any], turned: list[Any]) -> list[Any]:
    """Return ε'/b of Eq. 105 from g and A(wg): 8[g² + A(wg)]."""
    return [8 * (s * s + t) for s, t in zip(g, turned, strict=True)]


def corrected_rate(g: list[Any], turned: list[Any]) -> list[Any]:
    """Return ε'/b as derived: 8g²."""
    return [8 * s * s + 0 * t for s, t in zip(g, turned, strict=True)]


def rate_identities() -> Iterator[Check]:
    """Yield whether w₊w₋ε'/b is w₋(∇²L∇L)_{w₊} + w₊(∇²L∇L)_{w₋}, from derivatives of the polynomial L."""
    s = symbolic_network()
    derived, g = s.derived_hessian_times_gradient(), s.diagonal.slope(s.at)
    w = [p * p - m * m for p, m in zip(s.at.plus, s.at.minus, strict=True)]
    turned = s.diagonal.times([a * b for a, b in zip(w, g, strict=True)])
    for role, rate, asked in (
        (Role.AS_PRINTED, printed_rate, "ε_j' of Eq. 105 is γ₊/w₊ + γ₋/w₋ of HBF with α = 2"),
        (Role.CORRECTED, corrected_rate, "ε_j' = 4(1+μ)/(1−μ)³ g_j² is γ₊/w₊ + γ₋/w₋ of HBF with α = 2"),
    ):
        gaps = [
            m * up + p * um - p * m * e
            for p, m, up, um, e in zip(
                s.at.plus, s.at.minus, derived.plus, derived.minus, rate(g, turned), strict=True
            )
        ]
        over = "all X, y and w_± of n = d = 2"
        yield identity_check(role, all(gap == 0 for gap in gaps), asked, told(gaps), over, FLINT)
