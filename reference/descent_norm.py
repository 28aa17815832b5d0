"""The Euclidean norm of the position error, for gradient descent: |I − A|₂ ≤ max(1, ā − 1)."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DescentNorm"]

SLACK = 1 + 1e-12  # covers the few float roundings of any expression here


@dataclass(frozen=True)
class DescentNorm:
    """The same questions as `reference.error_norm.ErrorNorm`, answered for e₊ = e − A e + n.

    A is symmetric with 0 ≤ A ≤ ā, so |e₊|₂ ≤ (max(1, ā − 1) + σ) |e|₂, whatever A was before.

    Parameters
    ----------
    curvature_bound : float
        ā.
    """

    curvature_bound: float
    position_factor: float = 1.0
    argument_factor: float = 1.0
    lookahead_factor: float = 1.0

    def turning(self, change: float) -> float:
        """Return 1: the norm does not depend on A."""
        return 1.0

    def of_defect(self, position: float, momentum: float) -> float:
        """Return the position's share; the momentum is not carried on."""
        return position

    def growth(self, sigma: float) -> float:
        """Return γ with |e₊|₂ ≤ γ |e|₂."""
        return (max(self.curvature_bound - 1.0, 1.0) + sigma) * SLACK
