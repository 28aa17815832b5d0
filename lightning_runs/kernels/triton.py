"""The persistent kernel: X and the state of 16 runs stay on chip, many steps to a launch.

For n = 40, d = 100 in float64 two programs share a multiprocessor, so that 4096 runs, 256 programs, are one
wave on the 132 of an H200.  A step then reads and writes nothing outside the chip; what it costs there, on
paper some 54 % of the peak in float64 and 63 % in float32, is counted in `triton_compiled`.

Problems that do not fit (`triton_sizes`) are made tile by tile (`triton_tiled`).  Runs with different data
sets share a launch, so that a sweep over seeds is one; each method is one of its own.
"""

from __future__ import annotations

from importlib.util import find_spec

from lightning_runs.kernels.grouped import GroupedLoop, check_batch
from lightning_runs.kernels.interface import Loop
from lightning_runs.kernels.triton_sizes import FORMATS, TF32, Format, tile_for
from lightning_runs.run_batch import RunBatch, split
from lightning_runs.tasks import METHODS, PARAMETERS
from oracle.records.candidate import Declaration

__all__ = ["TritonKernel"]


class TritonKernel:
    """Triton on a CUDA device, or in Triton's interpreter; velocity form.

    Parameters
    ----------
    tf32 : bool
        Multiply float32 as TF32, operands cut to 11 bits.  Such runs are NOT float32: no declaration of
        float32 covers them, and they disagree with one.  They are declared as float16 with float32 sums,
        whose 11 bits and five factors (1 + δ) a product cover two cut operands.
    on_chip_bytes : int, optional
        Shared memory to choose the tile by, the device's own if not given; 0 makes everything tile by tile.
    """

    name = "triton"
    dtypes = frozenset(FORMATS)
    methods = frozenset(METHODS)
    models = frozenset(PARAMETERS)

    def __init__(self, *, tf32: bool = False, on_chip_bytes: int | None = None) -> None:
        self.tf32, self.on_chip_bytes = tf32, on_chip_bytes

    def missing(self) -> str:
        """Return what is missing: Triton, or a device to run it on."""
        if find_spec("triton") is None:
            return (
                "it needs `triton`, which is not installed; run `pip install triton`, or use another kernel"
            )
        import torch  # noqa: PLC0415 - Triton alone can be missing

        from lightning_runs.kernels.triton_language import INTERPRETED  # noqa: PLC0415 - imported on use

        if INTERPRETED or (torch.cuda.is_available() and torch.cuda.get_device_capability() >= (8, 0)):
            return ""
        return (
            "torch sees no CUDA device of capability 8.0 or above; set TRITON_INTERPRET=1 before Python "
            "starts, to have Triton's interpreter run it slowly on the CPU, or use another kernel"
        )

    def declare(self, dtype: str, method: str) -> Declaration:
        """Return velocity form in `dtype`; bfloat16 is added in float32, float32 in float64."""
        if self.tf32 and dtype == "float32":
            return Declaration("velocity", "float16", "float32", fma=True)
        return Declaration("velocity", dtype, "float32" if dtype == "bfloat16" else dtype, fma=True)

    def prepare(self, batch: RunBatch, threads: int = 1) -> Loop:
        """Return the loop of a batch; see `interface.Kernel`."""
        check_batch(self, batch)
        groups = split(batch, _method)
        loops = [self._loop(batch.chosen(runs)) for runs in groups]
        return loops[0] if len(groups) == 1 else GroupedLoop(batch, groups, loops)

    def _loop(self, batch: RunBatch) -> Loop:
        """Return the loop of runs of one method, resident if they fit."""
        from lightning_runs.kernels.triton_loop import (  # noqa: PLC0415 - needs Triton
            ResidentLoop,
            TiledLoop,
            shared_limit,
        )

        form = self._format(batch.dtype)
        n = max(rows.X.shape[0] for cycle in batch.cycles for rows in cycle)
        limit = shared_limit() if self.on_chip_bytes is None else self.on_chip_bytes
        tile = tile_for(n, batch.d, form, limit)
        return TiledLoop(batch, form, n) if tile is None else ResidentLoop(batch, form, tile)

    def _format(self, dtype: str) -> Format:
        return TF32 if self.tf32 and dtype == "float32" else FORMATS[dtype]


def _method(batch: RunBatch, run: int) -> str:
    """Return the method; gradient descent is heavy ball with μ = 0."""
    method = batch.methods[run]
    return "heavy_ball" if method == "gradient_descent" else method
