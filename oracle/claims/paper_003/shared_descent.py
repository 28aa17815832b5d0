"""Momentum gradient descent on θ = u⊙v in mpmath, in the coordinates w± = u ± v, with the sums that the paper prints.

    w±_{k+1} = w±_k ∓ γ g_k w±_k + β (w±_k − w±_{k−1}),    g_k = X_Bᵀ(X_B θ_k − y_B)/|B|,    θ_k = ¼(w₊² − w₋²)

and S± = 1/(1 − β) Σ_{k≥1} [r(w_{k+1}/w_k) + β r(w_k/w_{k+1})] with whatever r the caller has.  Written out again here, so
that it shares no formula with `reference.run_sums`.

Source: paper 003, Sec. 3 and 6.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from mpmath import mp, mpf

from oracle.claims.measures import rational
from oracle.claims.paper_003.shared_networks import Network
from reference.mpmath_arithmetic import nearest_mpf

__all__ = ["MGD", "Descended", "descend"]

MOST_STEPS = 20000
Batches = Sequence[Sequence[int]]


@dataclass(frozen=True)
class MGD:
    """The coefficients of a run.

    Parameters
    ----------
    gamma, beta : Fraction
    batches : tuple of tuples of sample indices
        Used cyclically; empty means every sample.
    """

    gamma: Fraction
    beta: Fraction
    batches: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True)
class Descended:
    """Where a run ended, to about the digits asked.

    Parameters
    ----------
    sums : pair of tuples of d Fractions
        S₊ and S₋ as printed, from k = 1 on.
    theta, balancedness : tuple of d Fractions
        θ and |w₊w₋| at the end.
    sign_changes : bool
        Whether a w± changed its sign on the way.
    """

    sums: tuple[tuple[Fraction, ...], tuple[Fraction, ...]]
    theta: tuple[Fraction, ...]
    balancedness: tuple[Fraction, ...]
    sign_changes: bool


def descend(network: Network, run: MGD, excess: Callable[[Any], Any], digits: int) -> Descended:
    """Follow a run until nothing moves by 10^−digits, and sum what the paper sums.

    Parameters
    ----------
    network : Network
        Its kick, if any, is w_1 − w_0; without one w_0 = w_1 is the start.
    run : MGD
    excess : callable
        r, from a ratio that is not zero.
    digits : int

    Raises
    ------
    ArithmeticError
        If the run has not come to rest within `MOST_STEPS`.
    """
    with mp.workdps(digits + 20):
        sums, changes, still = [mpf(0)] * (2 * len(network.u)), False, 0
        least, beta = mpf(10) ** -(digits + 5), nearest_mpf(run.beta)
        for k, (here, after) in enumerate(_steps(network, run)):
            ratios = [b / a for a, b in zip(here, after, strict=True)]
            changes = changes or min(ratios) < 0
            sums = [s + excess(z) + beta * excess(1 / z) for s, z in zip(sums, ratios, strict=True)]
            moved = max(abs(b - a) for a, b in zip(here, after, strict=True))
            still = still + 1 if moved < least else 0
            if still > 2 * max(1, len(run.batches)):
                return _ended(after, [s / (1 - beta) for s in sums], changes)
            if k > MOST_STEPS:
                break
        raise ArithmeticError(
            f"the run {run} has not come to rest after {MOST_STEPS} steps; choose a smaller γ"
        )


def _ended(weights: list[Any], sums: list[Any], changes: bool) -> Descended:
    size = len(weights) // 2
    plus, minus = weights[:size], weights[size:]
    totals = tuple(map(rational, sums))
    return Descended(
        (totals[:size], totals[size:]),
        tuple(rational((a * a - b * b) / 4) for a, b in zip(plus, minus, strict=True)),
        tuple(rational(abs(a * b)) for a, b in zip(plus, minus, strict=True)),
        changes,
    )


def _steps(network: Network, run: MGD) -> Iterator[tuple[list[Any], list[Any]]]:
    """Yield (w_k, w_{k+1}) from k = 1 on, w₊ before w₋."""
    here = [nearest_mpf(x) for weight in network.weights() for x in weight]
    moves = [Fraction(0)] * len(here)
    if network.kick:
        pairs = list(zip(*network.kick, strict=True))
        moves = [a + b for a, b in pairs] + [a - b for a, b in pairs]
    before = [w - nearest_mpf(p) for w, p in zip(here, moves, strict=True)]
    gamma, beta = nearest_mpf(run.gamma), nearest_mpf(run.beta)
    X = [[nearest_mpf(x) for x in line] for line in network.problem.X]
    y = [nearest_mpf(t) for t in network.problem.y]
    cycle: Batches = run.batches or (tuple(range(len(y))),)
    size, k = len(network.u), 0
    while True:
        theta = [(a * a - b * b) / 4 for a, b in zip(here[:size], here[size:], strict=True)]
        chosen = cycle[k % len(cycle)]
        residuals = [mp.fdot(X[i], theta) - y[i] for i in chosen]
        g = [mp.fdot(residuals, [X[i][j] for i in chosen]) / len(chosen) for j in range(size)]
        force = [*g, *(-x for x in g)]
        after = [w - gamma * x * w + beta * (w - b) for w, b, x in zip(here, before, force, strict=True)]
        yield here, after
        before, here, k = here, after, k + 1
