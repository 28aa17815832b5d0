"""The quantities: ‖∇L‖², directional smoothness, sharpness.

* ‖∇L‖²: what gradient descent's modified loss L + (η/4)‖∇L‖² penalises, and heavy ball's (1 + μ)/(1 − μ)² times that.
* Directional smoothness, with the gradient g = ∇L(β):

      D = g·(g − ∇L(β − ηg)) / (η ‖g‖²),

  gᵀ∇²L g/‖g‖² up to O(η); gradient descent oscillates along g where D > 2/η.
* Sharpness: the largest eigenvalue of ∇²L, by the implicitly restarted Lanczos method (ARPACK).

Source: paper 001, Eq. 3, 5; paper 002, Sec. 2.2.2 (its 𝒟).
"""

from __future__ import annotations

import numpy as np
import torch
from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh
from torch import Tensor

from lightning_runs.geometry.landscape import Landscape

__all__ = ["SharpnessError", "directional_smoothness", "gradient_norm_squared", "sharpness"]

DENSE = 8  # parameters up to which the Hessian is formed whole
SEED = 0x1A
TOLERANCE = 1e-3


class SharpnessError(ArithmeticError):
    """The Lanczos iteration did not converge."""


def gradient_norm_squared(landscape: Landscape, gradient: Tensor | None = None) -> float:
    """Return ‖∇L‖²; a caller who has the gradient here already may hand it over."""
    if gradient is None:
        _, gradient = landscape.gradient()
    return float(gradient.double() @ gradient.double())


def directional_smoothness(landscape: Landscape, gradient: Tensor | None = None) -> float:
    """Return D at the step size of the training; NaN where the gradient is zero.

    A caller who has the gradient here already may hand it over.

    Source: paper 002, Sec. 2.2.2.
    """
    here = landscape.gradient()[1] if gradient is None else gradient
    step_size, square = landscape.step_size, float(here.double() @ here.double())
    if square == 0:
        return float("nan")
    with landscape.moved(-step_size * here):
        _, there = landscape.gradient()
    return float(here.double() @ (here - there).double()) / (step_size * square)


def sharpness(landscape: Landscape, tolerance: float = TOLERANCE, iterations: int = 300) -> float:
    """Return the largest eigenvalue of the Hessian.

    Parameters
    ----------
    landscape : Landscape
    tolerance : float
        Relative, of the eigenvalue.
    iterations : int
        Most restarts.

    Raises
    ------
    SharpnessError
        If it is not reached within the iterations; the message holds how far it came.
    """
    product = landscape.hessian_product()
    size = sum(parameter.numel() for parameter in landscape.parameters)
    like = landscape.parameters[0]

    def apply(vector: np.ndarray) -> np.ndarray:
        moved = torch.from_numpy(np.ascontiguousarray(vector.reshape(-1)))
        return product(moved.to(device=like.device, dtype=like.dtype)).double().cpu().numpy()

    if size <= DENSE:
        columns = [apply(column) for column in np.eye(size)]
        return float(np.linalg.eigvalsh(np.array(columns))[-1])
    start = np.random.default_rng(SEED).standard_normal(size)
    operator = LinearOperator((size, size), matvec=apply, dtype=np.float64)
    try:
        (value,) = eigsh(
            operator, k=1, which="LA", tol=tolerance, maxiter=iterations, v0=start, return_eigenvectors=False
        )
    except ArpackNoConvergence as error:
        raise SharpnessError(
            f"Lanczos did not reach a tolerance of {tolerance:g} within {iterations} restarts ({size} parameters); "
            "allow more iterations or a larger tolerance"
        ) from error
    return float(value)
