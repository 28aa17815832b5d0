"""Tiles fit the registers, and blocks cover every row once."""

from __future__ import annotations

import pytest

pytest.importorskip("llvmlite")

from lightning_runs.kernels.cpu.layout import Layout
from lightning_runs.kernels.cpu.processor import processor


@pytest.mark.parametrize("vectors", [1, 2, 3, 4])
@pytest.mark.parametrize("rows", [1, 2, 5, 40, 100, 101])
def test_sums_and_their_factors_fit_the_registers(vectors: int, rows: int) -> None:
    """M·V sums, V numbers of the other factor and one broadcast are no more than there are registers."""
    block = Layout(40, 100, 8, "diagonal", "heavy_ball", vectors).block(rows)
    assert 1 <= block <= rows
    assert block == 1 or block * vectors + vectors + 1 <= processor().registers


@pytest.mark.parametrize("n", range(1, 35))
def test_blocks_of_one_run_cover_its_rows(n: int) -> None:
    """Blocks are powers of two, the large ones first, and sum to n."""
    blocks = Layout(n, 7, 8, "linear", "nesterov").blocks
    assert sum(blocks) == n
    assert blocks == sorted(blocks, reverse=True)
    assert all(block & (block - 1) == 0 for block in blocks)


@pytest.mark.parametrize("itemsize", [4, 8])
def test_padding_is_to_whole_vectors_and_no_more(itemsize: int) -> None:
    """D is the first multiple of the lanes from d on."""
    layout = Layout(3, 21, itemsize, "linear", "nesterov")
    assert layout.padded % layout.lanes == 0
    assert 21 <= layout.padded < 21 + layout.lanes
