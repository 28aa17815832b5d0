"""``python -m lightning_runs.vision fit --config lightning_runs/experiments/vision/002_fig_1.yaml --data.folder DIR``."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from pytorch_lightning.cli import LightningCLI

from lightning_runs.geometry.quantities import SharpnessError
from lightning_runs.progress import wants_progress
from lightning_runs.quiet_lightning import quiet_lightning
from lightning_runs.tasks import TaskError
from lightning_runs.vision.classifier import Classifier
from lightning_runs.vision.datasets import DataSetError
from lightning_runs.vision.image_data import ImageData

__all__ = ["main"]

MISUSE = 2


class VisionCLI(LightningCLI):
    """Lightning's command line for `Classifier` on `ImageData`."""

    @staticmethod
    def subcommands() -> dict[str, set[str]]:
        """Return Lightning's `fit` and `validate`."""
        known = LightningCLI.subcommands()
        return {name: known[name] for name in ("fit", "validate")}


def main(arguments: Sequence[str] | None = None) -> int:
    """Train from a configuration; return the exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        In place of those of the process.
    """
    try:
        with quiet_lightning():
            VisionCLI(
                Classifier,
                ImageData,
                trainer_defaults={
                    "logger": False,
                    "enable_model_summary": False,
                    "enable_progress_bar": wants_progress(None),
                },
                save_config_callback=None,
                seed_everything_default=0,
                parser_kwargs={"prog": "python -m lightning_runs.vision"},
                args=None if arguments is None else list(arguments),
            )
    except (DataSetError, TaskError, SharpnessError, FileNotFoundError) as error:
        sys.stderr.write(f"Error: {error}\n")
        return MISUSE
    return 0


if __name__ == "__main__":
    sys.exit(main())
