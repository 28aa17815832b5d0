"""Checkpoints of a batch of runs: where they lie, whose they are, and whether they are whole."""

from __future__ import annotations

import hashlib
import pickle
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Checkpoint

from lightning_runs.tasks import TaskError
from oracle.records.candidate import Array, CandidateTask

__all__ = ["CheckpointError", "CheckpointWriter", "Checkpoints", "digest_of", "read_checkpoint"]

_SUFFIX = ".ckpt"


class CheckpointError(ValueError):
    """A checkpoint that is damaged or belongs to other runs; the message names the file."""


@dataclass(frozen=True)
class Checkpoints:
    """Where checkpoints go and how often they are written.

    Parameters
    ----------
    directory : Path
        Made if missing.  Each batch of runs has a folder of its own in it, named by the batch.
    every : int
        Steps between checkpoints, at least 1; the newest one is kept.
    resume : bool
        Whether to continue from the newest checkpoint of the same runs, where there is one.
    """

    directory: Path
    every: int = 1000
    resume: bool = True


class CheckpointWriter(Checkpoint):
    """Saves the newest state every so many steps, and goes on from it when asked for the same runs again.

    Lightning's own ModelCheckpoint counts optimiser steps, of which a fused loop has none to show.

    Parameters
    ----------
    directory : str or Path
    every : int
    resume : bool
        See `Checkpoints`.
    """

    def __init__(self, directory: str | Path, every: int = 1000, resume: bool = True) -> None:
        if isinstance(every, bool) or not isinstance(every, int) or every < 1:
            raise TaskError(f"`every` must be an integer of at least 1; got {every!r}")
        self.directory, self.every, self.resume = Path(directory), every, resume
        self.folder = self.directory

    def folder_of(self, runs: str) -> Path:
        """Return the folder of a batch of runs, by the SHA-256 of its tasks."""
        return self.directory / runs[:16]

    def on_fit_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Go on from the newest checkpoint of these runs, where there is one and nobody has done so."""
        self.folder = self.folder_of(pl_module.stamp()["runs"])
        if pl_module.step == 0:
            self.restore(pl_module)

    def restore(self, pl_module: Any) -> None:
        """Put the runs where their newest checkpoint has them.

        Raises
        ------
        CheckpointError
            If it is damaged or belongs to other runs.
        """
        self.folder = self.folder_of(pl_module.stamp()["runs"])
        if self.resume and (saved := self.saved()):
            pl_module.on_load_checkpoint(read_checkpoint(saved[-1]))

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: Any, *_: Any) -> None:
        """Save if the step is due, and only then drop what was saved before."""
        if pl_module.step % self.every == 0:
            before = self.saved()
            path = self.folder / f"step={pl_module.step}{_SUFFIX}"
            self._save(trainer, path)
            for old in before:
                if old != path and trainer.is_global_zero:
                    old.unlink(missing_ok=True)

    def saved(self) -> list[Path]:
        """Return the checkpoints of these runs, oldest first."""
        return sorted(self.folder.glob(f"step=*{_SUFFIX}"), key=_step)

    def _save(self, trainer: pl.Trainer, path: Path) -> None:
        """Write beside the final name and rename, so that a kill leaves no half checkpoint."""
        part = path.with_suffix(".part")
        try:
            trainer.save_checkpoint(part)  # one process writes, all wait for it
            if trainer.is_global_zero:
                part.replace(path)
        finally:
            if trainer.is_global_zero:
                part.unlink(missing_ok=True)


def digest_of(tasks: Sequence[CandidateTask]) -> str:
    """Return the SHA-256 of a batch of runs; any change of data, start, method or steps changes it."""
    digest = hashlib.sha256()
    for task in tasks:
        problem, method = task.problem, task.method
        text = (
            problem.loss,
            problem.model,
            problem.dtype or problem.X.dtype.name,
            method.name,
            float(method.step_size).hex(),
            float(method.momentum).hex(),
            [[int(i) for i in batch] for batch in method.batches],
            [int(step) for step in task.steps],
        )
        digest.update(repr(text).encode())
        data = {"X": problem.X, "y": problem.y}
        for role, arrays in (("data", data), ("init", problem.init), ("p0", method.p0)):
            for name in sorted(arrays):
                digest.update(_bytes(f"{role} {name}", arrays[name]))
    return digest.hexdigest()


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Return a checkpoint's content, once every member's checksum holds.

    Raises
    ------
    CheckpointError
        If it cannot be read whole.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
        if damaged is None:
            return dict(torch.load(path, map_location="cpu", weights_only=True))
    except (OSError, EOFError, RuntimeError, zipfile.BadZipFile, pickle.UnpicklingError) as error:
        raise CheckpointError(_damage(path, str(error))) from error
    raise CheckpointError(_damage(path, f"member `{damaged}` fails its checksum"))


def _step(path: Path) -> int:
    """Return the step in a name like ``step=200.ckpt``."""
    number = path.stem.removeprefix("step=")
    return int(number) if number.isdigit() else -1


def _damage(path: Path, what: str) -> str:
    return f"the checkpoint `{path}` is damaged ({what}); remove it to start again from step 0"


def _bytes(name: str, array: Array) -> bytes:
    """Return an array's name, dtype, shape and content, unambiguously."""
    return repr((name, array.dtype.str, array.shape)).encode() + np.ascontiguousarray(array).tobytes()
