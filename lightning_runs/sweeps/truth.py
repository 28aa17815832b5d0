"""θ* of a generated problem: the generator's own, for the table alone; no kernel sees it."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from lightning_runs.sweeps.grid import Grid, Point, spec_of
from oracle.sparse_regression import generate

__all__ = ["truth_of"]


def truth_of(grid: Grid, point: Point) -> NDArray[np.float64] | None:
    """Return θ*, shape (d,), exact; None for a problem that is given."""
    problem = spec_of(grid, point).canonical["problem"]
    if problem["kind"] != "sparse_regression":
        return None
    sizes = (problem["n"], problem["d"], problem["nonzeros"], problem["seed"])
    truth = generate(*sizes, Fraction(problem["scale"])).truth
    return np.array([float(entry) for entry in truth])
