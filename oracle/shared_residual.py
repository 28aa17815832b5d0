"""A sharper look at models with two parameters per coordinate: both see the same r.

The bound of a step is dominated by what rounding does to r = Xθ − y, some d units of Σ|X||θ|, late in a run
when r itself is small.  But the error δr enters both parameters through the same numbers.  With
δ = factor · Xᵀδr and ∂θ_j/∂a_j = c_a, ∂θ_j/∂b_j = c_b the residuals of the step are

    ρ_a = −κ c_a δ_j + l_a,    ρ_b = −κ c_b δ_j + l_b,    so  c_b ρ_a − c_a ρ_b = c_b l_a − c_a l_b

holds whatever δ is, where |l| ≤ B − κ|c|·D is the rest of the bound B once the part from |δ_j| ≤ D is taken
out: the model's bound contains κ|c|D, multiplied by factors of at least 1, beside all else.  Where the
step uses several gradients, those at other points leave κ_i|c_b c_{a,i} − c_a c_{b,i}|·D_i behind.

What is assumed is that a step computes r once, for all parameters; Xᵀr may be formed separately for each.
One wrong coordinate thus stands out by a few units in its own last place.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from oracle.error_free import Floats
from oracle.objectives import Evaluation
from oracle.rounding import GIVE_BACK

__all__ = ["shared_ratio"]


def shared_ratio(
    residual: Floats, bound: Floats, weighted: Sequence[tuple[float, Evaluation]]
) -> Floats | None:
    """Return |c_b ρ_a − c_a ρ_b| in units of its bound, at whichever of a_j, b_j stands out more.

    Parameters
    ----------
    residual, bound : float64, shape (R, 2d)
    weighted : sequence of (κ, Evaluation)
        The gradients that the step used; the last is the one at the state stepped from.

    Returns
    -------
    float64, shape (R, 2d), or None
        0 at the other parameter of each pair; None where the model has no pairs.
    """
    if not weighted or len(weighted[-1][1].factors) != 2:
        return None
    rho = np.split(residual, 2, axis=1)
    rest = _rest(np.split(bound, 2, axis=1), weighted)
    c_a, c_b = weighted[-1][1].factors
    first, second = c_b * rho[0], c_a * rho[1]
    allowed = np.abs(c_b) * rest[0] + np.abs(c_a) * rest[1] + _left_behind(weighted)
    allowed = GIVE_BACK * allowed + 2.0**-50 * (np.abs(first) + np.abs(second))
    ratio = np.divide(np.abs(first - second), allowed, out=np.zeros_like(allowed), where=allowed > 0)
    at_first = np.abs(rho[0]) * rest[1] >= np.abs(rho[1]) * rest[0]
    return np.concatenate([np.where(at_first, ratio, 0.0), np.where(at_first, 0.0, ratio)], axis=1)


def _rest(bound: Sequence[Floats], weighted: Sequence[tuple[float, Evaluation]]) -> list[Floats]:
    """Return the bound of each parameter without the part that an error of r explains."""
    explained = [
        sum(weight * np.abs(evaluation.factors[i]) * evaluation.shared for weight, evaluation in weighted)
        for i in range(2)
    ]
    return [np.maximum(b - part / GIVE_BACK, 0.0) for b, part in zip(bound, explained, strict=True)]


def _left_behind(weighted: Sequence[tuple[float, Evaluation]]) -> Floats | float:
    """Return Σ_i κ_i |c_b c_{a,i} − c_a c_{b,i}|·D_i over the gradients at other points."""
    c_a, c_b = weighted[-1][1].factors
    left: Floats | float = 0.0
    for weight, evaluation in weighted[:-1]:
        a, b = evaluation.factors
        left = left + weight * (np.abs(c_b * a - c_a * b) + 2.0**-50 * np.abs(c_b * a)) * evaluation.shared
    return left
