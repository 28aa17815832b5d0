"""The eager step captured in a CUDA graph, several steps a graph, replayed on one stream."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from lightning_runs.kernels.interface import KernelError
from lightning_runs.peers.prepared_peer import Run
from lightning_runs.peers.torch_step import packed, step_of
from lightning_runs.plain_torch import plain_torch
from lightning_runs.run_batch import RunBatch, state_names
from oracle.records.candidate import Array

__all__ = ["make"]

STEPS_OF_A_GRAPH = 50


def make(batch: RunBatch, wanted: Sequence[int], threads: int) -> Run:
    """Return the runs of a batch, on the first CUDA device.

    Parameters
    ----------
    batch : RunBatch
    wanted : sequence of int
    threads : int
        Of the host; the device takes no notice.

    Raises
    ------
    KernelError
        If torch sees no CUDA device, or the runs have mini-batches.
    """
    if not torch.cuda.is_available():
        raise KernelError(
            "`cuda_graph` needs a CUDA device and torch sees none: install a CUDA build of torch on a machine "
            "that has one, or race `torch_compile`"
        )
    data = packed(batch, "cuda", "cuda_graph")
    state = tuple(tensor.clone() for tensor in data.state)  # where the graphs read and write
    step = step_of(batch.model, batch.methods[0])
    with plain_torch(threads), torch.no_grad():
        many, one = (_captured(step, state, data.constants, count) for count in (STEPS_OF_A_GRAPH, 1))
    names = state_names(batch.model)

    def run() -> dict[str, Array]:
        kept = {name: torch.empty((len(wanted), *state[0].shape), dtype=state[0].dtype) for name in names}
        _copy(state, data.state)
        done = 0
        for slot, stop in enumerate(wanted):
            for graph, count in (
                (many, (stop - done) // STEPS_OF_A_GRAPH),
                (one, (stop - done) % STEPS_OF_A_GRAPH),
            ):
                for _ in range(count):
                    graph.replay()
            done = stop
            for name, tensor in zip(names, state, strict=True):
                kept[name][slot] = tensor  # waits for the stream
        return {name: tensor.numpy() for name, tensor in kept.items()}

    return run


def _captured(
    step: Callable[..., tuple[Tensor, ...]],
    state: tuple[Tensor, ...],
    constants: tuple[Tensor, ...],
    count: int,
) -> torch.cuda.CUDAGraph:
    """Return a graph of `count` steps in place; torch wants the work warmed up on a side stream."""
    side = torch.cuda.Stream()  # type: ignore[no-untyped-call]  # torch leaves it unannotated
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        _copy(state, step(state, *constants))
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        after = state
        for _ in range(count):
            after = step(after, *constants)
        _copy(state, after)
    return graph


def _copy(into: Sequence[Tensor], source: Sequence[Tensor]) -> None:
    for target, tensor in zip(into, source, strict=True):
        target.copy_(tensor)
