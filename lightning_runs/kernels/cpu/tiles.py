"""Runs in the hands of generated code: some of them in the lanes of vectors, or one by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lightning_runs.kernels.cpu import many_runs, one_run
from lightning_runs.kernels.cpu.arrays import Addresses, aligned, packed, padded_rows, wanted_steps
from lightning_runs.kernels.cpu.layout import Layout
from lightning_runs.kernels.cpu.processor import MachineCode, processor
from lightning_runs.kernels.update import NETWORKS
from lightning_runs.run_batch import RunBatch, state_names
from oracle.records.candidate import Array

__all__ = ["ManyRuns", "OneRun", "Tile", "tiles_of"]

VECTORS = (
    4  # of runs in a tile, at most: more would need registers that are not there, fewer reload X more often
)

_many_runs = cache(many_runs.many_runs)
_one_run = cache(one_run.one_run)


class Tile(Protocol):
    """Runs of one data set and one method that go through the steps by themselves."""

    runs: NDArray[np.int64]

    def advance(self, first: int, stop: int, wanted: Sequence[int]) -> Array:
        """Make the steps from `first` to `stop`; return the wanted states, shape (wanted, 2P, runs, d)."""

    def state(self) -> Array:
        """Return a copy of the state, shape (2P, runs, d)."""

    def restore(self, state: Array) -> None:
        """Take a state of that shape."""


def tiles_of(batch: RunBatch, runs: NDArray[np.int64], threads: int) -> list[Tile]:
    """Return the tiles of runs that share data set and method.

    Whole vectors of runs go together, evenly in tiles of a few vectors, at least one tile a thread; what is
    left makes one more vector if it fills more than half of it, and else goes run by run.

    Parameters
    ----------
    batch : RunBatch
    runs : int64 array
    threads : int
    """
    lanes = processor().lanes(batch.step_size.itemsize)
    vectors, left = divmod(len(runs), lanes)
    if 2 * left > lanes:
        vectors, left = vectors + 1, 0
    together = runs[: len(runs) - left]
    tiles = max(-(-vectors // VECTORS), min(threads, vectors))
    ends = [lanes * (vectors * tile // tiles) for tile in range(tiles + 1)] if tiles else [0]
    data = _Data(batch, runs)
    parts = [together[first:stop] for first, stop in pairwise(ends)]
    alone = [runs[first : first + 1] for first in range(len(together), len(runs))]
    return [*(ManyRuns(batch, part, data) for part in parts), *(OneRun(batch, part, data) for part in alone)]


class _Data:
    """A data set, packed once for each kind of tile that uses it."""

    def __init__(self, batch: RunBatch, runs: NDArray[np.int64]) -> None:
        self.cycle, self.d, dtype = batch.cycles[int(batch.cycle_of[runs[0]])], batch.d, batch.step_size.dtype
        self.n = max(len(rows.y) for rows in self.cycle)
        self.factors = aligned([2 * rows.factor for rows in self.cycle], dtype)
        self.itemsize, self.model, self.method = dtype.itemsize, batch.model, batch.methods[int(runs[0])]
        self._packed: dict[tuple[int, int], tuple[Addresses, Addresses]] = {}

    @cached_property
    def targets(self) -> Addresses:
        """y of each batch."""
        return Addresses(padded_rows(self.cycle, self.d)[1])

    @cached_property
    def rows(self) -> Addresses:
        """X of each batch, row by row, its columns in whole vectors."""
        columns = Layout(self.n, self.d, self.itemsize, self.model, self.method).padded
        return Addresses(padded_rows(self.cycle, columns)[0])

    def packed(self, by_sample: int, by_coordinate: int) -> tuple[Addresses, Addresses]:
        """X of each batch, in blocks of so many rows, and in blocks of so many columns."""
        key = by_sample, by_coordinate
        if key not in self._packed:
            matrices, _ = padded_rows(self.cycle, self.d)
            self._packed[key] = (
                Addresses([packed(X, by_sample) for X in matrices]),
                Addresses([packed(X.T, by_coordinate) for X in matrices]),
            )
        return self._packed[key]


class ManyRuns:
    """Runs in the lanes of vectors; lanes that no run fills hold zeros."""

    def __init__(self, batch: RunBatch, runs: NDArray[np.int64], data: _Data) -> None:
        vectors = -(-len(runs) // processor().lanes(data.itemsize))
        layout = Layout(data.n, data.d, data.itemsize, data.model, data.method, vectors)
        self.runs, self.code, self.cycle = runs, _many_runs(layout), len(data.cycle)
        dtype, width, P2 = batch.step_size.dtype, layout.width, len(state_names(batch.model))
        by_sample, by_coordinate = data.packed(layout.block(data.n), layout.block(data.d))
        coefficients = np.zeros((2, width))
        coefficients[:, : len(runs)] = _coefficients(batch, runs)
        self.held = aligned(np.zeros((data.d, P2, width)), dtype)
        self.addresses = by_sample, by_coordinate, data.targets
        self.arrays = {
            "state": self.held,
            "coefficients": aligned(coefficients, dtype),
            "by_sample": by_sample.table,
            "by_coordinate": by_coordinate.table,
            "targets": self.addresses[2].table,
            "factors": data.factors,
            "theta": aligned(np.zeros((data.d, width)), dtype),
            "residual": aligned(np.zeros((data.n, width)), dtype),
        }

    def advance(self, first: int, stop: int, wanted: Sequence[int]) -> Array:
        """Make the steps; see `Tile`."""
        record = aligned(np.zeros((len(wanted), *self.held.shape)), self.held.dtype)
        _call(
            self.code,
            {**self.arrays, "record": record},
            many_runs.POINTERS,
            (first, stop, self.cycle),
            wanted,
        )
        return record[..., : len(self.runs)].transpose(0, 2, 3, 1)

    def state(self) -> Array:
        """Return a copy of the state; see `Tile`."""
        return self.held[..., : len(self.runs)].transpose(1, 2, 0).copy()

    def restore(self, state: Array) -> None:
        """Take a state; see `Tile`."""
        self.held[...] = 0  # a run that overflowed may have left NaN beside the runs
        self.held[..., : len(self.runs)] = state.transpose(2, 0, 1)


class OneRun:
    """One run, its coordinates in the lanes of vectors; coordinates beyond d are zeros."""

    def __init__(self, batch: RunBatch, runs: NDArray[np.int64], data: _Data) -> None:
        layout = Layout(data.n, data.d, data.itemsize, data.model, data.method)
        self.runs, self.code, self.cycle, self.d = runs, _one_run(layout), len(data.cycle), data.d
        dtype, width = batch.step_size.dtype, layout.padded
        self.held = aligned(np.zeros((len(state_names(batch.model)), width)), dtype)
        self.addresses = data.rows, data.targets
        self.arrays = {
            "state": self.held,
            "coefficients": aligned(_coefficients(batch, runs)[:, 0], dtype),
            "rows": self.addresses[0].table,
            "targets": self.addresses[1].table,
            "factors": data.factors,
            "theta": aligned(np.zeros(width), dtype),
            "gradient": aligned(np.zeros(width), dtype),
        }

    def advance(self, first: int, stop: int, wanted: Sequence[int]) -> Array:
        """Make the steps; see `Tile`."""
        record = aligned(np.zeros((len(wanted), *self.held.shape)), self.held.dtype)
        _call(
            self.code, {**self.arrays, "record": record}, one_run.POINTERS, (first, stop, self.cycle), wanted
        )
        return record[:, :, None, : self.d]

    def state(self) -> Array:
        """Return a copy of the state; see `Tile`."""
        return self.held[:, None, : self.d].copy()

    def restore(self, state: Array) -> None:
        """Take a state; see `Tile`."""
        self.held[...] = 0  # a run that overflowed may have left NaN in the padding
        self.held[:, : self.d] = state[:, 0]


def _coefficients(batch: RunBatch, runs: NDArray[np.int64]) -> Array:
    """Return η times the network's constant, a power of two, and μ; shape (2, runs)."""
    constant = batch.step_size.dtype.type(NETWORKS[batch.model].constant)
    return np.stack([batch.step_size[runs] * constant, batch.momentum[runs]])


def _call(
    code: MachineCode,
    arrays: Mapping[str, Array],
    pointers: Sequence[str],
    integers: tuple[int, int, int],
    wanted: Sequence[int],
) -> None:
    """Call generated code, unless there is no step to make: its loops run at least once."""
    first, stop, _ = integers
    if stop > first:
        held = {**arrays, "wanted": wanted_steps(wanted)}
        code.call(*(held[name].ctypes.data for name in pointers), *integers)
