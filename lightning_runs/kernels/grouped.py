"""A loop made of loops: runs that share data and method go together, the others beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from lightning_runs.kernels.interface import Kernel, KernelError, Loop
from lightning_runs.run_batch import RunBatch, split, state_names
from oracle.records.candidate import Array

__all__ = ["GroupedLoop", "check_batch", "data_and_method", "grouped"]


def grouped(batch: RunBatch, make: Callable[[RunBatch], Loop]) -> Loop:
    """Return one loop of the whole batch, from loops whose runs share data set and method.

    Heavy ball and gradient descent, heavy ball with μ = 0, count as one method here.

    Parameters
    ----------
    batch : RunBatch
    make : callable
        Makes the loop of a batch with one data set and one method.
    """
    groups = split(batch, data_and_method)
    if len(groups) == 1:
        return make(batch)
    return GroupedLoop(batch, groups, [make(batch.chosen(runs)) for runs in groups])


def check_batch(kernel: Kernel, batch: RunBatch) -> None:
    """Refuse a batch that a kernel does not run.

    Raises
    ------
    KernelError
        Naming what is not run, and what is; or what this machine lacks.
    """
    asked = (
        ("dtype", {batch.dtype}, kernel.dtypes),
        ("model", {batch.model}, kernel.models),
        ("method", set(batch.methods), kernel.methods),
    )
    for field, wanted, offered in asked:
        if wanted - offered:
            raise KernelError(
                f"the kernel `{kernel.name}` runs no {field} {', '.join(sorted(wanted - offered))}; "
                f"it runs {', '.join(sorted(offered))}"
            )
    if batch.schedules and not getattr(kernel, "schedules", ()):
        raise KernelError(
            f"the kernel `{kernel.name}` runs one constant step size; `eager` follows a schedule that scales "
            "the gradient"
        )
    if missing := kernel.missing():
        raise KernelError(f"the kernel `{kernel.name}` cannot run here: {missing}")


class GroupedLoop:
    """Loops of disjoint runs, seen as one.

    Parameters
    ----------
    batch : RunBatch
    groups : sequence of int64 arrays
        The runs of each loop.
    loops : sequence of Loop
    """

    def __init__(self, batch: RunBatch, groups: Sequence[NDArray[np.int64]], loops: Sequence[Loop]) -> None:
        self.names = state_names(batch.model)
        self.shape = (len(batch), batch.d)
        self.groups, self.loops = groups, loops

    @property
    def step(self) -> int:
        """Steps made so far."""
        return self.loops[0].step

    def advance(self, stop: int, wanted: Sequence[int] = ()) -> dict[str, Array]:
        """Advance every loop; see `interface.Loop`."""
        return self._joined([loop.advance(stop, wanted) for loop in self.loops], (len(wanted), *self.shape))

    def state(self) -> dict[str, Array]:
        """Return a copy of the state, each array of shape (runs, d)."""
        return self._joined([loop.state() for loop in self.loops], self.shape)

    def restore(self, step: int, state: Mapping[str, Array]) -> None:
        """Go on from a state."""
        for runs, loop in zip(self.groups, self.loops, strict=True):
            loop.restore(step, {name: array[runs] for name, array in state.items()})

    def _joined(self, parts: Sequence[Mapping[str, Array]], shape: tuple[int, ...]) -> dict[str, Array]:
        """Return arrays whose next-to-last axis holds all runs in their own order."""
        joined = {name: np.empty(shape, dtype=parts[0][name].dtype) for name in self.names}
        for runs, part in zip(self.groups, parts, strict=True):
            for name in self.names:
                joined[name][..., runs, :] = part[name]
        return joined


def data_and_method(batch: RunBatch, run: int) -> tuple[int, str]:
    """Return what runs of one group share; gradient descent is heavy ball with μ = 0."""
    method = batch.methods[run]
    return int(batch.cycle_of[run]), "heavy_ball" if method == "gradient_descent" else method
