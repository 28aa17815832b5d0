"""torch.optim.SGD with autograd, in torch's three implementations; see `lightning_runs.sgd`."""

from __future__ import annotations

from collections.abc import Sequence

from lightning_runs.peers.prepared_peer import Run
from lightning_runs.run_batch import RunBatch
from lightning_runs.sgd import sgd_runs

__all__ = ["make"]


def make(batch: RunBatch, wanted: Sequence[int], threads: int, implementation: str) -> Run:
    """Return the runs of a batch; see `prepared_peer.Make`.

    Parameters
    ----------
    batch : RunBatch
    wanted : sequence of int
    threads : int
    implementation : str
        ``for_loop``, ``foreach`` or ``fused``.
    """
    run = sgd_runs(batch, wanted or [0], implementation, threads)
    return lambda: {name: tensor.numpy()[: len(wanted)] for name, tensor in run().items()}
