"""The kernel that differentiates for itself: torch's autograd and a `torch.optim.Optimizer`.

It writes no gradient out, so it is the check on the others that do.  Runs of one data set go together, whatever
their methods: the loss that is differentiated is the sum of the runs' losses, so that each run's parameters get
their own run's gradient and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from lightning_runs.kernels.grouped import GroupedLoop, check_batch
from lightning_runs.kernels.interface import Loop
from lightning_runs.kernels.update import NETWORKS
from lightning_runs.momentum import Momentum, coefficients_of
from lightning_runs.plain_torch import plain_torch
from lightning_runs.run_batch import RunBatch, split, state_names
from lightning_runs.tasks import DTYPES, METHODS, PARAMETERS
from oracle.records.candidate import Array, Declaration

__all__ = ["AutogradKernel", "AutogradLoop"]


class AutogradKernel:
    """Gradients by autograd, all runs of a data set as one matrix; velocity form."""

    name = "autograd"
    dtypes = frozenset(DTYPES)
    methods = frozenset(METHODS)
    models = frozenset(PARAMETERS)

    def missing(self) -> str:
        """Return nothing: torch is there, or this module is not."""
        return ""

    def declare(self, dtype: str, method: str) -> Declaration:
        """Return velocity form, every operation in `dtype`."""
        return Declaration("velocity", dtype, dtype, fma=True)

    def prepare(self, batch: RunBatch, threads: int = 1) -> Loop:
        """Return the loop of a batch; see `interface.Kernel`."""
        check_batch(self, batch)
        groups = split(batch, lambda batch, run: int(batch.cycle_of[run]))
        return GroupedLoop(batch, groups, [AutogradLoop(batch.chosen(runs), threads) for runs in groups])


class AutogradLoop:
    """Runs of one data set.

    Parameters
    ----------
    batch : RunBatch
    threads : int
    """

    def __init__(self, batch: RunBatch, threads: int) -> None:
        self.step, self.threads = 0, threads
        self.network, self.parameters = NETWORKS[batch.model], batch.parameters
        self.names = state_names(batch.model)
        self.coefficients = coefficients_of(batch.methods, batch.step_size, batch.momentum)
        self.cycle = batch.cycles[0]
        self.data = tuple((tensor_of(rows.X), tensor_of(rows.y)) for rows in self.cycle)
        self.restore(0, batch.start)

    def advance(self, stop: int, wanted: Sequence[int] = ()) -> dict[str, Array]:
        """Make steps until `stop`; see `interface.Loop`."""
        slots = {step: slot for slot, step in enumerate(wanted)}
        kept = {
            name: np.empty((len(wanted), *array.shape), array.dtype) for name, array in self.state().items()
        }
        with plain_torch(self.threads):
            while self.step < stop:
                self._make_step(self.step % len(self.cycle))
                self.step += 1
                if self.step in slots:
                    for name, array in self.state().items():
                        kept[name][slots[self.step]] = array
        return kept

    def state(self) -> dict[str, Array]:
        """Return a copy of the state."""
        momenta = [self.update.momentum_of(weight) for weight in self.weights]
        tensors: list[Tensor] = [*self.weights, *momenta]
        return {
            name: tensor.detach().numpy().copy() for name, tensor in zip(self.names, tensors, strict=True)
        }

    def restore(self, step: int, state: Mapping[str, Array]) -> None:
        """Go on from a state."""
        self.step = step
        with torch.inference_mode(False):
            self.weights = [nn.Parameter(tensor_of(state[name])) for name in self.parameters]
            momenta = [tensor_of(state[f"p_{name}"]) for name in self.parameters]
            self.update = Momentum(self.weights, momenta, self.coefficients)

    def _make_step(self, which: int) -> None:
        """Differentiate f · Σ (X θ − y)² where each run's method wants it, and update."""
        rows, (X, y) = self.cycle[which], self.data[which]
        self.update.zero_grad()
        points = [self.update.evaluation_point(weight) for weight in self.weights]
        residual: Tensor = self.network.theta(points) @ X.T - y
        loss = (residual.square().sum(-1) * rows.factor).sum()
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it unannotated
        self.update.step()


def tensor_of(array: Array) -> Tensor:
    """Return a tensor with a copy of the array; a copy, since torch warns of read-only memory."""
    return torch.from_numpy(array.copy())
