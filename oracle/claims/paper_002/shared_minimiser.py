"""The minimiser of Σ Λ_j^GF(w; κ_j) + w_j φ_j on Xw = y, certified: Λ^GF of paper 002, Eq. 23, is Q_ξ with ξ = κ."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from oracle.claims.measures import row
from oracle.claims.paper_002.shared_diagonal_field import Network
from reference.kkt import certified_minimiser

__all__ = ["minimiser"]


def minimiser(
    network: Network, kappa: Sequence[Fraction], linear: Sequence[Fraction] | None, digits: int
) -> tuple[Fraction, ...]:
    """Return the minimiser for a κ and a linear term φ; None is no linear term."""
    none = [Fraction(0)] * len(kappa)
    found = certified_minimiser(network.problem, list(kappa), list(linear or none), digits, cross_check=False)
    return row(found, "theta")
