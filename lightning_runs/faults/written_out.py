"""A step whose gradient is written out over the kernel's own products, so that a fault can sit between them."""

from __future__ import annotations

import numpy as np

from lightning_runs.faults.kernel_run import KernelRun, State
from lightning_runs.implementations.formats import rounded

__all__ = ["written_out"]


def written_out(
    own: KernelRun, state: State, k: int, *, columns: int | None = None, operands: str = "float64"
) -> State:
    """Return the state after step k::

        s = η · 2f · Xᵀ (X θ − y)

    and the descents that the network makes of it.

    Parameters
    ----------
    own : KernelRun
    state : State
    k : int
    columns : int, optional
        How many columns of X enter Xθ; all without.
    operands : str
        Format that X, θ and the residual are rounded to before they are multiplied.
    """
    rows, points = own.rows(k), own.numbers(own.asked(state))
    X = rounded(rows.X, operands)
    theta = rounded(own.network.theta(points).values, operands)
    seen = np.where(np.arange(theta.size) < (theta.size if columns is None else columns), theta, 0)
    residual = own.number(own.product(X, seen.astype(theta.dtype))) - own.number(rows.y)
    scale = own.eta(k) * own.number(2 * rows.factor * own.network.constant)
    s = own.number(own.product(X.T, rounded(residual.values, operands))) * scale
    return own.updated(state, own.values(own.network.descents(points, s)))
