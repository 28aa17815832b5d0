"""Make one figure: train what is missing, draw, and keep the record beside the picture."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from lightning_runs.figures.drawing import draw
from lightning_runs.figures.experiment import CONFIGS, Experiment, runs_of
from lightning_runs.figures.training import Workshop
from lightning_runs.sweeps.progress import progress_of
from oracle.records.figure import Figure, read_figure, write_figure

__all__ = ["made_figure"]


def made_figure(experiment: Experiment, out: Path, quick: bool, threads: int) -> tuple[Figure, bool]:
    """Return a figure, and whether it was made now rather than found in `out`.

    The record is written last: where it is, everything is.

    Parameters
    ----------
    experiment : Experiment
    out : Path
    quick : bool
    threads : int
    """
    path = out / f"{experiment.identifier}.json"
    if path.exists():
        return read_figure(path), False
    out.mkdir(parents=True, exist_ok=True)
    workshop = Workshop(out / "runs" / experiment.identifier, threads, progress_of)
    runs = runs_of(experiment, workshop, quick)
    drawn = experiment.draw(runs)
    made = {
        "configuration": f"{CONFIGS.parent.parent.name}/experiments/figures/{experiment.config}",
        **runs.made(),
    }
    figure = replace(drawn, identifier=experiment.identifier, made={**made, **drawn.made})
    draw(figure, out)
    write_figure(figure, out)
    return figure, True
