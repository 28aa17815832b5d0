"""Runs of the momentum methods as one LightningModule: a chunk of fused steps a `training_step`.

Optimisation is manual and needs no optimiser: the kernel's loop holds parameters and momenta, and makes the
chunk's steps in one call.  What wants to see states on the way says so beforehand (`Listener`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import EarlyStopping

from lightning_runs.checkpoints import CheckpointError, digest_of
from lightning_runs.data import Chunk
from lightning_runs.geometry.landscape import Landscape
from lightning_runs.geometry.run_landscapes import run_landscapes
from lightning_runs.kernels.interface import Kernel
from lightning_runs.observables import losses_of, theta_of
from lightning_runs.recorder import DamagedRecordingError, Recorder
from lightning_runs.run_ahead import PlannedChunk, RunAhead
from lightning_runs.run_batch import batch_of
from lightning_runs.tasks import TaskError
from oracle.records.candidate import Array, CandidateTask

__all__ = ["STAMP", "Listener", "MomentumRuns"]

STAMP = "momentum_oracle"


class Listener(Protocol):
    """Whoever sees states while runs are made."""

    def wants(self, first: int, stop: int) -> list[int]:
        """Return the steps to see after `first` and up to `stop`, ascending."""

    def sees(self, steps: Sequence[int], states: Mapping[str, Array]) -> None:
        """Get those states, each array of shape (len(steps), runs, d)."""


class MomentumRuns(pl.LightningModule):
    """Runs that share model, dtype and d; data, start, method, η and μ are each run's own.

    On several devices each process makes its own share of the runs, every world-size-th one.

    Parameters
    ----------
    tasks : sequence of CandidateTask
        Checked, and of one group of `tasks.groups_of`.
    kernel : Kernel
    threads : int
        Of the kernel.
    folder : Path, optional
        Where recorded states are streamed to; in memory without.

    Attributes
    ----------
    step : int
        Steps made so far.
    """

    def __init__(
        self, tasks: Sequence[CandidateTask], kernel: Kernel, threads: int = 1, folder: Path | None = None
    ) -> None:
        super().__init__()
        if isinstance(threads, bool) or not isinstance(threads, int) or threads < 1:
            raise TaskError(f"`threads` must be an integer of at least 1; got {threads!r}")
        self.automatic_optimization = False
        self.all_tasks, self.kernel, self.threads, self.folder = list(tasks), kernel, threads, folder
        self.last_step = max(int(step) for task in tasks for step in task.steps)
        self.reports_loss = False
        self.listeners: list[Listener] = []
        self.ahead: RunAhead | None = None
        self._take(range(len(self.all_tasks)), folder)

    @property
    def tasks(self) -> list[CandidateTask]:
        """The tasks of this process."""
        return [self.all_tasks[run] for run in self.runs]

    def setup(self, stage: str) -> None:
        """Take this process's share of the runs, where there are several."""
        rank, world = self.trainer.global_rank, self.trainer.world_size
        if world > 1:
            folder = None if self.folder is None else self.folder / f"rank={rank}-of-{world}"
            self._take(range(rank, len(self.all_tasks), world), folder)

    def configure_optimizers(self) -> None:
        """Return none: the kernel updates."""

    def on_train_start(self) -> None:
        """Find out who wants the loss, and let the kernel run ahead where it can.

        Raises
        ------
        TaskError
            If the trainer is to make several epochs: the one epoch is the run.
        """
        if self.trainer.max_epochs != 1:
            raise TaskError(
                f"`max_epochs` is {self.trainer.max_epochs}; the one epoch is the run: leave it at 1, and say "
                "how many steps there are by the steps to record"
            )
        stopping = any(isinstance(callback, EarlyStopping) for callback in self._callbacks())
        self.reports_loss = bool(self.trainer.loggers) or stopping
        chunks: Any = self.trainer.train_dataloader
        if getattr(self.kernel, "runs_ahead", False):
            self.ahead = RunAhead(self.loop, [PlannedChunk(chunk, self._wanted(chunk)) for chunk in chunks])

    def training_step(self, chunk: Chunk, batch_idx: int) -> None:
        """Make the chunk's steps, and show states to those who want them."""
        wanted = self._wanted(chunk)
        if self.ahead is None:
            states = self.loop.advance(chunk.stop, wanted)
        else:
            states, self.latest = self.ahead.take(chunk)
        self.step = chunk.stop
        for listener in (self.recorder, *self.listeners):
            if steps := listener.wants(chunk.first, chunk.stop):
                slots = np.searchsorted(wanted, steps)
                seen = states if len(steps) == len(wanted) else {k: v[slots] for k, v in states.items()}
                listener.sees(steps, seen)
        if self.reports_loss:
            self._report()

    def close(self) -> None:
        """Stop running ahead, and put the loop where the runs are."""
        if self.ahead is not None:
            self.ahead.close()
            self.loop.restore(self.step, self.latest)
            self.ahead = None

    def teardown(self, stage: str) -> None:
        """Stop running ahead."""
        self.close()

    def state(self) -> dict[str, Array]:
        """Return the state after `step` steps, each array of shape (runs, d)."""
        return self.loop.state() if self.ahead is None else self.latest

    def landscapes(self, _chunk: Chunk) -> list[Landscape]:
        """Return each run's loss at its state, for `lightning_runs.geometry.callback.GeometryWatch`."""
        return run_landscapes(self.tasks, self.state())

    def losses(self) -> Array:
        """Return the loss of each run of this process over all its samples, shape (runs,)."""
        state, tasks = self.state(), self.tasks
        losses = np.empty(len(tasks), dtype=next(iter(state.values())).dtype)
        for run, task in enumerate(tasks):
            theta = theta_of(task.problem.model, {name: array[run] for name, array in state.items()})
            losses[run] = losses_of(task.problem, theta)
        return losses

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Add step, state and record of all processes' runs."""
        state = {name: torch.from_numpy(array.copy()) for name, array in self.state().items()}
        shares = self._gathered({"runs": list(self.runs), "state": state, "recorded": self.recorder.saved()})
        checkpoint[STAMP] = {**self.stamp(), "step": self.step, "shares": shares}

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Go on from a checkpoint of the same runs, made by the same kernel.

        Lightning's own count of chunks is dropped: where chunks end leaves no trace in the arithmetic, so
        the steps that are left may be cut in another way.

        Raises
        ------
        CheckpointError
            If the checkpoint holds other runs, or as many processes shared them as do not now, or a file
            of the record was altered.
        """
        held = checkpoint.get(STAMP, {})
        if any(held.get(key) != value for key, value in self.stamp().items()):
            found = {key: held.get(key) for key in self.stamp()}
            raise CheckpointError(
                f"the checkpoint was written by {found}, and what is asked for is {self.stamp()}; "
                "use the same runs and kernel, or another directory"
            )
        share = next((share for share in held["shares"] if share["runs"] == list(self.runs)), None)
        if share is None:
            raise CheckpointError(
                f"the checkpoint was written by {len(held['shares'])} processes: use as many, or start again"
            )
        try:
            self.recorder.restore(share["recorded"])
        except DamagedRecordingError as error:
            raise CheckpointError(str(error)) from error
        self.step = held["step"]
        self.latest = {name: tensor.numpy() for name, tensor in share["state"].items()}
        self.loop.restore(self.step, self.latest)
        checkpoint.pop("loops", None)

    def stamp(self) -> dict[str, str]:
        """Return what a checkpoint must have in common with these runs."""
        return {"runs": digest_of(self.all_tasks), "kernel": self.kernel.name}

    def _take(self, runs: range, folder: Path | None) -> None:
        """Prepare the loop and the record of some of the runs."""
        self.runs = runs
        tasks = self.tasks
        batch = batch_of(tasks)
        self.loop = self.kernel.prepare(batch, self.threads)
        self.step, self.latest = 0, dict(batch.start)
        self.recorder = Recorder([int(step) for task in tasks for step in task.steps], batch.start, folder)

    def _wanted(self, chunk: Chunk) -> list[int]:
        """Return the steps that anybody wants to see, ascending."""
        listeners: list[Listener] = [self.recorder, *self.listeners]
        asked = [listener.wants(chunk.first, chunk.stop) for listener in listeners]
        return asked[0] if len(asked) == 1 else sorted({step for steps in asked for step in steps})

    def _report(self) -> None:
        """Log the largest and the median loss of the runs, by step."""
        losses = self.losses().astype(np.float64)
        values = {"loss": losses.max(), "loss_median": np.median(losses), "step": self.step}
        several = self.trainer.world_size > 1
        self.log_dict({name: float(value) for name, value in values.items()}, sync_dist=several)

    def _gathered(self, share: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the shares of all processes."""
        if self._trainer is None or self.trainer.world_size == 1:
            return [share]
        shares: list[Any] = [None] * self.trainer.world_size
        torch.distributed.all_gather_object(shares, share)
        return shares

    def _callbacks(self) -> Sequence[Any]:
        callbacks: Any = self.trainer.callbacks  # type: ignore[attr-defined]  # set when it is made
        return list(callbacks)
