"""Eq. 10 as printed: the weights that the batches have in the modified loss of step k.

With w_k(c) the weight of batch c in G_k = Σ_{r≤k} β^(k−r) E_r, and ∇‖∇G_r‖² = 2 ∇²G_r ∇G_r, the printed field is

    −Σ_c w_k(c) ∇E_c − (h/2) Σ_{c,d} (w_k(c) w_k(d) + 2 Σ_{r<k} β^(k−r) w_r(c) w_r(d)) ∇²E_c ∇E_d.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import count
from typing import Any

from reference.rooted_trees import Tree

__all__ = ["curvature_term", "past_factor", "past_sum", "printed_fields"]


def past_factor() -> int:
    """Return the factor of the sum over the past steps, as printed."""
    return 2


def past_sum(beta: Any, before: Any, latest: Any) -> Any:
    """Return Σ_{r=0}^{k−1} β^(k−r) u_r from the same sum of step k − 1 and u_(k−1)."""
    return beta * (before + latest)


def curvature_term(now: Any, past: Any) -> Any:
    """Return the coefficient of h of the printed field in u_r = ∇²G_r ∇G_r: now = u_k, past the sum over r < k."""
    return -(now + past_factor() * past) / 2


def printed_fields(beta: Fraction, batches: int) -> Iterator[dict[Tree, Fraction]]:
    """Yield the fields of the steps 0, 1, 2, … as B-series; step k draws batch k mod `batches`, its colour.

    Parameters
    ----------
    beta : Fraction
    batches : int
        Length of the schedule.

    Source: paper 001, Eq. 10.
    """
    colours = range(batches)
    weights = [Fraction(0)] * batches
    past = [[Fraction(0)] * batches for _ in colours]
    for k in count():
        past = [[past_sum(beta, past[c][d], weights[c] * weights[d]) for d in colours] for c in colours]
        weights = [beta * weights[c] + (k % batches == c) for c in colours]
        field = {Tree(c, ()): weights[c] for c in colours}
        for c in colours:
            for d in colours:
                field[Tree(c, (Tree(d, ()),))] = curvature_term(weights[c] * weights[d], past[c][d])
        yield field
