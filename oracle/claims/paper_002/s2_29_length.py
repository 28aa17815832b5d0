"""S2-29: v_j = √(w_j² + 4κ_j²); Eq. 88 prints v_j² on the left.

With w = w₊² − w₋², v = w₊² + w₋² and κ = w₊w₋

    v² − w² = (v − w)(v + w) = 2w₋² · 2w₊² = 4κ²,

the first half of Eq. 88, which is right; and v > 0, so v = √(w² + 4κ²).  The printed v² = √(w² + 4κ²) says v⁴ = v², true
only where v is 0 or 1.  Everything after it, Eq. 89 and 93 to 97, uses the right one.

Source: paper 002, Eq. 81, 88.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from flint import Ordering, fmpq_mpoly_ctx

from oracle.claims.claim import Claim, Correction, Effect, Setting
from oracle.claims.evidence import Check, Findings, Grade, Role
from oracle.claims.measures import identity_check
from oracle.claims.paper_002.shared_diagonal_field import FLINT

__all__ = ["CLAIM"]

WITNESSES = ((Fraction(2), Fraction(1, 3)), (Fraction(1, 2), Fraction(1, 2)))


def compute(setting: Setting) -> Findings:
    """Square both sides and compare polynomials; `setting` has nothing to sharpen, all is exact."""
    del setting
    ring = fmpq_mpoly_ctx.get(("wp", "wm"), Ordering.lex)
    plus, minus = ring.gens()
    checks = [
        _identity(Role.AS_PRINTED, first_half(plus, minus), "v² − w² = 4w₊²w₋²"),
        _identity(
            Role.AS_PRINTED, printed(plus, minus), "(v²)² = w² + 4κ², as v² = √(w² + 4κ²) would have it"
        ),
        _identity(Role.CORRECTED, corrected(plus, minus), "v² = w² + 4κ²"),
    ]
    return Findings((*checks, *(_witness(*pair) for pair in WITNESSES)))


def first_half(plus: Any, minus: Any) -> Any:
    """Return v² − w² − 4w₊²w₋²."""
    w, v, kappa = _three(plus, minus)
    return v * v - w * w - 4 * kappa * kappa


def printed(plus: Any, minus: Any) -> Any:
    """Return what the square of the printed equation leaves, v⁴ − (w² + 4κ²)."""
    w, v, kappa = _three(plus, minus)
    return v * v * v * v - (w * w + 4 * kappa * kappa)


def corrected(plus: Any, minus: Any) -> Any:
    """Return v² − (w² + 4κ²); v is not negative, so its vanishing is v = √(w² + 4κ²)."""
    w, v, kappa = _three(plus, minus)
    return v * v - (w * w + 4 * kappa * kappa)


def _three(plus: Any, minus: Any) -> tuple[Any, Any, Any]:
    return plus * plus - minus * minus, plus * plus + minus * minus, plus * minus


def _identity(role: Role, left: Any, asked: str) -> Check:
    found = (
        "equal" if left == 0 else f"left less right is a polynomial of {len(left.to_dict())} terms, not zero"
    )
    return identity_check(role, left == 0, asked, found, "all w₊ and w₋", FLINT)


def _witness(plus: Fraction, minus: Fraction) -> Check:
    left = printed(plus, minus)
    return Check(
        Role.BESIDE,
        left == 0,
        "the printed equation, squared, for two numbers",
        f"left less right is {left}",
        f"w₊ = {plus}, w₋ = {minus}",
        Grade.CERTIFIED,
        ("exact rationals",),
    )


CLAIM = Claim(
    identifier="S2-29",
    paper="002",
    place="Eq. 88",
    statement="v_j² − w_j² = 4w₊,j² w₋,j² implies v_j² = √(w_j² + 4κ_j²), with v = w₊² + w₋² and w = w₊² − w₋².",
    confirms="The square of the equation as an identity of polynomials in w₊ and w₋.",
    refutes="A difference of both sides that is not the zero polynomial.",
    compute=compute,
    printed_tex=r"\mathbf{v}_j^2-\mathbf{w}_j^2=4\mathbf{w}_{+;j}^2\mathbf{w}_{-;j}^2 \implies"
    r" \mathbf{v}_j^2=\sqrt{\mathbf{w}_j^2+4\kappa_j^2}",
    correction=Correction(
        "v_j = √(w_j² + 4κ_j²), without the square on the left; the equations after it use this.",
        Effect.AMENDS,
        r"\mathbf{v}_j=\sqrt{\mathbf{w}_j^2+4\kappa_j^2}",
    ),
    seconds=0.1,
)
