"""What gradient flow conserves on θ = u⊙u − v⊙v, and along what it moves: identities in u, v and g = ∂_θL.

Source: paper 000, Sec. 3.
"""

from __future__ import annotations

from typing import Any

from oracle.claims.evidence import Check, Role
from oracle.claims.measures import identity_check
from oracle.claims.paper_000.shared_orders import constants

__all__ = ["conserved", "velocities"]


def velocities(u: Any, v: Any, g: Any) -> tuple[Any, Any]:
    """Return u' and v' of gradient flow."""
    return -2 * u * g, 2 * v * g


def conserved(role: Role) -> tuple[Check, Check]:
    """Return that uv is conserved, and that ln(u/v) moves along g, as identities."""
    u, v, g = constants("u", "v", "g")
    du, dv = velocities(u, v, g)
    product, ratio = du * v + u * dv, du * v - u * dv + 4 * g * u * v
    texts = (
        ("(uv)' = 0: ξ is conserved", product == 0),
        ("(ln(u/v))' = −4g, so ∇Q_ξ(θ) = ¼ ln(u/v) moves within the row space of X", ratio == 0),
    )
    first, second = (
        identity_check(
            role,
            bool(holds),
            asked,
            "both sides agree" if holds else "the sides differ",
            "all u, v and g",
            "polynomials over the rationals (FLINT)",
        )
        for asked, holds in texts
    )
    return first, second
