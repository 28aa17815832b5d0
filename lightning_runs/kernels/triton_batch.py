"""A batch of runs as the kernels' arrays: runs sorted into tiles of one data set each, everything padded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lightning_runs.kernels.triton_sizes import Format
from lightning_runs.kernels.update import NETWORKS
from lightning_runs.run_batch import RunBatch, state_names
from oracle.records.candidate import Array

__all__ = ["Padding", "TiledBatch"]


@dataclass(frozen=True)
class Padding:
    """Runs to a tile, and what rows and coordinates are padded to."""

    runs: int
    n: int
    d: int


class TiledBatch:
    """The arrays of a batch on the device.

    Runs that share a data set fill tiles; a tile's last places may be empty, with η = μ = 0 and zeros for
    a state.  Zeros in X, y and the start keep padded rows and coordinates at zero in every step.

    Parameters
    ----------
    batch : RunBatch
        One method; any number of data sets.
    form : Format
    padding : Padding
    device : torch.device

    Attributes
    ----------
    X, y, factors : Tensor, shapes (sets, n, d), (sets, n), (sets,)
        Every set of rows of every data set; 2 f and the model's constant.
    first_rows, cycle_lengths : int32 Tensor, shape (tiles,)
    eta, mu : Tensor, shape (tiles, runs)
    """

    def __init__(self, batch: RunBatch, form: Format, padding: Padding, device: torch.device) -> None:
        self.form, self.padding, self.device = form, padding, device
        self.names, self.d = state_names(batch.model), batch.d
        tiles, self.place = _tiles(batch.cycle_of, padding.runs)
        self.tiles = len(tiles)
        self._put_rows(batch, tiles)
        self.eta = self._spread(batch.step_size).to(form.total)
        self.mu = self._spread(batch.momentum).to(form.update)

    def packed(self, state: Mapping[str, Array]) -> Tensor:
        """Return a state as one tensor of shape (2 parameters, tiles × runs, d)."""
        shape = len(self.names), self.tiles * self.padding.runs, self.padding.d
        packed = torch.zeros(shape, dtype=self.form.state)
        for row, name in zip(packed, self.names, strict=True):
            row[self.place, : self.d] = torch.from_numpy(np.ascontiguousarray(state[name])).to(packed.dtype)
        return packed.to(self.device)

    def unpacked(self, packed: Tensor) -> dict[str, Array]:
        """Return the arrays, shape (..., runs, d), of tensors of shape (..., 2 parameters, places, d)."""
        wide = packed[..., self.place, : self.d]
        wide = wide.float() if wide.dtype == torch.bfloat16 else wide
        return {name: wide[..., i, :, :].cpu().numpy().copy() for i, name in enumerate(self.names)}

    def _put_rows(self, batch: RunBatch, tiles: Sequence[int]) -> None:
        """Pad and stack the rows of every data set, and tell each tile which are its own."""
        sets = [rows for cycle in batch.cycles for rows in cycle]
        constant = 2 * NETWORKS[batch.model].constant
        X = torch.zeros(len(sets), self.padding.n, self.padding.d, dtype=torch.float64)
        y = torch.zeros(len(sets), self.padding.n, dtype=torch.float64)
        for i, rows in enumerate(sets):
            X[i, : rows.X.shape[0], : self.d] = torch.from_numpy(np.ascontiguousarray(rows.X))
            y[i, : rows.X.shape[0]] = torch.from_numpy(np.ascontiguousarray(rows.y))
        factors = torch.tensor([constant * rows.factor for rows in sets], dtype=torch.float64)
        self.X, self.y = X.to(self.device, self.form.product), y.to(self.device, self.form.total)
        self.factors = factors.to(self.device, self.form.total)
        lengths = [len(cycle) for cycle in batch.cycles]
        starts = [0, *accumulate(lengths)]
        self.first_rows = self._integers([starts[data] for data in tiles])
        self.cycle_lengths = self._integers([lengths[data] for data in tiles])
        self.fixed = max(lengths) == 1

    def _integers(self, values: Sequence[int]) -> Tensor:
        return torch.tensor(values, dtype=torch.int32, device=self.device)

    def _spread(self, values: Array) -> Tensor:
        """Return one number a run at the runs' places, zero at the empty ones."""
        spread = torch.zeros(self.tiles * self.padding.runs, dtype=torch.float64)
        spread[self.place] = torch.from_numpy(values.astype(np.float64))
        return spread.to(self.device)


def _tiles(data_of: NDArray[np.int64], runs: int) -> tuple[list[int], Tensor]:
    """Return each tile's data set and each run's place among the tiles."""
    tiles: list[int] = []
    place = torch.empty(len(data_of), dtype=torch.int64)
    for data in np.unique(data_of):
        members = np.flatnonzero(data_of == data)
        place[torch.from_numpy(members)] = len(tiles) * runs + torch.arange(len(members))
        tiles += [int(data)] * -(-len(members) // runs)
    return tiles, place
