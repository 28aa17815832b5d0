"""The schedule of samples as a LightningDataModule: chunks of successive steps.

Lightning's loop costs about as much as some steps of a small problem, so one `training_step`
does a chunk of them.  Each step is still one gradient and one update.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import pytorch_lightning as pl
import torch

from lightning_runs.samples import Samples

__all__ = ["Chunk", "ChunkLoader", "Plan", "ScheduleData"]


@dataclass(frozen=True)
class Plan:
    """How many steps there are and where chunks end.

    Parameters
    ----------
    steps : int
        Steps in all, at least 0.
    chunk_steps : int
        Most steps in one `training_step`, at least 1.
    checkpoint_every : int
        A chunk also ends at every multiple of this; 0 for no checkpoints.
    """

    steps: int
    chunk_steps: int
    checkpoint_every: int = 0

    def ends(self) -> list[int]:
        """Return the steps at which chunks begin and end, from 0 to `steps`."""
        ends = {0, self.steps, *range(0, self.steps, self.chunk_steps)}
        if self.checkpoint_every:
            ends.update(range(0, self.steps, self.checkpoint_every))
        return sorted(ends)


@dataclass(frozen=True)
class Chunk:
    """Successive steps first, first + 1, …, stop − 1; step k takes ``cycle[k % len(cycle)]``."""

    first: int
    stop: int
    cycle: tuple[Samples, ...]

    def steps(self) -> Iterator[tuple[int, Samples]]:
        """Yield each step's number and samples."""
        for step in range(self.first, self.stop):
            yield step, self.cycle[step % len(self.cycle)]


class ChunkLoader:
    """The chunks of a plan in order; resumable, since Lightning saves and restores its position.

    Parameters
    ----------
    plan : Plan
    cycle : tuple of Samples
    """

    def __init__(self, plan: Plan, cycle: tuple[Samples, ...]) -> None:
        self.plan = plan
        self.cycle = cycle
        self.position = 0

    def __len__(self) -> int:
        """Return the number of chunks of the whole plan, also after a resume."""
        return len(self.plan.ends()) - 1

    def __iter__(self) -> Iterator[Chunk]:
        for first, stop in pairwise(self.plan.ends()):
            if first >= self.position:
                # A checkpoint is written after the chunk but before the loader is asked again.
                self.position = stop
                yield Chunk(first, stop, self.cycle)

    def state_dict(self) -> dict[str, int]:
        """Return the first step not yet handed out."""
        return {"position": self.position}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Continue from the position of `state_dict`."""
        self.position = state["position"]


class ScheduleData(pl.LightningDataModule):
    """The problem's samples, step by step.

    Parameters
    ----------
    plan : Plan
    cycle : tuple of Samples
        One entry for full-batch runs; otherwise the explicit batches, used cyclically.
    """

    def __init__(self, plan: Plan, cycle: tuple[Samples, ...]) -> None:
        super().__init__()
        self.plan = plan
        self.cycle = cycle

    def train_dataloader(self) -> ChunkLoader:
        """Return the chunks in order."""
        return ChunkLoader(self.plan, self.cycle)

    def transfer_batch_to_device(self, batch: Chunk, device: torch.device, dataloader_idx: int) -> Chunk:
        """Return the chunk as it is: samples and parameters live on the CPU."""
        return batch
