"""Checkpoints of a batch of runs: where they lie, whose they are, and whether they are whole."""

from __future__ import annotations

import hashlib
import pickle
import zipfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Checkpoint

from lightning_runs.data import Plan
from oracle.records.candidate import Array, CandidateTask

__all__ = ["CheckpointError", "CheckpointWriter", "Checkpoints", "digest_of"]

_KEY = "momentum_oracle"
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
    """Saves the newest state every so many steps, stamped with whose it is.

    Lightning's own ModelCheckpoint asks manual optimisation for the state before the update; a
    resume needs the one after it.

    Parameters
    ----------
    checkpoints : Checkpoints
    runs : str
        SHA-256 of the tasks.
    plan : Plan
    """

    def __init__(self, checkpoints: Checkpoints, runs: str, plan: Plan) -> None:
        self.checkpoints = checkpoints
        self.folder = Path(checkpoints.directory) / runs[:16]
        self.stamp = {"runs": runs, **asdict(plan)}

    def on_train_batch_end(self, trainer: pl.Trainer, *_: Any) -> None:
        """Save if the step is due, and only then drop what was saved before."""
        if trainer.global_step % self.checkpoints.every == 0:
            before = self.saved()
            self._save(trainer, self.folder / f"step={trainer.global_step}{_SUFFIX}")
            for path in before:
                if path.stem != f"step={trainer.global_step}":
                    path.unlink(missing_ok=True)

    def on_save_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Add the stamp to a checkpoint about to be written."""
        checkpoint[_KEY] = self.stamp

    def saved(self) -> list[Path]:
        """Return the checkpoints of these runs, oldest first."""
        return sorted(self.folder.glob(f"step=*{_SUFFIX}"), key=_step)

    def resume_from(self) -> Path | None:
        """Return the newest checkpoint of these runs, or None where there is none to resume from.

        Raises
        ------
        CheckpointError
            If it cannot be read whole, holds other runs, or was made with other chunks.
        """
        saved = self.saved()
        if not self.checkpoints.resume or not saved:
            return None
        held = _read(saved[-1]).get(_KEY)
        if held != self.stamp:
            raise CheckpointError(
                f"the checkpoint `{saved[-1]}` was written by {held}, and the runs asked for are "
                f"{self.stamp}; use the same `chunk_steps` and `every`, or another directory"
            )
        return saved[-1]

    def _save(self, trainer: pl.Trainer, path: Path) -> None:
        """Write beside the final name and rename, so that a kill leaves no half checkpoint."""
        part = path.with_suffix(".part")
        try:
            trainer.save_checkpoint(part)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


def digest_of(tasks: Sequence[CandidateTask]) -> str:
    """Return the SHA-256 of a batch of runs; any change of data, start, method or steps changes it."""
    digest = hashlib.sha256()
    for task in tasks:
        problem, method = task.problem, task.method
        text = (
            problem.loss,
            problem.model,
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


def _step(path: Path) -> int:
    """Return the step in a name like ``step=200.ckpt``."""
    number = path.stem.removeprefix("step=")
    return int(number) if number.isdigit() else -1


def _read(path: Path) -> dict[str, Any]:
    """Return the checkpoint's content, once every member's checksum holds."""
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
        if damaged is None:
            return dict(torch.load(path, map_location="cpu", weights_only=True))
    except (OSError, EOFError, RuntimeError, zipfile.BadZipFile, pickle.UnpicklingError) as error:
        raise CheckpointError(_damage(path, str(error))) from error
    raise CheckpointError(_damage(path, f"member `{damaged}` fails its checksum"))


def _damage(path: Path, what: str) -> str:
    return f"the checkpoint `{path}` is damaged ({what}); remove it to start again from step 0"


def _bytes(name: str, array: Array) -> bytes:
    """Return an array's name, dtype, shape and content, unambiguously."""
    return repr((name, array.dtype.str, array.shape)).encode() + np.ascontiguousarray(array).tobytes()
