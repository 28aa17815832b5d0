"""The schedule of steps as a LightningDataModule: chunks of successive steps.

Lightning's loop costs about as much as some hundreds of steps of a small problem, so one `training_step` makes a
chunk of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytorch_lightning as pl
import torch

from lightning_runs.checkpoints import CheckpointWriter
from lightning_runs.tasks import TaskError

__all__ = ["Chunk", "Chunks", "Plan", "Schedule"]


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

    def ends(self, first: int = 0) -> list[int]:
        """Return the steps at which chunks begin and end, from `first` to `steps`."""
        ends = {first, self.steps, *range(0, self.steps, self.chunk_steps)}
        if self.checkpoint_every:
            ends.update(range(0, self.steps, self.checkpoint_every))
        return sorted(end for end in ends if end >= first)


@dataclass(frozen=True)
class Chunk:
    """The steps that lead from `first` steps made to `stop`."""

    first: int
    stop: int


class Chunks:
    """The chunks of a plan in order, from a step on.

    Parameters
    ----------
    plan : Plan
    first : int
    """

    def __init__(self, plan: Plan, first: int = 0) -> None:
        self.ends = plan.ends(first)

    def __len__(self) -> int:
        return len(self.ends) - 1

    def __iter__(self) -> Iterator[Chunk]:
        for first, stop in pairwise(self.ends):
            yield Chunk(first, stop)


class Schedule(pl.LightningDataModule):
    """The chunks of a run, from the step that its module has reached.

    Parameters
    ----------
    chunk_steps : int
        Most steps in one `training_step`.
    steps : int, optional
        Steps in all; as many as the module records, where nothing is said.
    """

    def __init__(self, chunk_steps: int = 1000, steps: int | None = None) -> None:
        super().__init__()
        for field, value in (("chunk_steps", chunk_steps), ("steps", 1 if steps is None else steps)):
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise TaskError(f"`{field}` must be an integer of at least 1; got {value!r}")
        self.chunk_steps, self.steps = chunk_steps, steps

    def plan(self, last_step: int, checkpoint_every: int = 0) -> Plan:
        """Return the plan of a module whose last recorded step is given."""
        return Plan(self.steps or last_step, self.chunk_steps, checkpoint_every)

    def train_dataloader(self) -> Chunks:
        """Return the chunks that are left; one ends wherever a checkpoint is due."""
        trainer: Any = self.trainer
        module = trainer.lightning_module
        every = [callback.every for callback in trainer.callbacks if isinstance(callback, CheckpointWriter)]
        return Chunks(self.plan(module.last_step, *every[:1]), module.step)

    def transfer_batch_to_device(self, batch: Chunk, device: torch.device, dataloader_idx: int) -> Chunk:
        """Return the chunk as it is: two numbers."""
        return batch
