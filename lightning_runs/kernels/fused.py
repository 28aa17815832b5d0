"""The fused kernel for the processor: all of a step in one generated loop, tile by tile of runs.

Code is generated for the shape at hand through LLVM (`cpu.many_runs`, `cpu.one_run`), with every vector
instruction that the processor has.  Tiles of runs share nothing that is written, so threads never wait for
each other and one tile goes through all its steps at once.

Every number of a step is computed in the state's dtype.  A run's bits depend on its own data and on whether it
shares a vector with others, not on threads, nor on how steps are cut into calls.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import numpy as np

from lightning_runs.kernels.cpu.tiles import Tile, tiles_of
from lightning_runs.kernels.grouped import check_batch, data_and_method
from lightning_runs.kernels.interface import Loop
from lightning_runs.run_batch import RunBatch, split, state_names
from lightning_runs.tasks import METHODS, PARAMETERS
from oracle.records.candidate import Array, Declaration

__all__ = ["FusedKernel", "FusedLoop"]


class FusedKernel:
    """Generated machine code, many threads; velocity form."""

    name = "fused"
    dtypes = frozenset({"float64", "float32"})
    methods = frozenset(METHODS)
    models = frozenset(PARAMETERS)
    runs_ahead = True  # its code holds no lock of Python's

    def missing(self) -> str:
        """Return nothing: what LLVM compiles for, it runs on."""
        return ""

    def declare(self, dtype: str, method: str) -> Declaration:
        """Return velocity form, everything in `dtype`, multiply-adds fused."""
        return Declaration("velocity", dtype, dtype, fma=True)

    def prepare(self, batch: RunBatch, threads: int = 1) -> Loop:
        """Return the loop of a batch; see `interface.Kernel`."""
        check_batch(self, batch)
        return FusedLoop(batch, threads)


class FusedLoop:
    """The tiles of a batch.

    Parameters
    ----------
    batch : RunBatch
    threads : int
        At least 1.
    """

    def __init__(self, batch: RunBatch, threads: int) -> None:
        self.names, self.dtype = state_names(batch.model), batch.step_size.dtype
        self.shape, self.threads = (len(batch), batch.d), threads
        self.tiles = [
            tile for runs in split(batch, data_and_method) for tile in tiles_of(batch, runs, threads)
        ]
        self.step = 0
        self.restore(0, batch.start)

    def advance(self, stop: int, wanted: Sequence[int] = ()) -> dict[str, Array]:
        """Make steps until `stop`; see `interface.Loop`."""
        first, self.step = self.step, stop
        kept = np.empty((len(self.names), len(wanted), *self.shape), dtype=self.dtype)

        def advance(tile: Tile) -> None:
            states = tile.advance(first, stop, wanted)
            kept[:, :, tile.runs] = states.transpose(1, 0, 2, 3)

        self._each(advance)
        return dict(zip(self.names, kept, strict=True))

    def state(self) -> dict[str, Array]:
        """Return a copy of the state."""
        state = np.empty((len(self.names), *self.shape), dtype=self.dtype)
        for tile in self.tiles:
            state[:, tile.runs] = tile.state()
        return dict(zip(self.names, state, strict=True))

    def restore(self, step: int, state: Mapping[str, Array]) -> None:
        """Go on from a state."""
        self.step = step
        stacked = np.stack([state[name] for name in self.names])
        for tile in self.tiles:
            tile.restore(stacked[:, tile.runs])

    def _each(self, work: Callable[[Tile], None]) -> None:
        """Do the work of every tile, on threads where there are several of both."""
        if self.threads == 1 or len(self.tiles) == 1:
            for tile in self.tiles:
                work(tile)
        else:
            for _ in _pool(self.threads).map(work, self.tiles):
                pass


@cache
def _pool(threads: int) -> Any:
    return ThreadPoolExecutor(threads, thread_name_prefix="fused")
