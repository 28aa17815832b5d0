"""`torch.compile` of the eager step: one compiled graph a step, called from a Python loop.

On a CPU the compiler writes C++ and needs one: ``$CXX``, g++ or clang++.
"""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Sequence

import torch

from lightning_runs.kernels.interface import KernelError
from lightning_runs.peers.prepared_peer import Run
from lightning_runs.peers.torch_step import packed, step_of
from lightning_runs.plain_torch import plain_torch
from lightning_runs.run_batch import RunBatch, state_names
from oracle.records.candidate import Array

__all__ = ["make"]

COMPILERS = ("g++", "clang++")


def make(batch: RunBatch, wanted: Sequence[int], threads: int) -> Run:
    """Return the runs of a batch; the first call compiles, for half a minute where nothing is cached.

    Parameters
    ----------
    batch : RunBatch
    wanted : sequence of int
    threads : int

    Raises
    ------
    KernelError
        If there is no C++ compiler, or the runs have mini-batches.
    """
    _require_compiler()
    data = packed(batch, "cpu", "torch_compile")
    step = torch.compile(step_of(batch.model, batch.methods[0]), fullgraph=True, dynamic=False)
    names = state_names(batch.model)

    def run() -> dict[str, Array]:
        kept = {
            name: torch.empty((len(wanted), *data.state[0].shape), dtype=data.state[0].dtype)
            for name in names
        }
        slots = {step: slot for slot, step in enumerate(wanted)}
        state = data.state
        with plain_torch(threads), torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the compiler's own imports are deprecated to each other
            for done in range(1, wanted[-1] + 1 if wanted else 0):
                state = step(state, *data.constants)
                if done in slots:
                    for name, tensor in zip(names, state, strict=True):
                        kept[name][slots[done]] = tensor
        return {name: tensor.numpy() for name, tensor in kept.items()}

    return run


def _require_compiler() -> None:
    named = os.environ.get("CXX")
    if not any(shutil.which(name) for name in ([named] if named else COMPILERS)):
        raise KernelError(
            f"`torch_compile` needs a C++ compiler on a CPU; found none called {named or ' or '.join(COMPILERS)}: "
            "install g++, or name one in $CXX"
        )
