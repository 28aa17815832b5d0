"""Train momentum runs with PyTorch Lightning: many runs as one batch, recorded step by step.

The steps are made by one of the kernels (`lightning_runs.kernels`), all in the problem's dtype, in velocity
form.  The record at step k holds the state after k updates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytorch_lightning as pl
from lightning_fabric.plugins.environments.lightning import LightningEnvironment
from pytorch_lightning.callbacks import Callback
from pytorch_lightning.loggers import Logger

from lightning_runs.checkpoints import Checkpoints, CheckpointWriter, digest_of
from lightning_runs.data import Schedule
from lightning_runs.kernels.interface import Kernel
from lightning_runs.kernels.registry import best_kernel, kernel_named
from lightning_runs.module import MomentumRuns
from lightning_runs.observables import observed
from lightning_runs.progress import StepsBar, wants_progress
from lightning_runs.quiet_lightning import quiet_lightning
from lightning_runs.tasks import Array, TaskError, check_task, groups_of
from oracle.records.candidate import CandidateTask

__all__ = ["TrainerSettings", "train"]


@dataclass(frozen=True)
class TrainerSettings:
    """How to train; none of it changes what is computed, except `kernel` by rounding.

    Parameters
    ----------
    chunk_steps : int
        Steps in one `training_step`, at least 1; a chunk also ends where a checkpoint is due.
    checkpoints : Checkpoints, optional
        Where and how often to save; nothing is written without.
    progress : bool, optional
        Whether to show a bar; without a wish, only when standard error is a terminal.
    threads : int
        Threads of the kernel, at least 1.
    callbacks : sequence of Callback
        Further Lightning callbacks.
    kernel : str
        A name in `kernels.registry.KERNELS`; empty for the fastest that is here.
    loggers : sequence of Logger
        Lightning's loggers, handed the loss after every chunk.
    """

    chunk_steps: int = 1000
    checkpoints: Checkpoints | None = None
    progress: bool | None = None
    threads: int = 1
    callbacks: Sequence[Callback] = ()
    kernel: str = ""
    loggers: Sequence[Logger] = ()


def train(tasks: Sequence[CandidateTask], settings: TrainerSettings | None = None) -> list[dict[str, Array]]:
    """Run the tasks and return what each recorded.

    Tasks that share dtype, model and d run as one batch.  Interrupted runs with checkpoints continue,
    when asked again, to the very bits of an uninterrupted run, however they are now cut into chunks.

    Parameters
    ----------
    tasks : sequence of CandidateTask
        In float64 or float32; coefficients are numbers of the same dtype.
    settings : TrainerSettings, optional

    Returns
    -------
    list of dict
        By task, in order: each parameter and its momentum ``p_<parameter>``, shape
        (len(steps), d); ``theta`` likewise where the model shows it; ``loss`` (len(steps),) over
        all samples.  `nesterov_lookahead` records y = β + μ p as its parameters.  A run that
        diverges records what it came to, infinities and NaN included.  After an early stop the arrays
        end with the last recorded step that was reached.

    Raises
    ------
    TaskError
        If a task or a setting cannot be run.
    KernelError
        If the kernel does not run them.
    CheckpointError
        If the checkpoint to resume from is damaged or belongs to other runs.
    """
    settings = settings or TrainerSettings()
    _check_settings(settings)
    kernel = kernel_named(settings.kernel) if settings.kernel else best_kernel()
    for task in tasks:
        check_task(task, kernel.methods, kernel.dtypes)
    results: dict[int, dict[str, Array]] = {}
    for group in groups_of(tasks):
        results.update(zip(group, _train_group([tasks[i] for i in group], kernel, settings), strict=True))
    return [results[i] for i in range(len(tasks))]


def _train_group(
    tasks: Sequence[CandidateTask], kernel: Kernel, settings: TrainerSettings
) -> list[dict[str, Array]]:
    """Run tasks that share model, dtype and d."""
    saving = settings.checkpoints
    writer = CheckpointWriter(saving.directory, saving.every, saving.resume) if saving else None
    folder = writer.folder_of(digest_of(tasks)) / "records" if writer else None
    runs = MomentumRuns(tasks, kernel, settings.threads, folder)
    if writer:
        writer.restore(runs)
    if runs.step < runs.last_step:
        with quiet_lightning():
            _fit(runs, writer, settings)
    recorded = [runs.recorder.of_run(run, [int(k) for k in task.steps]) for run, task in enumerate(tasks)]
    return [observed(task.problem, arrays) for task, arrays in zip(tasks, recorded, strict=True)]


def _fit(runs: MomentumRuns, writer: CheckpointWriter | None, settings: TrainerSettings) -> None:
    """Let Lightning do the steps that are left."""
    callbacks: list[Callback] = [*settings.callbacks, *([writer] if writer else [])]
    if progress := wants_progress(settings.progress):
        callbacks.append(StepsBar())
    trainer = pl.Trainer(
        accelerator="cpu",
        devices=1,
        max_epochs=1,
        min_epochs=0,  # a callback may end the one epoch
        callbacks=callbacks,
        enable_checkpointing=writer is not None,
        enable_progress_bar=progress,
        enable_model_summary=False,
        logger=list(settings.loggers) or False,
        log_every_n_steps=1,
        # One process, also under Slurm or torchrun, which Lightning would otherwise try to join.
        plugins=[LightningEnvironment()],
    )
    try:
        trainer.fit(runs, datamodule=Schedule(settings.chunk_steps))
    finally:
        runs.close()


def _check_settings(settings: TrainerSettings) -> None:
    """Refuse settings that are no positive integers."""
    wanted = {"chunk_steps": settings.chunk_steps, "threads": settings.threads}
    if settings.checkpoints:
        wanted["checkpoints.every"] = settings.checkpoints.every
    for field, value in wanted.items():
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise TaskError(f"`{field}` must be an integer of at least 1; got {value!r}")
