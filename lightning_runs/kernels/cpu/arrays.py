"""Arrays as the generated code wants them: on cache lines, packed in the order of their use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lightning_runs.run_batch import Cycle
from oracle.records.candidate import Array

__all__ = ["NEVER", "Addresses", "aligned", "packed", "padded_rows", "wanted_steps"]

LINE = 64
NEVER = np.iinfo(np.int64).max


class Addresses:
    """Arrays kept alive, and the array of their addresses.

    Parameters
    ----------
    arrays : sequence of ndarray
        C-contiguous.
    """

    def __init__(self, arrays: Sequence[Array]) -> None:
        self.arrays = tuple(arrays)
        self.table = np.array([array.ctypes.data for array in arrays], dtype=np.int64)


def aligned(values: Any, dtype: Any) -> Array:
    """Return a copy that begins on a cache line."""
    source = np.asarray(values, dtype=dtype)
    room = np.zeros(source.nbytes + LINE, dtype=np.uint8)
    start = -room.ctypes.data % LINE
    copy: Array = room[start : start + source.nbytes].view(source.dtype).reshape(source.shape)
    copy[...] = source
    return copy


def packed(matrix: Array, block: int) -> Array:
    """Return a matrix's numbers by blocks of rows, column by column within each, shape (rows · columns,)."""
    blocks = [matrix[first : first + block].T.ravel() for first in range(0, len(matrix), block)]
    return aligned(np.concatenate(blocks), matrix.dtype)


def padded_rows(cycle: Cycle, columns: int) -> tuple[list[Array], list[Array]]:
    """Return X and y of each batch, all with the rows of the largest; what is added is zero.

    Parameters
    ----------
    cycle : Cycle
    columns : int
        Of the X returned, at least d.
    """
    n = max(len(rows.y) for rows in cycle)
    matrices, targets = [], []
    for rows in cycle:
        missing = n - len(rows.y)
        matrices.append(aligned(np.pad(rows.X, ((0, missing), (0, columns - rows.X.shape[1]))), rows.X.dtype))
        targets.append(aligned(np.pad(rows.y, (0, missing)), rows.y.dtype))
    return matrices, targets


def wanted_steps(steps: Sequence[int]) -> Array:
    """Return ascending steps, and after them one that is never reached."""
    return np.array([*steps, NEVER], dtype=np.int64)
