"""Proof that a discrete run settles in a strict minimum, by contraction of the whole recurrence.

In the state z = (y − y_K, p) the recurrence of `reference.coupling` is a map F whose derivative is

    DF = [[1 − c₂ηH, c₁], [−ηH, μ]],    H = ∇²L(y).

A norm N is found in which DF at y_K contracts with factor σ.  Over |y − y_K| ≤ δ the Hessian differs
from H(y_K) by at most E, so F contracts with ν = σ + η√(1 + c₂²) E · largest/least.  With the first move
m = N(F(z_K) − z_K), all later states lie within m/(1 − ν) of z_K; if that keeps y within δ, the limit
exists and is that near (Banach); the movements |y₊ − y| sum to at most as much.

Source: paper 000, Eq. 2 and 3 (the recurrences); the bound is our own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flint import arb, arb_mat

from reference.arithmetic import Vector
from reference.balls import ball_precision
from reference.case import Case
from reference.contraction import BITS, Tail
from reference.coupling import Coupling, coupling_of, linear_part
from reference.lyapunov import (
    ContractingNorm,
    certainly_at_most,
    certainly_less,
    contracting_norm,
    spectral_bound,
    upper,
)
from reference.objective import objective_of
from reference.state import State
from reference.taylor.duals import DualArithmetic, jacobian

__all__ = ["strict_minimum_tail"]


def strict_minimum_tail(
    case: Case,
    state: State,
    after: State,
    find_norm: Callable[[Any], ContractingNorm | None] = contracting_norm,
) -> Tail | None:
    """Return a bound on what is left of a run into a strict minimum, or None if no proof is found here.

    Parameters
    ----------
    case : Case
        Without batches.
    state, after : State of Vectors of arb
        Balls around (y_K, p_K) and the state one step later.
    find_norm : callable
        From DF to a norm in which it contracts.

    Returns
    -------
    Tail or None
        ∇_θL is bounded for the linear model alone, whose ∇L it is.
    """
    with ball_precision(BITS):
        coupling = coupling_of(case)
        hessian = _hessian(case, state.position)
        norm = find_norm(linear_part(coupling, hessian))
        if norm is None:
            return None
        move = [*(after.position - state.position), *(after.momentum - state.momentum)]
        first = norm.of(arb_mat(len(move), 1, move))
        radius = 2 * first / ((1 - arb(norm.factor)) * norm.least)
        if not radius.is_finite():
            return None
        change = spectral_bound(_hessian(case, _widened(state.position, radius)) - hessian)
        tail = _banach(coupling, norm, first, change, upper(radius))
        return replace(tail, predictor_gradients=tail.gradients) if tail and case.model == "linear" else tail


def _banach(coupling: Coupling, norm: ContractingNorm, first: Any, change: Any, radius: Any) -> Tail | None:
    """Return the tail if the contraction closes within the radius."""
    eta, _, c2, mu = coupling.balls()
    gap = 1 - arb(norm.factor) - eta * (1 + c2 * c2).sqrt() * change * norm.largest / norm.least
    if not certainly_less(arb(0), gap):
        return None
    total = first / (gap * norm.least)
    if not certainly_at_most(total, radius):
        return None
    # |p_k| ≤ ν^k N(z_K − z_∞)/least and N(z_K − z_∞) ≤ m/(1 − ν); −η∇L is p₊ − μp
    momenta = total / gap
    gradients = (1 + mu) * momenta / eta
    return Tail(upper(total), upper(momenta), upper(gradients), None, norm.factor)


def _hessian(case: Case, position: Vector) -> Any:
    """Return an enclosure of ∇²L over a box."""
    objective = objective_of(case, DualArithmetic())
    return arb_mat(jacobian(lambda blocks: [objective.gradient(blocks[0])], [position]))


def _widened(position: Vector, radius: Any) -> Vector:
    spread = arb(0, radius.abs_upper())
    return Vector([x + spread for x in position])
