"""Paper 003's identities for the discrete method, as printed.

The paper starts from (w_0, w_1) and prints, in Sec. 6,

    S± = 1/(1 − β) Σ_{k≥1} [ r(w_{k+1}/w_k) + β r(w_k/w_{k+1}) ],
    Δ_∞ = Δ_0 exp(−(S₊ + S₋)),    θ̃_0 = ¼(w₊,0² e^{−2S₊} − w₋,0² e^{−2S₋}).

What the tests find against `reference.bias_identities`: from rest (w_0 = w_1) all three are exact in the
limit, minibatches included; with initial momentum Δ_∞ and θ̃_0 are wrong, as they lack
exp(A₊ + A₋) and e^{2A±} and take w_0 for w_1; "no sign change implies S± > 0 and Δ_∞ < Δ_0" holds from
rest; where signs do change S± may be negative and Δ_∞ > Δ_0.  In Sec. 4 the printed minus sign of
I± contradicts I± > 0.

Source: paper 003, Sec. 6.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from reference.arithmetic import Vector
from reference.bias_identities import Elementary, Weights, excess, identified_balancedness, perturbed_start

__all__ = ["balancedness_as_printed", "excess_sums_as_printed", "perturbed_start_as_printed"]


def excess_sums_as_printed(
    weights: Sequence[Weights], momentum: Any, one: Any, functions: Elementary
) -> Weights:
    """Return the printed S± over a recorded run.

    Parameters
    ----------
    weights : sequence of Weights
        The paper's w_0, w_1, w_2, …: what precedes the start by its momentum, the start, and so on.
    momentum, one : numbers
        β and 1.
    functions : Elementary
    """

    def summed(path: Sequence[Any]) -> Any:
        total = None
        for here, after in pairwise(path[1:]):
            forth = [excess(a / h, one, functions) for h, a in zip(here, after, strict=True)]
            back = [excess(h / a, one, functions) for h, a in zip(here, after, strict=True)]
            term = Vector(forth) + momentum * Vector(back)
            total = term if total is None else total + term
        return (one / (one - momentum)) * total

    return Weights(summed([w.plus for w in weights]), summed([w.minus for w in weights]))


def balancedness_as_printed(first: Weights, sums: Weights, functions: Elementary) -> Any:
    """Return the printed Δ_∞, shape (d,), from the paper's w_0 and S±."""
    return identified_balancedness(first, Weights(-sums.plus, -sums.minus), functions)


def perturbed_start_as_printed(first: Weights, sums: Weights, quarter: Any, functions: Elementary) -> Any:
    """Return the printed θ̃_0, shape (d,), from the paper's w_0 and S±."""
    return perturbed_start(first, Weights(-sums.plus, -sums.minus), quarter, functions)
