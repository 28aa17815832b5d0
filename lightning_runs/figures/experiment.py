"""An experiment: the figure it draws again, the configuration of its runs, and what is made of them.

A module ``paper_...`` of this package names its experiments as ``EXPERIMENTS: tuple[Experiment, ...]``; they are found
by walking the package.  A configuration lies in ``lightning_runs/experiments/figures`` and holds, beside what the experiment
reads for itself, named sweeps in the format of `lightning_runs.sweeps`, and what changes under ``--quick``::

    schema: momentum-oracle/figure-runs/1
    sweeps:
      momentum: {schema: momentum-oracle/sweep/1, ...}
    quick:
      sweeps:
        momentum: {seeds: {first: 0, count: 3}}
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import lightning_runs.figures
from lightning_runs.figures.figure_config import FigureRunsError, read_config
from lightning_runs.figures.made_sweep import MadeSweep
from lightning_runs.figures.training import Training, Workshop
from lightning_runs.sweeps.grid import points_of
from lightning_runs.sweeps.grid_file import grid_from
from lightning_runs.sweeps.grid_tasks import GridTasks
from lightning_runs.sweeps.sweep import versions_now
from lightning_runs.sweeps.sweep_error import SweepError
from oracle.records.candidate import Array, CandidateTask
from oracle.records.figure import Figure

__all__ = ["CONFIGS", "Experiment", "Runs", "all_experiments", "runs_of"]

CONFIGS = Path(__file__).parents[1] / "experiments" / "figures"


@dataclass(frozen=True)
class Experiment:
    """One figure, drawn again.

    Parameters
    ----------
    identifier : str
        Of the figure and its files, as ``000-fig-1a``.
    config : str
        The file in `CONFIGS`.
    draw : callable
        From the runs, which it asks for by name, to the figure.
    """

    identifier: str
    config: str
    draw: Callable[[Runs], Figure]


@dataclass
class Runs:
    """The runs of one experiment, made when they are asked for and kept for the next time.

    Parameters
    ----------
    config : mapping
        The configuration; every scalar is the text that was typed, ``quick`` already applied.
    quick : bool
        Whether fewer seeds and steps were asked for.
    workshop : Workshop
        Where and how runs are made.
    """

    config: Mapping[str, Any]
    quick: bool
    workshop: Workshop
    trainings: dict[str, Training] = field(default_factory=dict)
    swept: dict[str, MadeSweep] = field(default_factory=dict)

    def sweep(self, name: str) -> MadeSweep:
        """Return a sweep of the configuration with everything that its runs recorded.

        Raises
        ------
        FigureRunsError
            If the configuration names no such sweep, or it cannot be run.
        """
        if name not in self.swept:
            self.swept[name] = self._made(name)
        return self.swept[name]

    def _made(self, name: str) -> MadeSweep:
        sweeps = self.config.get("sweeps", {})
        if name not in sweeps:
            raise FigureRunsError(
                f"the configuration has no sweep {name!r}; it has {', '.join(sweeps) or 'none'}"
            )
        try:
            grid = grid_from(sweeps[name])
        except SweepError as error:
            raise FigureRunsError(f"the sweep {name!r} cannot be run: {error}") from error
        points = points_of(grid)
        return MadeSweep(grid, tuple(points), self.train(name, GridTasks(grid)(points)))

    def train(self, name: str, tasks: Sequence[CandidateTask]) -> list[Mapping[str, Array]]:
        """Return what tasks recorded, trained by Lightning as one batch while the oracle looks on.

        Parameters
        ----------
        name : str
            Of this batch of runs, in words of a file name.
        tasks : sequence of CandidateTask

        Returns
        -------
        list of mapping of str to ndarray
            By task: each parameter and ``theta``, shape (steps, d); ``loss`` (steps,).
        """
        training = self.workshop.train(name, tasks)
        self.trainings[name] = training
        return list(training.recorded)

    def made(self) -> dict[str, str]:
        """Return how the runs so far were made, for the figure's record."""
        kernels = sorted({training.kernel for training in self.trainings.values()})
        told: dict[str, list[str]] = {}
        for name, training in self.trainings.items():
            told.setdefault(training.judged, []).append(f"`{name}`")
        runs = sum(len(training.recorded) for training in self.trainings.values())
        return {
            "trained by": f"the Lightning trainer, kernel {', '.join(kernels) or 'none'}, float64, {runs} runs",
            **{f"oracle on {', '.join(names)}": judged for judged, names in told.items()},
            **{f"version of {name}": version for name, version in versions_now().items()},
        }


def runs_of(experiment: Experiment, workshop: Workshop, quick: bool) -> Runs:
    """Return the runs of an experiment as its configuration asks for them; none is made yet."""
    return Runs(read_config(CONFIGS / experiment.config, quick), quick, workshop)


def all_experiments() -> dict[str, Experiment]:
    """Return every experiment of the package by identifier, in their order.

    Raises
    ------
    ValueError
        If two share an identifier.
    """
    found: dict[str, Experiment] = {}
    for module in pkgutil.iter_modules(lightning_runs.figures.__path__):
        if not module.name.startswith("paper_"):
            continue
        found_there = getattr(
            importlib.import_module(f"lightning_runs.figures.{module.name}"), "EXPERIMENTS", ()
        )
        for each in found_there:
            if each.identifier in found:
                raise ValueError(f"two experiments are called {each.identifier!r}; rename one")
            found[each.identifier] = each
    return dict(sorted(found.items()))
