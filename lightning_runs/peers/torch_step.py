"""One step of plain torch operations as a function of tensors, for what compiles or captures it.

The update is that of `kernels.update`, out of place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from lightning_runs.kernels.update import NETWORKS, asked_at, stepped
from lightning_runs.peers.prepared_peer import whole_data
from lightning_runs.run_batch import RunBatch, state_names

__all__ = ["Packed", "Step", "packed", "step_of"]

State = tuple[Tensor, ...]
Step = Callable[..., State]
DTYPES = {"float64": torch.float64, "float32": torch.float32}


@dataclass(frozen=True, eq=False)
class Packed:
    """A batch as tensors: the state, parameters then momenta, and X, y, the scale of r, μ."""

    state: State
    constants: tuple[Tensor, Tensor, Tensor, Tensor]


def packed(batch: RunBatch, device: str, peer: str) -> Packed:
    """Return the tensors of a batch on a device.

    Raises
    ------
    KernelError
        If the runs have mini-batches.
    """
    rows, dtype = whole_data(batch, peer), DTYPES[batch.dtype]

    def tensor(array: object) -> Tensor:
        return torch.tensor(array, dtype=dtype, device=device)

    scale = tensor(batch.step_size)[:, None] * tensor(2 * rows.factor * NETWORKS[batch.model].constant)
    state = tuple(tensor(batch.start[name]) for name in state_names(batch.model))
    return Packed(state, (tensor(rows.X), tensor(rows.y), scale, tensor(batch.momentum)[:, None]))


def step_of(model: str, method: str) -> Step:
    """Return ``step(state, X, y, scale, mu) -> state``, each tensor of the state of shape (runs, d)."""
    network = NETWORKS[model]

    def step(state: State, X: Tensor, y: Tensor, scale: Tensor, mu: Tensor) -> State:
        half = len(state) // 2
        weights, momenta = state[:half], state[half:]
        at = asked_at(method, weights, momenta, mu)
        descent = (torch.addmm(-y, network.theta(at), X.T) * scale) @ X
        moved, after = stepped(method, weights, momenta, mu, network.descents(at, descent))
        return (*moved, *after)

    return step
