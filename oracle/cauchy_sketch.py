"""Sums of absolute values from a few random rows: the Cauchy sketch.

With independent standard Cauchy numbers C_k, Σ_k a_k C_k is Σ_k |a_k| times one such number.  Of s samples of that,
the geometric mean Ê of their sizes estimates E = Σ|a_k|, since log|C| has mean zero; and it is rarely far too
small: for 0 < t < 1, E[|C|^{−t}] = 1/cos(πt/2), so by Markov's inequality P(Ê ≤ xE) ≤ (x^t / cos(πt/2))^s.

Source: Indyk 2006; the geometric mean is that of Li, Hastie and Church 2007.
"""

from __future__ import annotations

from math import atan, cos, log, pi

import numpy as np

from oracle.error_free import Floats

__all__ = ["cauchy_numbers", "geometric_mean", "sketched_share"]


def cauchy_numbers(generator: np.random.Generator, shape: tuple[int, int]) -> Floats:
    """Return independent standard Cauchy numbers of 24 bits, none of them 0."""
    uniform = generator.random(shape, dtype=np.float32)
    uniform -= np.float32(0.5)
    uniform += np.float32(2.0**-25)
    numbers: Floats = np.tan(np.float32(pi) * uniform).astype(np.float64)
    return numbers


def geometric_mean(rows: Floats) -> Floats:
    """Return the geometric mean of |rows|, shape (4s, m), over the first axis, shape (1, m)."""
    fours = np.abs(rows).reshape(4, -1, rows.shape[1]).prod(axis=0)  # of four, not of all: no underflow
    mean: Floats = np.exp(np.log(fours).mean(axis=0, keepdims=True) / 4)
    return mean


def sketched_share(rows: int, probability: float) -> float:
    """Return x < 1 with min_t (x^t / cos(πt/2))^rows ≤ probability; the best t is (2/π) atan(−(2/π) log x)."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        power = 2 / pi * atan(-2 / pi * log(middle))
        if rows * (power * log(middle) - log(cos(pi * power / 2))) <= log(probability):
            low = middle
        else:
            high = middle
    return low
