"""Arrays begin on cache lines, are packed in the order of their use, and padded with zeros alone."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("llvmlite")

from lightning_runs.kernels.cpu.arrays import NEVER, Addresses, aligned, packed, padded_rows, wanted_steps
from lightning_runs.run_batch import Rows


@pytest.mark.parametrize("size", [1, 7, 64, 1001])
def test_aligned_copy_begins_on_a_cache_line(size: int) -> None:
    """The address is a multiple of 64 and the content is the same."""
    values = np.arange(size, dtype=np.float32)
    copy = aligned(values, np.float32)
    assert copy.ctypes.data % 64 == 0
    assert np.array_equal(copy, values)


def test_packed_matrix_goes_through_blocks_of_rows_by_columns() -> None:
    """Five rows in blocks of two: each block column by column, the last block short."""
    matrix = np.arange(15.0).reshape(5, 3)
    expected = [0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11, 12, 13, 14]
    assert packed(matrix, 2).tolist() == expected


def test_smaller_batches_are_padded_with_rows_of_zeros() -> None:
    """Batches of one and two rows get two rows each, and columns to the width asked for."""
    cycle = (Rows(np.ones((1, 3)), np.ones(1), 0.5), Rows(np.full((2, 3), 2.0), np.full(2, 2.0), 0.25))
    matrices, targets = padded_rows(cycle, 4)
    assert matrices[0].tolist() == [[1, 1, 1, 0], [0, 0, 0, 0]]
    assert matrices[1].tolist() == [[2, 2, 2, 0], [2, 2, 2, 0]]
    assert [target.tolist() for target in targets] == [[1, 0], [2, 2]]


def test_addresses_are_those_of_the_arrays() -> None:
    """The table names each array's first byte, and keeps the arrays alive."""
    arrays = [np.zeros(3), np.ones(5)]
    held = Addresses(arrays)
    assert held.table.tolist() == [array.ctypes.data for array in arrays]
    assert held.arrays == tuple(arrays)


def test_wanted_steps_end_with_one_that_is_never_reached() -> None:
    """The generated loop looks one step further than it records."""
    assert wanted_steps([3, 9]).tolist() == [3, 9, NEVER]
