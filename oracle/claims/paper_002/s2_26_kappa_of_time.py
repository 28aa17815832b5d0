"""S2-26: κ_j(t) = κ_j(0) exp(−ηε_j(t)) along any HB flow on the diagonal network (Lemma B.1).

With w_±' = ∓2c w_± g − ηγ_± (Eq. 74, c any factor of the gradient, also one that changes with k)

    (w₊w₋)' = w₊'w₋ + w₊w₋' = −2c w₊w₋ g + 2c w₊w₋ g − η(γ₊w₋ + w₊γ₋) = −η w₊w₋ (γ₊/w₊ + γ₋/w₋):

the gradient cancels identically, and what is left is κ' = −ηκε'.  w_± = 0 is never reached, since γ_± vanishes there.

The flow of order 3 is integrated for a numerical instance, w_± and ε separately; the identity decides.

Source: paper 002, Thm 3.1, Lemma B.1, Eq. 75–79.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from flint import Ordering, fmpq_mpoly_ctx
from mpmath import mp

from oracle.claims.claim import Claim, Setting
from oracle.claims.evidence import Check, Findings, Grade, Role
from oracle.claims.measures import identity_check
from oracle.claims.paper_002.shared_diagonal_field import FLINT, NETWORKS, Network
from oracle.claims.paper_002.shared_order_flow import LATE, followed
from reference.mpmath_arithmetic import nearest_mpf

__all__ = ["CLAIM"]

STEP = Fraction(1, 80)
TOLERANCE_DIGITS = 10


def compute(setting: Setting) -> Findings:
    """Prove κ' = −ηκε' for symbols, and compare both sides along the flow of order 3."""
    return Findings((_identity(), *(_along(network, setting) for network in NETWORKS)))


def velocity(sign: int, symbols: dict[str, Any], w: Any, gamma: Any) -> Any:
    """Return w_±' = ∓2c w_± g − ηγ_±."""
    return -sign * 2 * symbols["c"] * symbols["g"] * w - symbols["eta"] * gamma


def exponent(decay: Fraction) -> Fraction:
    """Return the exponent of κ(t)/κ(0) from ηε."""
    return -decay


def _identity() -> Check:
    names = ("p", "m", "g", "c", "eta", "gp", "gm")
    ring = fmpq_mpoly_ctx.get(names, Ordering.lex)
    s = dict(zip(names, ring.gens(), strict=True))
    gain = velocity(1, s, s["p"], s["gp"]) * s["m"] + s["p"] * velocity(-1, s, s["m"], s["gm"])
    claimed = -s["eta"] * (s["gp"] * s["m"] + s["p"] * s["gm"])  # −ηκ(γ₊/w₊ + γ₋/w₋), cleared of fractions
    return identity_check(
        Role.AS_PRINTED,
        gain == claimed,
        "(w₊w₋)' = −η w₊w₋ (γ₊/w₊ + γ₋/w₋)",
        f"the difference of both sides is {gain - claimed}",
        "all w_±, g, c, η and γ_±",
        FLINT,
    )


def _along(network: Network, setting: Setting) -> Check:
    end = followed(network, STEP, LATE, setting, 3)
    with mp.workdps(setting.digits(40)):
        gaps = [
            abs(nearest_mpf(k / k0) / mp.exp(nearest_mpf(exponent(e))) - 1)
            for k, k0, e in zip(end.kappa(), network.kappa(), end.decay, strict=True)
        ]
        worst = float(max(gaps))
    return Check(
        Role.BESIDE,
        worst < 10.0**-TOLERANCE_DIGITS,
        "w₊w₋ at the end of the HB flow of order 3 is κ(0) exp(−ηε)",
        f"κ(∞)/κ(0) is {', '.join(f'{float(k / k0):.6f}' for k, k0 in zip(end.kappa(), network.kappa(), strict=True))}; "
        f"the largest relative difference is {worst:.1g}",
        f"{network.name}, η = {STEP}",
        Grade.CONFIRMED,
        ("product of the integrated w_±", "integral of γ₊/w₊ + γ₋/w₋"),
    )


CLAIM = Claim(
    identifier="S2-26",
    paper="002",
    place="Lemma B.1, Eq. 76, 77, 79",
    statement="Along HBF on the diagonal network κ_j(t) = w₊,j(t) w₋,j(t) = κ_j(0) exp(−ηε_j(t)), with ε_j the integral of "
    "γ₊,j/w₊,j + γ₋,j/w₋,j.",
    confirms="The derivative of w₊w₋ is −ηw₊w₋ times the integrand, as an identity in all symbols, whatever γ; and both "
    "sides agree along flows of order 3.",
    refutes="A difference of both sides that is not the zero polynomial.",
    compute=compute,
    printed_tex=r"\kappa_j(t)=\kappa_j(0)e^{-\eta\epsilon_j(t)}, \quad \epsilon_j(t)=\int_0^t ds "
    r"\left(\frac{\gamma_{k;j}^{\mathbf{w}_+}(s)}{\mathbf{w}_{+;j}(s)}+\frac{\gamma_{k;j}^{\mathbf{w}_-}(s)}{\mathbf{w}_{-;j}(s)}\right)",
    seconds=1,
)
