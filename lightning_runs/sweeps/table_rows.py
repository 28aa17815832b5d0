"""The rows of a sweep's table: what each column means, and its values for all runs of a part at one step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lightning_runs.sweeps.digests import Digests
from lightning_runs.sweeps.exact_text import exact_text
from lightning_runs.sweeps.outcomes import Outcome, initial_loss, outcome_of
from lightning_runs.sweeps.sweep import Sweep
from lightning_runs.sweeps.truth import truth_of
from oracle.records.candidate import Array

__all__ = ["AXES", "COLUMNS", "PartRows"]

COLUMNS = {
    "run": "number of the run in the sweep, as `--extract` takes it",
    "spec_digest": "of the run's spec",
    "method": "as in a spec",
    "seed": "of the generated problem; null where the problem is given",
    "step_size": "η, exact",
    "momentum": "μ, exact; 0 for gradient descent",
    "scale": "c, exact: u(0) = φ c, v(0) = c/φ in every coordinate",
    "biasedness": "φ, exact; 1 is the unbiased start",
    "step_size_float64": "η, nearest float64",
    "momentum_float64": "μ, nearest float64",
    "scale_float64": "c, nearest float64",
    "biasedness_float64": "φ, nearest float64",
    "steps": "steps made when the row was recorded",
    "loss": "over all samples, in the units of the spec's loss",
    "initial_loss": "the same at step 0",
    "distance": "‖θ − θ*‖₂; null without a truth",
    "relative_distance": "‖θ − θ*‖₂ / ‖θ*‖₂",
    "l1_norm": "‖θ‖₁",
    "support_recovered": "every |θ_j| where θ*_j is not 0 is above every other; null without a truth",
    "converged": "finite, and loss at most `converged_below` times the initial loss",
    "diverged": "a number of the state, or the loss, is infinite or NaN",
    "kernel": "that made the steps",
    "dtype": "of the state",
}
AXES = ("step_size", "momentum", "scale", "biasedness")


class PartRows:
    """The rows of the runs of a part.

    Parameters
    ----------
    sweep : Sweep
    part : int
    """

    def __init__(self, sweep: Sweep, part: int) -> None:
        self.sweep, self.part, self.points = sweep, part, sweep.part_points(part)
        self.problems = [task.problem for task in sweep.tasks(self.points)]
        self.runs_of: dict[int | None, list[int]] = {}
        for run, point in enumerate(self.points):
            self.runs_of.setdefault(point.seed, []).append(run)
        first = {seed: self.points[runs[0]] for seed, runs in self.runs_of.items()}
        self.truths = {seed: truth_of(sweep.grid, point) for seed, point in first.items()}
        self.initial = np.concatenate([initial_loss(problem) for problem in self.problems])

    def at(self, steps: set[int]) -> Iterator[dict[str, Any]]:
        """Yield the columns at each of some recorded steps, in order.

        Raises
        ------
        DamagedRecordError, MissingRecordError
            If a file that holds them is not as it was written.
        """
        fixed = self._fixed()
        for number, segment in enumerate(self.sweep.segments):
            if steps.isdisjoint(segment.steps):
                continue
            held = self.sweep.directory.read_segment(self.part, number, segment)
            del held["steps"]
            for row, step in enumerate(segment.steps):
                if step in steps:
                    measured = self._measured({name: array[row] for name, array in held.items()})
                    yield {**fixed, **measured, "steps": [step] * len(self.points)}

    def _fixed(self) -> dict[str, Any]:
        """Return the columns that do not change with the steps."""
        digest, first, points = Digests(self.sweep.grid), self.sweep.plan.parts[self.part][0], self.points
        return {
            "run": list(range(first, first + len(points))),
            "spec_digest": [digest(point) for point in points],
            "method": [point.method for point in points],
            "seed": [point.seed for point in points],
            **{name: [exact_text(getattr(point, name)) for point in points] for name in AXES},
            **{f"{name}_float64": [float(getattr(point, name)) for point in points] for name in AXES},
            "initial_loss": self.initial,
            "kernel": [self.sweep.kernel] * len(points),
            "dtype": [self.sweep.grid.dtype] * len(points),
        }

    def _measured(self, states: Mapping[str, Array]) -> dict[str, Any]:
        """Return the columns that change with the steps, from states of shape (runs, d)."""
        found: list[Outcome] = []
        for seed, runs in self.runs_of.items():  # in the order of the points: seeds change slowest
            chosen = {name: array[runs] for name, array in states.items()}
            found.append(outcome_of(self.problems[runs[0]], chosen, self.truths[seed]))
        names = Outcome.__dataclass_fields__
        joined: dict[str, Any] = {name: np.concatenate([getattr(o, name) for o in found]) for name in names}
        finite: NDArray[np.bool_] = joined.pop("finite")
        if all(t is None for t in self.truths.values()):
            unknown = ("distance", "relative_distance", "support_recovered")
            joined |= dict.fromkeys(unknown, [None] * len(self.points))
        converged = finite & (joined["loss"] <= float(self.sweep.grid.converged_below) * self.initial)
        return {**joined, "converged": converged, "diverged": ~finite}
