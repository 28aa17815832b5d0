"""S2-28: the limit of an HB flow on the diagonal network is argmin Σ Λ_j with κ(∞) and φ_j(∞) of Eq. 26 (Thm 3.1).

Let s = ¼ ln(w₊/w₋).  From w = w₊² − w₋² and κ = w₊w₋ follows w/2κ = ½(w₊/w₋ − w₋/w₊) = sinh(4s), so that
s = ¼ asinh(w/2κ) = ∂Λ^GF/∂w at (w(t), κ(t)).  And from w_±' = ∓2c w_± g − ηγ_±

    s' = ¼(w₊'/w₊ − w₋'/w₋) = −c g − (η/4)(γ₊/w₊ − γ₋/w₋) = −c g − φ':

s + φ has moved along Xᵀ(…) alone, from s(0) = 0 where w₊(0) = w₋(0).  That is ∂Λ_j/∂w_j = (Xᵀν)_j at w(∞), the
condition for the minimum on Xw = y, which is unique, Λ being strictly convex.  The factor ¼ of Eq. 26 is the right one;
from order 3 on φ does not lie in the row space of X, and the minimiser without it is another: that is the second check.

Source: paper 002, Thm 3.1, Lemmas B.2 and B.3, Eq. 25, 26, 83–86.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from flint import Ordering, fmpq_mpoly_ctx

from oracle.claims.claim import Claim, Setting
from oracle.claims.evidence import Check, Findings, Grade, Role
from oracle.claims.measures import apart, identity_check
from oracle.claims.paper_002.shared_diagonal_field import FLINT, NETWORKS, Network
from oracle.claims.paper_002.shared_minimiser import minimiser
from oracle.claims.paper_002.shared_order_flow import LATE, followed

__all__ = ["CLAIM"]

STEP = Fraction(1, 80)
DIGITS = 20
ALLOWED = 1e-9


def compute(setting: Setting) -> Findings:
    """Prove s' = −cg − φ' for symbols, and set limits of flows of order 3 beside the certified minimisers."""
    checks: list[Check] = [_slope_identity(), _position_identity()]
    for network in NETWORKS:
        checks += _limits(network, setting)
    return Findings(tuple(checks))


def tilt_factor() -> Fraction:
    """Return the factor of η∫(γ₊/w₊ − γ₋/w₋) in φ_j, Eq. 26."""
    return Fraction(1, 4)


def _symbols() -> dict[str, Any]:
    names = ("p", "m", "g", "c", "eta", "gp", "gm")
    return dict(zip(names, fmpq_mpoly_ctx.get(names, Ordering.lex).gens(), strict=True))


def _slope_identity() -> Check:
    """Return whether s' + φ' + cg vanishes, cleared of the denominator 4w₊w₋."""
    s = _symbols()
    plus = -2 * s["c"] * s["g"] * s["p"] - s["eta"] * s["gp"]
    minus = 2 * s["c"] * s["g"] * s["m"] - s["eta"] * s["gm"]
    gain = plus * s["m"] - minus * s["p"]
    factor = tilt_factor()
    tilt = (
        s["eta"] * (s["gp"] * s["m"] - s["gm"] * s["p"]) * (4 * factor).numerator / (4 * factor).denominator
    )
    left = gain + tilt + 4 * s["c"] * s["g"] * s["p"] * s["m"]
    return identity_check(
        Role.AS_PRINTED,
        left == 0,
        "d/dt ∂Λ_j/∂w_j = −c ∂L/∂w_j with φ_j of Eq. 26",
        f"4w₊w₋ times the difference of both sides is {left}",
        "all w_±, g, c, η and γ_±",
        FLINT,
    )


def _position_identity() -> Check:
    """Return whether w/2κ + √(1 + (w/2κ)²) is w₊/w₋, so that ∂Λ^GF/∂w = ¼ asinh(w/2κ) = ¼ ln(w₊/w₋)."""
    s = _symbols()
    p, m = s["p"], s["m"]
    w, kappa, v = p * p - m * m, p * m, p * p + m * m
    root, ratio = v * v - (w * w + 4 * kappa * kappa), (w + v) * m - 2 * kappa * p
    return identity_check(
        Role.AS_PRINTED,
        root == 0 and ratio == 0,
        "∂Λ_j^GF/∂w_j at (w, κ) is ¼ ln(w₊/w₋)",
        f"v² − w² − 4κ² is {root} and (w + v)w₋ − 2κw₊ is {ratio}",
        "all w_±",
        FLINT,
    )


def _limits(network: Network, setting: Setting) -> list[Check]:
    """Return how far the limit is from the minimiser with φ, and from that without it."""
    end = followed(network, STEP, LATE, setting, 3)
    tilt = [4 * tilt_factor() * x for x in end.tilt]
    digits = setting.digits(DIGITS)
    held, bare = (minimiser(network, end.kappa(), linear, digits) for linear in (tilt, None))
    gap, without = apart(end.predictor(), held), apart(end.predictor(), bare)
    name = f"{network.name}, η = {STEP}"
    return [
        Check(
            Role.AS_PRINTED,
            gap < ALLOWED,
            "the limit of the HB flow of order 3 is the minimiser of Λ with κ(∞) and φ(∞)",
            f"apart by {gap:.1g}",
            name,
            Grade.CONFIRMED,
            ("integrated flow", "certified minimiser"),
        ),
        Check(
            Role.BESIDE,
            without < ALLOWED,
            "it is so without φ as well",
            f"apart by {without:.2g}",
            name,
            Grade.CONFIRMED,
            ("integrated flow", "certified minimiser"),
        ),
    ]


CLAIM = Claim(
    identifier="S2-28",
    paper="002",
    place="Thm 3.1, Lemma B.3, Eq. 25, 26, 83–86",
    statement="If w(∞) of HBF interpolates, it is argmin Λ(w; κ) subject to Xw = y, Λ_j = Λ_j^GF(w; κ(∞)) + w_j φ_j(∞), "
    "with φ_j = (η/4) ∫ (γ₊/w₊ − γ₋/w₋).",
    confirms="d/dt ∂Λ_j/∂w_j = −c ∂L/∂w_j as an identity in all symbols, whatever γ, from a start w₊ = w₋; and limits of "
    "flows of order 3, integrated by one method, that are the minimisers certified by another.",
    refutes="A difference of both sides that is not the zero polynomial, or a limit that is not the minimiser.",
    compute=compute,
    printed_tex=r"\mathbf{w}(\infty)=\underset{X\mathbf{w}=y}{\mathrm{argmin}} \sum_{j=1}^d"
    r" \Lambda_j^{\mathrm{GF}}(\mathbf{w};\kappa(\infty))+\mathbf{w}_j\varphi_j(\infty), \quad"
    r" \varphi_j(t)=\frac{\eta}{4}\int_0^t ds\left(\frac{\gamma_{;j}^{\mathbf{w}_+}(s)}{\mathbf{w}_{+;j}(s)}-"
    r"\frac{\gamma_{;j}^{\mathbf{w}_-}(s)}{\mathbf{w}_{-;j}(s)}\right)",
    seconds=1,
)
