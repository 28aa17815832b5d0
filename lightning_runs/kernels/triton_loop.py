"""The two loops of the Triton kernels: resident on chip, or tile by tile through global memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor

from lightning_runs.kernels.triton_batch import Padding, TiledBatch
from lightning_runs.kernels.triton_language import INTERPRETED
from lightning_runs.kernels.triton_resident import make_steps
from lightning_runs.kernels.triton_sizes import HOPPER_BYTES, RUNS, Format, Tile
from lightning_runs.kernels.triton_tiled import add_updates, find_residuals
from lightning_runs.run_batch import RunBatch
from oracle.records.candidate import Array

__all__ = ["ResidentLoop", "TiledLoop", "TritonLoop", "constants_of", "device", "shared_limit"]

WORDS = {
    torch.float64: tl.float64,
    torch.float32: tl.float32,
    torch.bfloat16: tl.bfloat16,
}
BLOCK = 32  # rows and coordinates of a tiled kernel's block
MANY_RUNS = 64  # runs of its tile, where there are as many


class TritonLoop:
    """Runs of one method on the device; how the steps are made is the subclass's.

    Parameters
    ----------
    batch : RunBatch
    form : Format
    padding : Padding
    """

    step: int
    held: Tensor

    def __init__(self, batch: RunBatch, form: Format, padding: Padding) -> None:
        self.arrays, self.form = TiledBatch(batch, form, padding, device()), form
        self.constants: dict[str, Any] = {
            **constants_of(batch.model, batch.methods[0], form),
            "enable_fp_fusion": True,  # said aloud: Triton 3.9 warns where it is left to the default
        }
        self.restore(0, batch.start)

    def advance(self, stop: int, wanted: Sequence[int] = ()) -> dict[str, Array]:
        """Make steps until `stop`; see `interface.Loop`."""
        ends = sorted({*wanted, stop})
        if stop == self.step:
            return self.arrays.unpacked(self.held[None][:0])
        records = self.held.new_empty((len(ends), *self.held.shape))
        self._make(ends, records)
        self.step, self.held = stop, records[-1].clone()
        if self.held.is_cuda:
            torch.cuda.synchronize()  # the steps are made when this returns, wanted or not
        return self.arrays.unpacked(records[: len(wanted)])

    def state(self) -> dict[str, Array]:
        """Return a copy of the state."""
        return self.arrays.unpacked(self.held)

    def restore(self, step: int, state: Mapping[str, Array]) -> None:
        """Go on from a state."""
        self.step, self.held = step, self.arrays.packed(state)

    def _make(self, ends: Sequence[int], records: Tensor) -> None:
        """Fill one record at each of `ends`."""
        raise NotImplementedError


class ResidentLoop(TritonLoop):
    """Every step of a call in one launch; see `triton_resident`.

    Parameters
    ----------
    batch : RunBatch
    form : Format
    tile : Tile
    """

    def __init__(self, batch: RunBatch, form: Format, tile: Tile) -> None:
        self.tile = tile
        super().__init__(batch, form, Padding(RUNS, tile.n, tile.d))

    def _make(self, ends: Sequence[int], records: Tensor) -> None:
        """Launch once."""
        arrays, tile = self.arrays, self.tile
        make_steps[(arrays.tiles,)](
            self.held,
            records,
            torch.tensor(ends, dtype=torch.int32, device=self.held.device),
            arrays.X,
            arrays.y,
            arrays.factors,
            arrays.eta,
            arrays.mu,
            arrays.first_rows,
            arrays.cycle_lengths,
            self.step,
            len(ends),
            self.held[0].numel(),
            fixed=arrays.fixed,
            num_warps=tile.groups,
            **tile.constants(self.form),
            **self.constants,
        )


class TiledLoop(TritonLoop):
    """Two launches a step; see `triton_tiled`.

    Parameters
    ----------
    batch : RunBatch
    form : Format
    n : int
        The most rows of any data set.
    """

    def __init__(self, batch: RunBatch, form: Format, n: int) -> None:
        runs = MANY_RUNS if len(batch) >= MANY_RUNS else RUNS
        super().__init__(batch, form, Padding(runs, _whole(n), _whole(batch.d)))
        self.residuals = torch.empty(
            (self.arrays.tiles, runs, self.arrays.padding.n), dtype=form.product, device=device()
        )

    def _make(self, ends: Sequence[int], records: Tensor) -> None:
        """Launch two kernels a step, and copy the state where it is wanted."""
        held, step = self.held.clone(), self.step
        for end, record in zip(ends, records, strict=True):
            for at in range(step, end):
                self._make_one(held, at)
            record.copy_(held)
            step = end

    def _make_one(self, held: Tensor, step: int) -> None:
        """Make one step in place."""
        arrays = self.arrays
        runs, n, d = arrays.padding.runs, arrays.padding.n, arrays.padding.d
        shared = (arrays.first_rows, arrays.cycle_lengths, step, held[0].numel(), n, d)
        blocks = {
            "runs": runs,
            "rows": BLOCK,
            "columns": BLOCK,
            "num_warps": max(4, runs // 8),
            **self.constants,
        }
        find_residuals[(arrays.tiles, n // BLOCK)](
            held, self.residuals, arrays.X, arrays.y, arrays.factors, arrays.eta, arrays.mu, *shared, **blocks
        )
        add_updates[(arrays.tiles, d // BLOCK)](held, self.residuals, arrays.X, arrays.mu, *shared, **blocks)


def constants_of(model: str, method: str, form: Format) -> dict[str, Any]:
    """Return what every kernel is compiled for."""
    return {
        "model": "product" if model in ("hadamard", "scalar_product") else model,
        "method": "heavy_ball" if method == "gradient_descent" else method,
        "product": WORDS[form.product],
        "total": WORDS[form.total],
        "update": WORDS[form.update],
        "precision": form.precision,
    }


def device() -> torch.device:
    """Return the CUDA device, or the CPU for the interpreter."""
    return torch.device("cpu" if INTERPRETED else "cuda")


def shared_limit() -> int:
    """Return the shared memory that a program may have, in bytes; a Hopper GPU's for the interpreter."""
    if INTERPRETED:
        return HOPPER_BYTES
    properties = triton.runtime.driver.active.utils.get_device_properties(torch.cuda.current_device())
    return int(properties["max_shared_mem"])


def _whole(size: int) -> int:
    """Return a size rounded up to whole blocks."""
    return -(-size // BLOCK) * BLOCK
