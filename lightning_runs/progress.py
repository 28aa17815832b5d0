"""Lightning's progress bar, counting optimiser steps rather than chunks of them."""

from __future__ import annotations

import sys
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import TQDMProgressBar
from pytorch_lightning.callbacks.progress.tqdm_progress import Tqdm

__all__ = ["StepsBar", "wants_progress"]


class StepsBar(TQDMProgressBar):
    """Steps done of steps in all, and steps per second, on standard error."""

    BAR_FORMAT = "{l_bar}{bar}| {n_fmt}/{total_fmt} steps [{elapsed}<{remaining}, {rate_noinv_fmt}]"

    def init_train_tqdm(self) -> Tqdm:
        """Return the bar; after a resume it starts at the step it resumes from."""
        module: Any = self.trainer.lightning_module
        schedule: Any = self.trainer.datamodule  # type: ignore[attr-defined]  # Lightning sets it
        return Tqdm(
            desc=f"Lightning, {len(module.tasks)} run(s)",
            total=schedule.plan(module.last_step).steps,
            initial=module.step,
            unit=" steps",
            leave=True,
            dynamic_ncols=True,
            file=sys.stderr,
            smoothing=0,
            disable=self.is_disabled,
            bar_format=self.BAR_FORMAT,
        )

    def on_train_epoch_start(self, trainer: pl.Trainer, *_: Any) -> None:
        """Leave the bar as it is: the one epoch is the run."""

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: Any, *_: Any) -> None:
        """Move the bar to the step of the runs."""
        self.train_progress_bar.update(pl_module.step - self.train_progress_bar.n)

    def on_train_epoch_end(self, *_: Any) -> None:
        """Leave the bar as it is; it closes when training ends."""


def wants_progress(asked: bool | None) -> bool:
    """Return what was asked, or without a wish whether standard error is a terminal."""
    return sys.stderr.isatty() if asked is None else asked
