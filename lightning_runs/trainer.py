"""Train momentum runs with PyTorch Lightning: many runs as one batch, recorded step by step.

Every update follows `lightning_runs.momentum`: velocity form, gradients from autograd, all in
the problem's dtype.  The record at step k holds the state after k updates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytorch_lightning as pl
from lightning_fabric.plugins.environments.lightning import LightningEnvironment
from pytorch_lightning.callbacks import Callback

from lightning_runs.checkpoints import Checkpoints, CheckpointWriter, digest_of
from lightning_runs.data import Plan, ScheduleData
from lightning_runs.module import MomentumRuns, runs_of
from lightning_runs.plain_torch import plain_torch
from lightning_runs.progress import StepsBar, wants_progress
from lightning_runs.quiet_lightning import quiet_lightning
from lightning_runs.recorder import observables
from lightning_runs.run_batch import batch_of
from lightning_runs.samples import all_samples, cycle_of
from lightning_runs.tasks import PARAMETERS, Array, TaskError, check_task, groups_of
from oracle.records.candidate import CandidateTask

__all__ = ["TrainerSettings", "train"]


@dataclass(frozen=True)
class TrainerSettings:
    """How to train; none of it changes what is computed, except `threads` by rounding.

    Parameters
    ----------
    chunk_steps : int
        Steps in one `training_step`, at least 1.
    checkpoints : Checkpoints, optional
        Where and how often to save; nothing is written without.
    progress : bool, optional
        Whether to show a bar; without a wish, only when standard error is a terminal.
    threads : int
        Threads of torch's CPU kernels, at least 1.
    callbacks : sequence of Callback
        Further Lightning callbacks.
    """

    chunk_steps: int = 100
    checkpoints: Checkpoints | None = None
    progress: bool | None = None
    threads: int = 1
    callbacks: Sequence[Callback] = ()


def train(tasks: Sequence[CandidateTask], settings: TrainerSettings | None = None) -> list[dict[str, Array]]:
    """Run the tasks and return what each recorded.

    Tasks that share dtype, X, y, loss, model and batches run as one batch.  Interrupted runs
    with checkpoints continue, when asked again, to the very bits of an uninterrupted run.

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
        diverges records what it came to, infinities and NaN included.

    Raises
    ------
    TaskError
        If a task or a setting cannot be run.
    CheckpointError
        If the checkpoint to resume from is damaged or belongs to other runs.
    """
    settings = settings or TrainerSettings()
    _check_settings(settings)
    for task in tasks:
        check_task(task)
    results: dict[int, dict[str, Array]] = {}
    with plain_torch(settings.threads):
        for group in groups_of(tasks):
            data_of = batch_of([tasks[i] for i in group]).cycle_of
            for data in range(int(data_of.max()) + 1):  # the module's runs share one data set
                part = [i for i, which in zip(group, data_of, strict=True) if which == data]
                results.update(zip(part, _train_batch([tasks[i] for i in part], settings), strict=True))
    return [results[i] for i in range(len(tasks))]


def _train_batch(tasks: Sequence[CandidateTask], settings: TrainerSettings) -> list[dict[str, Array]]:
    """Run tasks that share everything but start, method and steps."""
    steps = max(int(step) for task in tasks for step in task.steps)
    every = settings.checkpoints.every if settings.checkpoints else 0
    plan = Plan(steps, settings.chunk_steps, every)
    runs = runs_of(tasks)
    data = ScheduleData(plan, cycle_of(tasks[0].problem, tasks[0].method.batches))
    if steps:
        with quiet_lightning():
            _fit(runs, data, digest_of(tasks), settings)
    return [_recorded(runs, run, task) for run, task in enumerate(tasks)]


def _fit(runs: MomentumRuns, data: ScheduleData, digest: str, settings: TrainerSettings) -> None:
    """Let Lightning do the steps, from the newest checkpoint where there is one."""
    callbacks: list[Callback] = [*settings.callbacks]
    resume_from: Path | None = None
    if settings.checkpoints:
        writer = CheckpointWriter(settings.checkpoints, digest, data.plan)
        resume_from = writer.resume_from()
        callbacks.append(writer)
    if progress := wants_progress(settings.progress):
        callbacks.append(StepsBar(f"Lightning, {runs.count} run(s)", data.plan.steps))
    trainer = pl.Trainer(
        accelerator="cpu",
        devices=1,
        max_epochs=1,
        callbacks=callbacks,
        enable_checkpointing=settings.checkpoints is not None,
        enable_progress_bar=progress,
        enable_model_summary=False,
        logger=False,
        # One process, also under Slurm or torchrun, which Lightning would otherwise try to join.
        plugins=[LightningEnvironment()],
    )
    trainer.fit(runs, datamodule=data, ckpt_path=resume_from)


def _recorded(runs: MomentumRuns, run: int, task: CandidateTask) -> dict[str, Array]:
    """Return one run's arrays at the steps its task asked for."""
    recorded = runs.recorder.of_run(run, [int(step) for step in task.steps])
    names = PARAMETERS[task.problem.model]
    return observables(recorded, names, runs.predictor, all_samples(task.problem))


def _check_settings(settings: TrainerSettings) -> None:
    """Refuse settings that are no positive integers."""
    wanted = {"chunk_steps": settings.chunk_steps, "threads": settings.threads}
    if settings.checkpoints:
        wanted["checkpoints.every"] = settings.checkpoints.every
    for field, value in wanted.items():
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise TaskError(f"`{field}` must be an integer of at least 1; got {value!r}")
