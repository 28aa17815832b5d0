"""The rescaled gradient flow and the heavy-ball flow of order two on diagonal networks, many data sets at once.

With θ = u⊙u − v⊙v, L = f Σ (Xθ − y)² and c = 2f Xᵀ(Xθ − y) the gradient is (2u⊙c, −2v⊙c), and the Hessian times (a, b) is
(2a⊙c + 2u⊙c', −2b⊙c − 2v⊙c') with c' = 2f XᵀX(2u⊙a − 2v⊙b):

    β' = −∇L/(1 − μ) [ − (η/2) (1 + μ)/(1 − μ)³ ∇²L∇L ].

Source: paper 002, Eq. 1 and 17; its Eq. 104 for the Hessian drops the blocks between u and v.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lightning_runs.figures.integration import Field

__all__ = ["DiagonalNetworks", "heavy_ball_flow", "rescaled_gradient_flow"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class DiagonalNetworks:
    """The losses of many data sets; positions have shape (runs, 2, d), u before v.

    Parameters
    ----------
    X : ndarray, shape (runs, n, d)
    y : ndarray, shape (runs, n)
    factor : float
        f of the loss.
    """

    X: Array
    y: Array
    factor: float

    def theta(self, at: Array) -> Array:
        """Return θ, shape (..., runs, d)."""
        squared = at * at
        theta: Array = squared[..., 0, :] - squared[..., 1, :]
        return theta

    def correlation(self, at: Array) -> Array:
        """Return c = ∇_θ L."""
        residual = _times(self.X, self.theta(at)) - self.y
        return 2 * self.factor * _transposed_times(self.X, residual)

    def gradient(self, at: Array, correlation: Array) -> Array:
        """Return ∇L, given c."""
        return 2 * _signed(at) * correlation[:, None, :]

    def hessian_times(self, at: Array, correlation: Array, direction: Array) -> Array:
        """Return ∇²L · direction, given c."""
        moved = (2 * _signed(at) * direction).sum(axis=1)
        bent = 2 * self.factor * _transposed_times(self.X, _times(self.X, moved))
        return 2 * _signed(direction) * correlation[:, None, :] + 2 * _signed(at) * bent[:, None, :]


def rescaled_gradient_flow(loss: DiagonalNetworks, momentum: Array) -> Field:
    """Return −∇L/(1 − μ), μ of shape (runs,)."""
    left = (1 - momentum)[:, None, None]

    def field(at: Array) -> Array:
        velocity: Array = -loss.gradient(at, loss.correlation(at)) / left
        return velocity

    return field


def heavy_ball_flow(loss: DiagonalNetworks, step_size: float, momentum: Array) -> Field:
    """Return the field of order two, μ of shape (runs,)."""
    left = (1 - momentum)[:, None, None]
    weight = step_size / 2 * (2 - left) / left**3

    def field(at: Array) -> Array:
        correlation = loss.correlation(at)
        gradient = loss.gradient(at, correlation)
        velocity: Array = -gradient / left - weight * loss.hessian_times(at, correlation, gradient)
        return velocity

    return field


def _times(X: Array, vectors: Array) -> Array:
    product: Array = (X @ vectors[..., None])[..., 0]
    return product


def _transposed_times(X: Array, vectors: Array) -> Array:
    product: Array = (vectors[..., None, :] @ X)[..., 0, :]
    return product


def _signed(pairs: Array) -> Array:
    """Return (u, −v)."""
    return np.stack((pairs[:, 0], -pairs[:, 1]), axis=1)
