"""X and y of a regression in double-double, converted from rationals once for as long as the problem is there.

Thousands of rationals take a hundred times longer to convert than a step takes to replay.  A problem never
changes, so what was made of it holds; when the problem goes, so does this.
"""

from __future__ import annotations

from typing import NamedTuple
from weakref import ref

import numpy as np

from oracle.error_free import DoubleDouble, DoubleDoubleArithmetic
from reference.case import Regression

__all__ = ["GivenData", "given_data"]


class GivenData(NamedTuple):
    """A regression's data.

    Parameters
    ----------
    X : DoubleDouble, shape (n, d)
    y : DoubleDouble, shape (1, n)
    largest : float
        Size of the largest number among them.
    """

    X: DoubleDouble
    y: DoubleDouble
    largest: float


# by identity: to compare two problems takes as long as to convert one
_KEPT: dict[int, tuple[ref[Regression], GivenData]] = {}


def given_data(problem: Regression) -> GivenData:
    """Return the data of a problem; for the same object the same arrays, which nobody may write to.

    Raises
    ------
    OverflowError
        If a number is beyond float64.
    """
    key = id(problem)
    found = _KEPT.get(key)
    if found is not None and found[0]() is problem:
        return found[1]
    data = _converted(problem)
    _KEPT[key] = ref(problem, lambda gone: _forget(key, gone)), data
    return data


def _forget(key: int, gone: ref[Regression]) -> None:
    """Drop what was kept, unless another problem has taken the place in memory meanwhile."""
    found = _KEPT.get(key)
    if found is not None and found[0] is gone:
        del _KEPT[key]


def _converted(problem: Regression) -> GivenData:
    arithmetic = DoubleDoubleArithmetic()
    X, y = arithmetic.matrix(problem.X), arithmetic.vector(problem.y)
    for part in (X.hi, X.lo, y.hi, y.lo):
        part.setflags(write=False)
    return GivenData(X, y, max(float(np.abs(part.hi).max(initial=0.0)) for part in (X, y)))
