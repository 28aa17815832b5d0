"""Runs of the diagonal network made again in numpy, in a form that shares no formula with the trainer.

The trainer keeps w₊, w₋ and their momenta, θ = w₊² − w₋².  Here a = w₊ + w₋ and b = w₊ − w₋ are kept without momenta:
θ = a⊙b, and with g = ∂L/∂θ heavy ball is ``a(k+1) = a(k) − 2η g⊙b(k) + μ (a(k) − a(k−1))``, the same for b with a and b
exchanged.

The heavy-ball flow with α = 2 is the gradient flow of L/(1 − μ) + η(1 + μ)/(2(1 − μ)³) Q, Q = ½|∇L|² = Σ g²(a² + b²).
With H = ∂g/∂θ, ``∂Q/∂a = 2g²⊙a + b⊙H(2g⊙(a² + b²))``; so no product of ∇²L with ∇L is formed.  A gradient flow in w₊
and w₋ is a' = −2 ∂/∂a, b' = −2 ∂/∂b.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oracle.claims.claim import Setting
from oracle.sparse_regression import generate

__all__ = ["EULER_LOOP", "LOOP", "FlowRuns", "ScaleRuns", "ends_again", "largest_errors"]

LOOP = "a loop in w₊ ± w₋ without momenta"
EULER_LOOP = "loops in w₊ ± w₋, without momenta and with HBF as a gradient flow"
DOUBLE_BITS = 53
REST = 1e-16  # of |y|², for the squared residual: from here on no digit moves that is compared
LOOK = 500  # steps between looks at the residual
LEFT = 1e30  # stands for every error of a flow that leaves all bounds, as in the figure

Floats = NDArray[Any]


@dataclass(frozen=True)
class ScaleRuns:
    """Heavy ball from w₊ = ϑs and w₋ = s/ϑ under the mean Σ r²/(2n), for all pairs of s and μ; numbers as text."""

    sizes: tuple[int, int, int]
    seed: int
    scales: tuple[str, ...]
    momenta: tuple[str, ...]
    bias: str
    step_size: str
    steps: int  # at most; a run that has come to rest ends


@dataclass(frozen=True)
class FlowRuns:
    """Heavy ball and both flows from w₊ = w₋ = s, the loss Σ r² times a factor; numbers as text."""

    sizes: tuple[int, int, int]
    seed: int
    scale: str
    momenta: tuple[str, ...]
    step_size: str
    factor: float
    at: tuple[int, ...]  # the steps at which errors are taken
    parts: int  # Euler's steps in a step


def ends_again(runs: ScaleRuns, setting: Setting) -> dict[tuple[str, str], float]:
    """Return ‖θ − θ*‖₂ at the ends by s and μ, in extended numbers where twice the precision is asked."""
    return _ends(runs, setting.bits(DOUBLE_BITS) > DOUBLE_BITS)


def largest_errors(runs: FlowRuns, setting: Setting) -> dict[tuple[str, str], float]:
    """Return the largest |θ_k − θ(kη)|² by flow, RGF or HBF, and μ."""
    return _errors(runs, setting.bits(DOUBLE_BITS) > DOUBLE_BITS)


def _data(sizes: tuple[int, int, int], seed: int, number: Any) -> tuple[Floats, Floats, Floats]:
    found = generate(*sizes, seed)
    X, y, truth = (np.array(part, dtype=float).astype(number) for part in (found.X, found.y, found.truth))
    return X, y, truth


@lru_cache(maxsize=8)
def _ends(runs: ScaleRuns, extended: bool) -> dict[tuple[str, str], float]:
    number: Any = np.longdouble if extended else np.float64
    X, y, truth = _data(runs.sizes, runs.seed, number)
    matrix, constant = X.T @ X / len(y), X.T @ y / len(y)
    pairs = [(scale, momentum) for scale in runs.scales for momentum in runs.momenta]
    scale, mu = (np.array([[number(pair[i])] for pair in pairs]) for i in range(2))
    bias, twice = number(runs.bias), 2 * number(runs.step_size)
    sides = (scale * bias + scale / bias, scale * bias - scale / bias)
    now = np.stack([np.repeat(side, len(truth), axis=1) for side in sides])
    before, moving, found = now, np.arange(len(pairs)), {}
    for k in range(1, runs.steps + 1):
        slope = (now[0] * now[1]) @ matrix - constant
        now, before = now - twice * slope * now[::-1] + mu * (now - before), now
        if k % LOOK and k < runs.steps:
            continue
        theta = now[0] * now[1]
        rests = np.square(theta @ X.T - y).sum(axis=1) < REST * (y @ y)
        for i in np.flatnonzero(rests | (k == runs.steps)):
            found[pairs[moving[i]]] = float(np.sqrt(np.square(theta[i] - truth).sum()))
        now, before, mu, moving = now[:, ~rests], before[:, ~rests], mu[~rests], moving[~rests]
        if not len(moving):
            break
    return found


@lru_cache(maxsize=8)
def _errors(runs: FlowRuns, extended: bool) -> dict[tuple[str, str], float]:
    number: Any = np.longdouble if extended else np.float64
    X, y, _ = _data(runs.sizes, runs.seed, number)
    twice = 2 * number(runs.factor)
    matrix, constant = twice * X.T @ X, twice * X.T @ y
    step, count = number(runs.step_size), len(runs.momenta)
    mu = np.array([[number(momentum)] for momentum in runs.momenta])
    slow = np.concatenate([1 / (1 - mu)] * 2)
    added = step * (1 + mu) / (2 * (1 - mu) ** 3)  # of HBF, the second half
    flow = np.zeros((2, 2 * count, X.shape[1]), dtype=number)
    flow[0] = 2 * number(runs.scale)  # and b = 0
    now = before = flow[:, :count]
    worst = np.zeros(2 * count)
    with np.errstate(over="ignore", invalid="ignore"):
        for k in range(1, runs.at[-1] + 1):
            for _ in range(runs.parts):
                flow = flow - 2 * step / runs.parts * _downhill(flow, matrix, constant, (slow, added))
            slope = (now[0] * now[1]) @ matrix - constant
            now, before = now - 2 * step * slope * now[::-1] + mu * (now - before), now
            if k in runs.at:
                gap = flow[0] * flow[1] - np.concatenate([now[0] * now[1]] * 2)
                square = np.square(gap).sum(axis=1)
                bounded = np.where(np.isfinite(square), np.minimum(square, LEFT), LEFT)
                worst = np.maximum(worst, bounded.astype(float))
    names = [(name, momentum) for name in ("RGF", "HBF") for momentum in runs.momenta]
    return dict(zip(names, worst.tolist(), strict=True))


def _downhill(at: Floats, matrix: Floats, constant: Floats, weights: Sequence[Floats]) -> Floats:
    """Return ∂/∂a and ∂/∂b of weighted sums of L and, in the last rows, Q."""
    slow, added = weights
    slope = (at[0] * at[1]) @ matrix - constant
    down: Floats = slow * slope * at[::-1]
    own, at = slope[-len(added) :], at[:, -len(added) :]  # the others go down L alone
    through = (2 * own * np.square(at).sum(axis=0)) @ matrix
    down[:, -len(added) :] += added * (2 * own**2 * at + through * at[::-1])
    return down
