"""The flows of paper 002's Table 1 on the model f = a1·a2·x with L = ½(a1 a2 x − y)², written out.

With r = a1 a2 x − y the gradient is g = r x (a2, a1), and, with ∇²L = x² (a2², a1²) on the diagonal and x (r + a1 a2 x)
beside it, ω₁ = ∇²L ∇²L g and ω₂ = ω₁ + ∇³L(g, g):

    β' = −g/(1 − μ) − (η/2) (1 + μ)/(1 − μ)³ ∇²L g − η²/(1 − μ)⁵ [(1 + μ)² ω₁/4 + (1 + 10μ + μ²) ω₂/12],

cut off behind the first, second or third term for α = 1 (the rescaled gradient flow), 2 and 3.

Source: paper 002, Table 1 (Eq. 19 has another, wrong, factor of ω₂, and Eq. 20 lacks ∇L·∇²L).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lightning_runs.figures.integration import Field

__all__ = ["ScalarProduct", "flow_of_order"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ScalarProduct:
    """L = ½(a1 a2 x − y)² with its derivatives; positions have shape (..., 2)."""

    x: float
    y: float

    def gradient(self, at: Array) -> Array:
        """Return ∇L."""
        return self._residual(at)[..., None] * self.x * at[..., ::-1]

    def hessian_times(self, at: Array, direction: Array) -> Array:
        """Return ∇²L · direction."""
        mixed = self.x * self._residual(at) + self.x**2 * at[..., 0] * at[..., 1]
        return self.x**2 * at[..., ::-1] ** 2 * direction + mixed[..., None] * direction[..., ::-1]

    def third_times(self, at: Array, direction: Array) -> Array:
        """Return ∇³L(direction, direction)."""
        first, second = direction[..., 0], direction[..., 1]
        other = at[..., ::-1]
        cross = (4 * first * second)[..., None] * other
        return self.x**2 * (cross + 2 * at * direction[..., ::-1] ** 2)

    def _residual(self, at: Array) -> Array:
        residual: Array = at[..., 0] * at[..., 1] * self.x - self.y
        return residual


def flow_of_order(loss: ScalarProduct, order: int, step_size: float, momentum: float) -> Field:
    """Return the field of Table 1 for α = 1, 2 or 3."""
    left = 1 - momentum

    def field(at: Array) -> Array:
        gradient = loss.gradient(at)
        velocity = -gradient / left
        if order >= 2:
            bent = loss.hessian_times(at, gradient)
            velocity = velocity - step_size / 2 * (1 + momentum) / left**3 * bent
        if order >= 3:
            omega1 = loss.hessian_times(at, bent)
            omega2 = omega1 + loss.third_times(at, gradient)
            weights = (1 + momentum) ** 2 / 4, (1 + 10 * momentum + momentum**2) / 12
            velocity = velocity - step_size**2 / left**5 * (weights[0] * omega1 + weights[1] * omega2)
        return velocity

    return field
