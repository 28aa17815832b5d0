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

Values in doubt (`oracle.float_filter`) give a ceiling: whatever is doubtful is taken from where it makes the ratio
larger.  ρ is off by at most θB, each c by θ times its error, B and D by `DRIFT` θ times themselves, and every doubt
is counted twice, for the products of two.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from oracle.error_free import Floats
from oracle.objectives import Evaluation
from oracle.rounding import DRIFT, GIVE_BACK, NONE

__all__ = ["shared_ratio"]


def shared_ratio(
    residual: Floats, bound: Floats, weighted: Sequence[tuple[float, Evaluation]], doubt: float = 0.0
) -> Floats | None:
    """Return |c_b ρ_a − c_a ρ_b| in units of its bound, at whichever of a_j, b_j stands out more.

    Parameters
    ----------
    residual, bound : float64, shape (R, 2d)
    weighted : sequence of (κ, Evaluation)
        The gradients that the step used; the last is the one at the state stepped from.
    doubt : float
        θ: by how much of its own error each value may be off; the result is then no less than that of exact values.

    Returns
    -------
    float64, shape (R, 2d), or None
        0 at the other parameter of each pair; None where the model has no pairs.
    """
    if not weighted or len(weighted[-1][1].factors) != 2:
        return None
    last = weighted[-1][1]
    rest = _rest(bound, weighted, doubt)
    # c_b beside ρ_a and c_a beside ρ_b: both halves at once
    crossed = np.concatenate(last.factors[::-1], axis=1)
    crossed *= residual
    gap = np.abs(_first(crossed) - _second(crossed))
    sizes = _halves(np.abs(crossed, out=crossed))
    allowed = _halves(_crossed_size(last, -doubt) * rest)
    allowed = GIVE_BACK * (allowed + _left_behind(weighted, doubt)) + 2.0**-50 * sizes
    ratio = np.zeros_like(allowed)
    if doubt:
        moved = _halves(_crossed_size(last, doubt) * bound)
        for error, other in zip(last.errors, (_second(residual), _first(residual)), strict=True):
            moved = moved if error is NONE else moved + error * np.abs(other)
        moved += sizes
        moved *= 2 * doubt
        gap += moved
        ratio[gap > 0] = np.inf
    np.divide(gap, allowed, out=ratio, where=allowed > 0)
    placed = np.abs(residual)
    at_first = _first(placed) * _second(rest) >= _second(placed) * _first(rest)
    np.multiply(ratio, at_first, out=_first(placed))
    np.multiply(ratio, ~at_first, out=_second(placed))
    return placed


def _first(pairs: Floats) -> Floats:
    """Return what belongs to the first parameter, from shape (R, 2d) to (R, d)."""
    return pairs[:, : pairs.shape[1] // 2]


def _second(pairs: Floats) -> Floats:
    """Return what belongs to the second parameter, from shape (R, 2d) to (R, d)."""
    return pairs[:, pairs.shape[1] // 2 :]


def _halves(pairs: Floats) -> Floats:
    """Return the sum over both parameters, from shape (R, 2d) to (R, d)."""
    return _first(pairs) + _second(pairs)


def _size(evaluation: Evaluation, parameter: int, doubt: float) -> Floats:
    """Return |c| of a parameter: at most, or with a negative doubt at least."""
    size: Floats = np.abs(evaluation.factors[parameter])
    error = evaluation.errors[parameter]
    return np.maximum(size + 2 * doubt * error, 0.0) if doubt and error is not NONE else size


def _crossed_size(evaluation: Evaluation, doubt: float) -> Floats:
    """Return |c_b| and |c_a|, shape (R, 2d)."""
    return np.concatenate([_size(evaluation, 1, doubt), _size(evaluation, 0, doubt)], axis=1)


def _rest(bound: Floats, weighted: Sequence[tuple[float, Evaluation]], doubt: float) -> Floats:
    """Return the bound, at least, without the part that an error of r explains, shape (R, 2d)."""
    drift = DRIFT * doubt
    rest = (1 - drift) * bound
    for i, part in enumerate((_first(rest), _second(rest))):
        explained = sum(
            weight * _size(evaluation, i, doubt) * evaluation.shared for weight, evaluation in weighted
        )
        np.subtract(part, (1 + drift) * explained / GIVE_BACK, out=part)
    return np.maximum(rest, 0.0, out=rest)


def _left_behind(weighted: Sequence[tuple[float, Evaluation]], doubt: float) -> Floats | float:
    """Return Σ_i κ_i |c_b c_{a,i} − c_a c_{b,i}|·D_i, at least, over the gradients at other points."""
    left: Floats | float = 0.0
    c_a, c_b = weighted[-1][1].factors
    for weight, evaluation in weighted[:-1]:
        errors = [*evaluation.errors, *weighted[-1][1].errors]
        if doubt and any(error is not NONE for error in errors):
            continue  # what is left behind there may be nothing
        a, b = evaluation.factors
        size = np.abs(c_b * a - c_a * b) + 2.0**-50 * np.abs(c_b * a)
        left = left + (1 - DRIFT * doubt) * weight * size * evaluation.shared
    return left
