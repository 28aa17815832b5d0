"""Lines and bands over seeds, and the statistics that the sentences quote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb

import numpy as np
from numpy.typing import ArrayLike, NDArray

from oracle.records.figure import Curve

__all__ = ["BAND", "Band", "PairedCount", "band_of", "paired", "ratio_of", "thinned"]

BAND = (0.1, 0.9)  # of the seeds lie between
KEPT = 7  # significant digits of a stored value: more than a picture shows, less than float64 spends


@dataclass(frozen=True)
class Band:
    """Median and quantiles over seeds, each of shape (points,)."""

    median: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]


@dataclass(frozen=True)
class PairedCount:
    """How often one of two paired numbers was the smaller.

    Parameters
    ----------
    below, pairs : int
        In `below` of `pairs` the first was smaller; ties are in neither.
    p : float
        Of the exact binomial sign test, one-sided: how likely so many or more are by chance.
    """

    below: int
    pairs: int
    p: float


def band_of(curve: Curve) -> Band:
    """Return median and band of a curve over its seeds."""
    values = np.array(curve.values, dtype=np.float64)
    lower, median, upper = np.quantile(values, (BAND[0], 0.5, BAND[1]), axis=0)
    return Band(median, lower, upper)


def paired(left: ArrayLike, right: ArrayLike) -> PairedCount:
    """Return in how many pairs left < right, ties left out, and the one-sided sign test's p."""
    difference = np.asarray(left, dtype=np.float64) - np.asarray(right, dtype=np.float64)
    below, pairs = int((difference < 0).sum()), int((difference != 0).sum())
    p = sum(comb(pairs, k) for k in range(below, pairs + 1)) / 2**pairs
    return PairedCount(below, pairs, p)


def thinned(name: str, x: Sequence[float], values: ArrayLike) -> Curve:
    """Return a curve with values rounded to as many digits as a picture can need.

    Parameters
    ----------
    name : str
    x : sequence of float
    values : array_like, shape (seeds, points)
    """
    rows = np.asarray(values, dtype=np.float64)
    rounded = tuple(tuple(float(f"{value:.{KEPT}g}") for value in row) for row in rows)
    return Curve(name, tuple(float(at) for at in x), rounded)


def ratio_of(upper: Curve, lower: Curve) -> Curve:
    """Return one curve over another, seed by seed, at the points that both have."""
    shared = [x for x in upper.x if x in lower.x]
    above, below = (np.array(curve.values)[:, [curve.x.index(x) for x in shared]] for curve in (upper, lower))
    return Curve(upper.name, tuple(shared), tuple(map(tuple, (above / below).tolist())))
