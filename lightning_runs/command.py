"""Train from a configuration: ``python -m lightning_runs fit --config run.yaml``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.cli import LightningCLI

from lightning_runs.callbacks import DisagreementError
from lightning_runs.checkpoints import CheckpointError
from lightning_runs.data import Schedule
from lightning_runs.independent_runs import register
from lightning_runs.kernels.interface import KernelError
from lightning_runs.progress import StepsBar, wants_progress
from lightning_runs.quiet_lightning import quiet_lightning
from lightning_runs.spec_runs import SpecRuns
from lightning_runs.tasks import TaskError
from oracle.spec_error import SpecError

__all__ = ["RunsCLI", "main"]

DEFAULTS = {
    "max_epochs": 1,  # the one epoch is the run
    "min_epochs": 0,  # so that a callback may end it
    "accelerator": "cpu",
    "devices": 1,
    "log_every_n_steps": 1,
    "enable_model_summary": False,
    "enable_progress_bar": False,  # ours counts steps
    "enable_checkpointing": True,
    "logger": False,
}
DISAGREES, MISUSE, DAMAGED = 1, 2, 4


class RunsCLI(LightningCLI):
    """Lightning's command line for `SpecRuns` on a `Schedule`."""

    @staticmethod
    def subcommands() -> dict[str, set[str]]:
        """Return Lightning's `fit` alone: there is nothing to validate, test or predict."""
        return {"fit": LightningCLI.subcommands()["fit"]}

    def instantiate_trainer(self, **kwargs: Any) -> pl.Trainer:
        """Return the trainer; a bar that counts steps joins it at a terminal."""
        trainer = super().instantiate_trainer(**kwargs)
        if wants_progress(None):
            trainer.callbacks.append(StepsBar())  # type: ignore[attr-defined]  # set when it is made
        return trainer


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line on spec files; return the exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        In place of those of the process.
    """
    register()
    try:
        with quiet_lightning():
            RunsCLI(
                SpecRuns,
                Schedule,
                trainer_defaults=DEFAULTS,
                save_config_callback=None,
                seed_everything_default=False,  # nothing here is random
                parser_kwargs={"prog": "python -m lightning_runs"},
                args=None if arguments is None else list(arguments),
            )
    except DisagreementError as error:
        return _refused(error, DISAGREES)
    except CheckpointError as error:
        return _refused(error, DAMAGED)
    except (TaskError, KernelError, SpecError, FileNotFoundError) as error:
        return _refused(error, MISUSE)
    return 0


def _refused(error: Exception, code: int) -> int:
    sys.stderr.write(f"Error: {error}\n")
    return code
