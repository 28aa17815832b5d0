"""The readable kernel: one torch operation a term, every gradient written out.

The update is `kernels.update`'s, on tensors of shape (runs, d); the products are torch's.  Works on any torch
device.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from lightning_runs.kernels.grouped import check_batch, grouped
from lightning_runs.kernels.interface import Loop
from lightning_runs.kernels.update import NETWORKS, asked_at, stepped
from lightning_runs.plain_torch import plain_torch
from lightning_runs.run_batch import Rows, RunBatch, state_names
from lightning_runs.tasks import METHODS, PARAMETERS
from oracle.records.candidate import Array, Declaration

__all__ = ["EagerKernel", "EagerLoop"]

TORCH_DTYPES = {"float64": torch.float64, "float32": torch.float32, "bfloat16": torch.bfloat16}


class EagerKernel:
    """Plain torch operations, all runs of a data set as one matrix; velocity form.

    Parameters
    ----------
    device : str
        A torch device; ``cpu`` by default.
    """

    name = "eager"
    dtypes = frozenset(TORCH_DTYPES)
    methods = frozenset(METHODS)
    models = frozenset(PARAMETERS)
    schedules = frozenset({"gradient"})

    def __init__(self, device: str = "cpu") -> None:
        self.device = torch.device(device)

    def missing(self) -> str:
        """Return what is missing for the device."""
        if self.device.type == "cuda" and not torch.cuda.is_available():
            return "torch sees no CUDA device; use the device `cpu`"
        return ""

    def declare(self, dtype: str, method: str) -> Declaration:
        """Return velocity form in `dtype`; torch adds bfloat16 products in float32."""
        return Declaration("velocity", dtype, "float32" if dtype == "bfloat16" else dtype, fma=True)

    def prepare(self, batch: RunBatch, threads: int = 1) -> Loop:
        """Return the loop of a batch; see `interface.Kernel`."""
        check_batch(self, batch)
        return grouped(batch, lambda part: EagerLoop(part, self.device, threads))


class EagerLoop:
    """Runs of one data set and one method.

    Parameters
    ----------
    batch : RunBatch
    device : torch.device
    threads : int
    """

    def __init__(self, batch: RunBatch, device: torch.device, threads: int) -> None:
        self.step, self.device, self.threads = 0, device, threads
        self.dtype = TORCH_DTYPES[batch.dtype]
        self.network, self.method = NETWORKS[batch.model], batch.methods[0]
        self.names = state_names(batch.model)
        self.eta, self.mu = self._tensor(batch.step_size)[:, None], self._tensor(batch.momentum)[:, None]
        self.schedules = batch.schedules
        self.cycle = tuple(self._samples(rows) for rows in batch.cycles[0])
        self.restore(0, batch.start)

    def advance(self, stop: int, wanted: Sequence[int] = ()) -> dict[str, Array]:
        """Make steps until `stop`; see `interface.Loop`."""
        slots = {step: slot for slot, step in enumerate(wanted)}
        shape = (len(wanted), *self.weights[0].shape)
        kept = {name: torch.empty(shape, dtype=self.dtype, device=self.device) for name in self.names}
        with plain_torch(self.threads), torch.no_grad():
            while self.step < stop:
                if self.schedules:
                    self.eta = self._scheduled(self.step)
                self._step(*self.cycle[self.step % len(self.cycle)])
                self.step += 1
                if self.step in slots:
                    for name, tensor in zip(self.names, (*self.weights, *self.momenta), strict=True):
                        kept[name][slots[self.step]] = tensor
        return {name: _array(tensor) for name, tensor in kept.items()}

    def state(self) -> dict[str, Array]:
        """Return a copy of the state."""
        tensors = (*self.weights, *self.momenta)
        return {name: _array(tensor) for name, tensor in zip(self.names, tensors, strict=True)}

    def restore(self, step: int, state: Mapping[str, Array]) -> None:
        """Go on from a state."""
        tensors = [self._tensor(state[name]) for name in self.names]
        half = len(tensors) // 2
        self.step, self.weights, self.momenta = step, tensors[:half], tensors[half:]

    def _step(self, X: Tensor, y: Tensor, factor: Tensor) -> None:
        """Make one step."""
        at = asked_at(self.method, self.weights, self.momenta, self.mu)
        residual = torch.addmm(-y, self.network.theta(at), X.T)
        s = (residual * (self.eta * factor)) @ X
        descents = self.network.descents(at, s)
        self.weights, self.momenta = stepped(self.method, self.weights, self.momenta, self.mu, descents)

    def _scheduled(self, step: int) -> Tensor:
        """Return η of each run at a step, shape (runs, 1)."""
        return self._tensor(np.array([[sizes[step % len(sizes)]] for sizes in self.schedules]))

    def _samples(self, rows: Rows) -> tuple[Tensor, Tensor, Tensor]:
        """Return X, y and 2 f times the network's constant."""
        constant = np.array(2 * rows.factor * self.network.constant)
        return self._tensor(rows.X), self._tensor(rows.y), self._tensor(constant)

    def _tensor(self, array: Array) -> Tensor:
        """Return a copy of an array in the state's dtype, on the device."""
        return torch.tensor(array, dtype=self.dtype, device=self.device)


def _array(tensor: Tensor) -> Array:
    """Return a copy on the host; bfloat16 in float32, which holds it exactly."""
    wide = tensor.float() if tensor.dtype == torch.bfloat16 else tensor
    array: Array = wide.cpu().numpy().copy()
    return array
