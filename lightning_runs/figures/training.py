"""Runs for figures, made by the Lightning trainer while the oracle looks on; what is made is kept and not made again.

Killed at any time, the same command goes on: a batch of runs from its newest checkpoint, to the same bits, and a batch
that was finished is read from its sealed file.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
from pytorch_lightning.callbacks import Callback

from lightning_runs.callbacks import OracleCheck
from lightning_runs.checkpoints import Checkpoints, digest_of
from lightning_runs.kernels.interface import KernelError
from lightning_runs.kernels.registry import kernel_named
from lightning_runs.sweeps.kernel_choice import PREFERRED
from lightning_runs.sweeps.sealed_arrays import (
    MANIFEST,
    manifest_array,
    manifest_of,
    read_sealed,
    sealed_bytes,
)
from lightning_runs.tasks import PARAMETERS
from lightning_runs.trainer import TrainerSettings, train
from oracle.records.atomic_files import write_atomically
from oracle.records.candidate import Array, CandidateTask

__all__ = ["Training", "Workshop"]

CHUNKS = 8  # of a training: at the end of each a checkpoint is due


@dataclass(frozen=True)
class Training:
    """What a batch of runs recorded, and how it was made.

    Parameters
    ----------
    recorded : tuple of mapping of str to ndarray
        By task: each parameter and ``theta``, shape (steps, d); ``loss`` (steps,).
    kernel : str
    judged : str
        What the oracle found, in words.
    """

    recorded: tuple[Mapping[str, Array], ...]
    kernel: str
    judged: str


@dataclass(frozen=True)
class Workshop:
    """Where runs are made.

    Parameters
    ----------
    folder : Path
        What is made is kept here.
    threads : int
    progress : callable
        From a label and a number of run-steps to a context manager that yields what to tell the steps done.
    """

    folder: Path
    threads: int = 1
    progress: Callable[[str, int], Any] | None = None

    def train(self, name: str, tasks: Sequence[CandidateTask]) -> Training:
        """Return a batch of runs, from its file where it was made before.

        Raises
        ------
        DamagedRecordError
            If the file is not as it was written.
        DisagreementError
            If the oracle does not accept a step.
        """
        path = self.folder / f"{name}-{digest_of(tasks)[:16]}.npz"
        if not path.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            write_atomically(path, sealed_bytes(_packed(self._trained(name, tasks))))
            shutil.rmtree(self._checkpoints(name), ignore_errors=True)
        return _unpacked(read_sealed(path))

    def _checkpoints(self, name: str) -> Path:
        return self.folder / f"{name}-checkpoints"

    def _trained(self, name: str, tasks: Sequence[CandidateTask]) -> Training:
        last = max(int(task.steps[-1]) for task in tasks)
        chunk, kernel = max(1, -(-last // CHUNKS)), _kernel()
        check = _watch(tasks)
        settings = TrainerSettings(
            chunk_steps=chunk,
            checkpoints=Checkpoints(self._checkpoints(name), every=chunk),
            progress=False,
            threads=self.threads,
            callbacks=[check, *self._told(name, len(tasks), last)],
            kernel=kernel,
        )
        recorded = train(tasks, settings)
        kept = (*PARAMETERS[tasks[0].problem.model], "theta", "loss")
        chosen = tuple({key: run[key] for key in kept if key in run} for run in recorded)
        return Training(chosen, kernel, _words(check.findings))

    def _told(self, name: str, runs: int, last: int) -> list[Callback]:
        return [] if self.progress is None else [_Told(self.progress(name, runs * last), runs)]


class _Told(Callback):
    """Tells the run-steps as they are done."""

    def __init__(self, shown: Any, runs: int) -> None:
        self.shown, self.runs, self.step = shown, runs, 0

    def on_train_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Open the bar."""
        self.advanced = self.shown.__enter__()

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: Any, *_: Any) -> None:
        """Tell what was done since the last time."""
        self.advanced(self.runs * (pl_module.step - self.step))
        self.step = pl_module.step

    def teardown(self, trainer: pl.Trainer, pl_module: Any, stage: str) -> None:
        """Close the bar."""
        self.shown.__exit__(None, None, None)


def _watch(tasks: Sequence[CandidateTask]) -> OracleCheck:
    """Return the oracle's look at some of the runs: a replay over batches reads every batch, so it looks less often."""
    if any(len(task.method.batches) for task in tasks):
        return OracleCheck(runs=2, window=6, every=CHUNKS // 2)
    return OracleCheck(runs=4, window=2)


def _kernel() -> str:
    """Return the first preferred kernel that runs here."""
    for name in PREFERRED:
        try:
            if not kernel_named(name).missing():
                return name
        except ModuleNotFoundError:
            continue
    raise KernelError(f"none of the kernels {', '.join(PREFERRED)} runs here")


def _words(findings: Sequence[tuple[int, Any]]) -> str:
    """Return what the oracle found, counted."""
    counts = Counter(found.outcome for _, found in findings)
    runs = len({run for run, _ in findings})
    told = ", ".join(f"{number} × {outcome}" for outcome, number in sorted(counts.items()))
    return f"steps of {runs} runs replayed exactly at {len(findings)} places: {told or 'none'}"


def _packed(training: Training) -> dict[str, Array]:
    """Return a training as arrays: runs may differ in their steps, so each name holds all rows of all runs."""
    names = list(training.recorded[0])
    rows = [len(run["loss"]) for run in training.recorded]
    told = {"names": names, "rows": rows, "kernel": training.kernel, "judged": training.judged}
    size = len(json.dumps(told, sort_keys=True, separators=(",", ":")))
    arrays = {name: np.concatenate([run[name] for run in training.recorded]) for name in names}
    return {MANIFEST: manifest_array(told, size), **arrays}


def _unpacked(arrays: Mapping[str, Array]) -> Training:
    told = manifest_of(arrays)
    cuts = np.cumsum(told["rows"])[:-1]
    split = {name: np.split(arrays[name], cuts) for name in told["names"]}
    recorded = tuple({name: split[name][run] for name in told["names"]} for run in range(len(told["rows"])))
    return Training(recorded, told["kernel"], told["judged"])
