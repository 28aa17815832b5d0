"""The arithmetic of a run: the tensors' own dtype, whatever the caller has set for its own work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

__all__ = ["plain_torch"]


@contextmanager
def plain_torch(threads: int) -> Iterator[None]:
    """Compute as IEEE arithmetic in the tensors' own dtype, on `threads` threads.

    Gradients are on, inference mode and autocast off, float32 products at full precision,
    whatever the caller has set; all of it is put back.  One thread makes sums independent of the
    number of cores.
    """
    before, precision = torch.get_num_threads(), torch.get_float32_matmul_precision()
    with torch.inference_mode(False), torch.enable_grad(), torch.autocast("cpu", enabled=False):
        try:
            torch.set_num_threads(threads)
            torch.set_float32_matmul_precision("highest")
            yield
        finally:
            torch.set_num_threads(before)
            torch.set_float32_matmul_precision(precision)
